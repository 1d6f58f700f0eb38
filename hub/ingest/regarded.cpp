#include "hub/ingest/regarded.hpp"

#include <algorithm>

#include "hub/directory/representation.hpp"
#include "hub/routing/places.hpp"

namespace truc::hub {
namespace {

using edxml::StatusCode;

// Does `sender` hold the delivery to `recipient`, as that agency or as its successor?
bool receives_for(const Directory& directory, const Agency& sender, const AgencyCode& recipient,
                  std::chrono::sys_days day) {
  if (directory.find(recipient) == &sender) return true;
  const auto successor = directory.resolve(recipient, day);
  return successor && successor.value() == &sender;
}

bool is_recipient(const Directory& directory, const Agency& sender, const TransferRecord& record,
                  std::chrono::sys_days day) {
  return std::ranges::any_of(record.addressees, [&](const Addressee& addressee) {
    return receives_for(directory, sender, addressee.recipient, day);
  });
}

Failure unknown_document() {
  return Failure(ErrorCode::document_unknown).at(places::responding_document());
}

// What the history says of the one agency that sends a status now.
struct OwnWord {
  bool registered = false;    // 03, 04, 05 or 06 by that agency
  bool change_asked = false;  // the sender recalled, updated, replaced, or asked to take it back
};

Result<OwnWord> own_word(DocumentStore& store, const TransferRecord& regarded,
                         const Agency& agency) {
  TRUC_TRY(const auto history, store.history(regarded.id));
  const std::string actor = "agency:" + agency.code.text();
  OwnWord word;
  for (const HistoryEvent& event : history) {
    const bool status = event.event == "status";
    if (event.event == "recall" || event.event == "update" || event.event == "replace" ||
        (status && event.detail == "13")) {
      word.change_asked = true;
    } else if (event.actor == actor) {
      word.registered |=
          event.event == "registered" || (status && event.detail >= "03" && event.detail <= "06");
    }
  }
  return word;
}

// A receipt "registered" of that agency says the same as a status 03, and is found without reading
// a history that may have tens of thousands of lines.
Result<bool> has_registered_receipt(DocumentStore& store, const Directory& directory,
                                    const TransferRecord& regarded, const Agency& agency) {
  for (std::uint32_t i = 0; i < regarded.addressees.size(); ++i) {
    if (directory.find(regarded.addressees[i].recipient) != &agency) continue;
    TRUC_TRY(const auto state, store.delivery_state(DeliveryId{regarded.id, i}));
    return state.registered_at.has_value();
  }
  return false;
}

}  // namespace

Result<std::shared_ptr<const TransferRecord>> find_document(DocumentStore& store,
                                                            const Directory& directory,
                                                            const AgencyCode& sender,
                                                            const DocumentId& document_id) {
  for (const AgencyCode& code : all_codes(directory, sender)) {
    TRUC_TRY(const auto id, store.find(code, document_id));
    if (id) return store.transfer(*id);
  }
  return std::shared_ptr<const TransferRecord>();
}

Result<std::shared_ptr<const TransferRecord>> regarded_by_status(
    DocumentStore& store, const Directory& directory, const Agency& sender,
    const edxml::StatusContent& content, std::chrono::sys_days day) {
  const bool by_original_sender = content.code == StatusCode::take_back;
  const AgencyCode& owner =
      by_original_sender ? content.from.organ_id : content.response_for.organ_id;
  TRUC_TRY(auto record, find_document(store, directory, owner, content.response_for.document_id));
  if (record == nullptr || record->kind != delivery::ItemKind::document) return unknown_document();
  if (!by_original_sender && !is_recipient(directory, sender, *record, day))
    return unknown_document();
  if (by_original_sender && directory.find(content.response_for.organ_id) != &sender) {
    const Agency* asked = directory.find(content.response_for.organ_id);
    if (asked == nullptr || !is_recipient(directory, *asked, *record, day))
      return unknown_document();
  }
  return record;
}

Result<void> require_allowed(DocumentStore& store, const Directory& directory,
                             const TransferRecord& regarded, const Agency& sender,
                             const edxml::StatusContent& content) {
  const bool refuses = content.code == StatusCode::refused;
  const bool finishes = content.code == StatusCode::finished;
  if (!refuses && !finishes) return success();
  TRUC_TRY(const bool receipt, has_registered_receipt(store, directory, regarded, sender));
  if (receipt && finishes) return success();
  TRUC_TRY(const auto word, own_word(store, regarded, sender));
  const bool registered = receipt || word.registered;
  if (word.change_asked || registered == finishes) return success();
  return Failure(ErrorCode::status_not_allowed)
      .at(places::status_code())
      .expected(finishes ? "03, 04 or 05 before 06" : "02 only before 03")
      .found(finishes ? "06" : "02");
}

Result<std::vector<Regarding>> originals_of(const Directory& directory, const Agency& sender,
                                            const edxml::DocumentContent& content,
                                            std::chrono::sys_days day) {
  std::vector<Regarding> originals;
  if (content.business.type == edxml::Business::create) return originals;
  if (content.business.type == edxml::Business::recall) {
    for (const edxml::ResponseFor& named : content.responses_for) {
      if (!receives_for(directory, sender, named.organ_id, day)) {
        return Failure(ErrorCode::document_unknown)
            .at(places::response_for())
            .expected("a document of the agency that recalls it")
            .found(named.organ_id.text());
      }
      originals.push_back(Regarding{named.organ_id, named.document_id});
    }
  }
  const AgencyCode& own = content.from.organ_id;
  if (content.business.document_id)
    originals.push_back(Regarding{own, *content.business.document_id});
  for (const edxml::Replacement& replaced : content.business.replacements)
    originals.push_back(Regarding{own, replaced.document_id});
  return originals;
}

}  // namespace truc::hub
