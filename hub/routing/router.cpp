#include "hub/routing/router.hpp"

#include <map>

#include "hub/routing/places.hpp"

namespace truc::hub {
namespace {

Result<Addressee> route_one(const Directory& directory, const Agency* sender,
                            const AgencyCode& addressee, std::chrono::sys_days day) {
  TRUC_TRY(const Agency* recipient, directory.resolve(addressee, day));
  if (recipient == sender) return Failure(ErrorCode::recipient_is_sender).found(addressee.text());
  return Addressee{addressee, recipient->code, recipient->level};
}

// A take-back goes to whoever holds the document now; a recipient that has become the sender itself
// need not be asked.
Result<std::vector<Addressee>> route_to_holders(const Directory& directory, const Agency& sender,
                                                const TransferRecord& regarded,
                                                std::chrono::sys_days day) {
  std::map<AgencyCode, Addressee> holders;
  for (const Addressee& original : regarded.addressees) {
    auto holder = route_one(directory, &sender, original.recipient, day);
    if (holder) {
      holders.emplace(holder.value().recipient, holder.value());
    } else if (holder.error().code() != ErrorCode::recipient_is_sender) {
      return std::move(holder).error().at(places::response_for());
    }
  }
  if (holders.empty()) return Failure(ErrorCode::recipient_is_sender).at(places::response_for());
  std::vector<Addressee> routed;
  routed.reserve(holders.size());
  for (auto& [code, holder] : holders) routed.push_back(std::move(holder));
  return routed;
}

// Without those whose fault was taken.
Result<std::vector<Addressee>> route_addressees(const Directory& directory, const Agency* sender,
                                                const edxml::DocumentContent& content,
                                                std::chrono::sys_days day, Faults& faults) {
  std::vector<Addressee> routed;
  routed.reserve(content.to.size());
  std::map<AgencyCode, std::size_t> positions;
  for (std::size_t i = 0; i < content.to.size(); ++i) {
    const AgencyCode& addressee = content.to[i].organ_id;
    auto one = route_one(directory, sender, addressee, day);
    if (!one) {
      TRUC_TRY(faults.add(std::move(one).error().at(places::addressee(i, content.to.size()))));
      continue;
    }
    const auto [earlier, is_new] = positions.emplace(one.value().recipient, i);
    if (!is_new) {
      TRUC_TRY(faults.add(Failure(ErrorCode::recipient_repeated)
                              .at(places::addressee(i, content.to.size()))
                              .expected("addressees with different recipients; " +
                                        one.value().recipient.text() + " receives for " +
                                        content.to[earlier->second].organ_id.text() + " too")
                              .found(addressee.text())));
      continue;
    }
    routed.push_back(std::move(one).value());
  }
  return routed;
}

}  // namespace

Result<std::vector<Addressee>> route_document(const Directory& directory, const Agency& sender,
                                              const edxml::DocumentContent& content,
                                              std::chrono::sys_days day) {
  Faults first_only(0);
  return route_addressees(directory, &sender, content, day, first_only);
}

Result<void> find_routing_faults(const Directory& directory, const Agency* sender,
                                 const edxml::DocumentContent& content, std::chrono::sys_days day,
                                 Faults& faults) {
  TRUC_TRY(route_addressees(directory, sender, content, day, faults));
  return success();
}

Result<std::vector<Addressee>> route_status(const Directory& directory, const Agency& sender,
                                            const edxml::StatusContent& content,
                                            const TransferRecord& regarded,
                                            std::chrono::sys_days day) {
  const AgencyCode& addressee = content.response_for.organ_id;
  const bool names_itself = directory.find(addressee) == &sender;
  if (content.code == edxml::StatusCode::take_back && names_itself)
    return route_to_holders(directory, sender, regarded, day);
  auto one = route_one(directory, &sender, addressee, day);
  if (!one) return std::move(one).error().at(places::response_for());
  return std::vector<Addressee>{std::move(one).value()};
}

}  // namespace truc::hub
