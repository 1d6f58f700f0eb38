#include "hub/store/mailbox_reader.hpp"

#include <algorithm>

#include "hub/store/keys.hpp"

namespace truc::hub {
namespace {

// One agency's mailbox, from its head on.
struct Head {
  std::unique_ptr<Cursor> cursor;
  delivery::DeliveryRecord record;
};

// For a heap, whose top is the greatest: whether `left` comes after `right`.
bool comes_later(const Head& left, const Head& right) {
  if (left.record.priority != right.record.priority)
    return left.record.priority < right.record.priority;
  if (left.record.accepted_at != right.record.accepted_at)
    return left.record.accepted_at > right.record.accepted_at;
  return left.record.delivery > right.record.delivery;
}

Result<delivery::DeliveryRecord> record_at(const Cursor& cursor) {
  auto record = delivery::parse_delivery_record(cursor.value());
  if (!record) {
    return Failure(ErrorCode::storage_corrupt)
        .at("mailboxes")
        .because("unreadable record: " + record.error().place());
  }
  return record;
}

}  // namespace

Result<std::vector<MailboxEntry>> read_mailboxes(StoreState& state,
                                                 const std::vector<AgencyCode>& agencies,
                                                 std::size_t max, std::size_t bytes_max) {
  std::vector<Head> heads;
  for (const auto& agency : agencies) {
    auto cursor = state.database.cursor(Family::mailboxes, keys::mailbox_prefix(agency));
    cursor->seek_first();
    TRUC_TRY(cursor->status());
    if (!cursor->is_valid()) continue;
    TRUC_TRY(auto record, record_at(*cursor));
    heads.push_back(Head{std::move(cursor), std::move(record)});
  }
  std::ranges::make_heap(heads, comes_later);

  std::vector<MailboxEntry> entries;
  std::size_t bytes = 0;
  // Ends: every turn takes an entry or a mailbox away.
  while (!heads.empty() && entries.size() < max && bytes < bytes_max) {
    std::ranges::pop_heap(heads, comes_later);
    auto head = std::move(heads.back());
    heads.pop_back();
    TRUC_TRY(const auto transfer, state.transfer(head.record.delivery.transfer));
    if (!transfer) {
      return Failure(ErrorCode::storage_corrupt)
          .at(head.record.delivery.text())
          .because("a mailbox entry without its transfer");
    }
    bytes += transfer->receipt.size() + head.cursor->value().size();
    entries.push_back(MailboxEntry{std::move(head.record), transfer->receipt});
    head.cursor->next();
    TRUC_TRY(head.cursor->status());
    if (!head.cursor->is_valid()) continue;
    TRUC_TRY(auto next, record_at(*head.cursor));
    heads.push_back(Head{std::move(head.cursor), std::move(next)});
    std::ranges::push_heap(heads, comes_later);
  }
  return entries;
}

}  // namespace truc::hub
