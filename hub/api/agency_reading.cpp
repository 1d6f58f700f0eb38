// AgencyApi: histories and the directory.
#include "hub/api/agency_view.hpp"
#include "hub/api/views.hpp"
#include "hub/ingest/regarded.hpp"

namespace truc::hub {
namespace {

using channel::Request;
using channel::Response;

constexpr std::string_view kAgencyActor = "agency:";

// A recipient sees its own deliveries and what it said itself; the sender sees everything.
bool is_own(const Representation& acting, const HistoryEvent& event) {
  if (!event.actor.starts_with(kAgencyActor)) return true;
  const auto code = AgencyCode::parse(std::string_view(event.actor).substr(kAgencyActor.size()));
  return code && acting.acts_for(code.value());
}

// The record says itself that it was accepted; a recall is noted with the document it recalls.
HistoryEvent acceptance(const TransferRecord& record, const std::vector<HistoryEvent>& history) {
  for (const HistoryEvent& event : history) {
    if (event.event == "accepted") return event;
  }
  return HistoryEvent{record.accepted_at, "accepted", "hub", {}, record.id};
}

}  // namespace

Result<std::string> AgencyApi::history_text(const View& view,
                                            std::shared_ptr<const TransferRecord> record) const {
  if (record == nullptr || record->kind == delivery::ItemKind::receipt)
    return ErrorCode::document_unknown;
  const bool is_sender = view.acting.acts_for(record->sender);
  DocumentStore& store = services_.shared.store;
  HistoryView shown{record, {}, {}};
  for (std::uint32_t i = 0; i < record->addressees.size(); ++i) {
    if (!is_sender && !view.acting.acts_for(record->addressees[i].recipient)) continue;
    TRUC_TRY(auto state, store.delivery_state(DeliveryId{record->id, i}));
    shown.deliveries.emplace_back(i, std::move(state));
  }
  if (!is_sender && shown.deliveries.empty()) return ErrorCode::document_unknown;
  TRUC_TRY(auto history, store.history(record->id));
  shown.events.push_back(acceptance(*record, history));
  for (HistoryEvent& event : history) {
    if (event.event == "accepted") continue;
    if (is_sender || is_own(view.acting, event)) shown.events.push_back(std::move(event));
  }
  return history_json(shown);
}

AgencyApi::Answer AgencyApi::history_of_transfer(Request& request) {
  const View view(services_.shared, *request.peer);
  TRUC_CO_TRY(const auto transfer, TransferId::parse(request.target.segments[2]));
  const auto look = [&]() -> Result<std::string> {
    TRUC_TRY(auto record, services_.shared.store.transfer(transfer));
    return history_text(view, std::move(record));
  };
  Result<std::string> text = co_await services_.readers.run(look);
  if (!text) co_return std::move(text).error();
  co_return Response(200, std::string(channel::kJson), std::move(text).value());
}

AgencyApi::Answer AgencyApi::history_of_document(Request& request) {
  const View view(services_.shared, *request.peer);
  const auto sender = request.target.parameter("sender");
  const auto document_id = request.target.parameter("document_id");
  if (!sender || !document_id) {
    co_return Failure(ErrorCode::malformed_request).expected("sender and document_id");
  }
  TRUC_CO_TRY(const auto code, AgencyCode::parse(*sender));
  TRUC_CO_TRY(const auto id, DocumentId::parse(*document_id));
  const auto look = [&]() -> Result<std::string> {
    TRUC_TRY(auto record, find_document(services_.shared.store, *view.directory, code, id));
    return history_text(view, std::move(record));
  };
  Result<std::string> text = co_await services_.readers.run(look);
  if (!text) co_return std::move(text).error();
  co_return Response(200, std::string(channel::kJson), std::move(text).value());
}

AgencyApi::Answer AgencyApi::one_agency(Request& request) {
  const View view(services_.shared, *request.peer);
  TRUC_CO_TRY(const auto parsed, AgencyCode::parse(request.target.segments[2]));
  const Agency* agency = view.directory->find(parsed);
  if (agency == nullptr) co_return ErrorCode::not_found;
  co_return Response(200, std::string(channel::kJson), agency_json(*agency, view.day));
}

AgencyApi::Answer AgencyApi::search_agencies(Request& request) {
  constexpr std::size_t kDefaultPage = 50;
  const View view(services_.shared, *request.peer);
  AgencySearch search;
  search.text = request.target.parameter("query").value_or("");
  search.after = request.target.parameter("after").value_or("");
  TRUC_CO_TRY(search.max,
              whole_number(request.target, "max", kDefaultPage, 1, limits::kDirectoryPageMax));
  TRUC_CO_TRY(const auto level, whole_number(request.target, "level", 0, 1, 4));
  if (level != 0) search.level = static_cast<Level>(level);
  const auto find = [&]() -> Result<std::string> {
    return agencies_json(view.directory->search(search), view.day);
  };
  Result<std::string> text = co_await services_.readers.run(find);
  if (!text) co_return std::move(text).error();
  co_return Response(200, std::string(channel::kJson), std::move(text).value());
}

}  // namespace truc::hub
