#include "hub/store/mailbox_reader.hpp"

#include <algorithm>

#include "hub/store/keys.hpp"

namespace truc::hub {
namespace {

// One agency's mailbox, from its head on.
struct Head {
  std::unique_ptr<Cursor> cursor;
  MailboxEntry entry;
};

// For a heap, whose top is the greatest: whether `left` comes after `right`.
bool comes_later(const Head& left, const Head& right) {
  const TransferRecord& one = *left.entry.transfer;
  const TransferRecord& other = *right.entry.transfer;
  if (one.priority != other.priority) return one.priority < other.priority;
  if (one.accepted_at != other.accepted_at) return one.accepted_at > other.accepted_at;
  return left.entry.delivery() > right.entry.delivery();
}

Failure corrupt(std::string place, std::string why) {
  return Failure(ErrorCode::storage_corrupt).at(std::move(place)).because(std::move(why));
}

Result<MailboxEntry> entry_at(StoreState& state, const Cursor& cursor) {
  const auto delivery = keys::delivery_in_mailbox(cursor.key());
  if (!delivery) return corrupt("mailboxes", "unreadable key");
  TRUC_TRY(auto transfer, state.transfer(delivery->transfer));
  if (!transfer || delivery->index >= transfer->addressees.size())
    return corrupt(delivery->text(), "a mailbox entry without its delivery");
  return MailboxEntry{std::move(transfer), delivery->index};
}

// One that cannot be read does not hide the rest of the mailbox: who fetches it is told why.
void add_item(StoreState& state, MailboxEntry& entry, std::size_t& left_for_items) {
  if (entry.transfer->kind != delivery::ItemKind::receipt) {
    if (entry.transfer->size > left_for_items) return;
    left_for_items -= entry.transfer->size;
  }
  auto bytes = state.bytes(entry.transfer->id);
  if (bytes) entry.item = std::move(bytes).value();
}

// Of one entry in an answer: its receipt or item, and about what is said around it.
std::size_t bytes_of(const MailboxEntry& entry) {
  constexpr std::size_t kAroundReceipt = 512;
  const std::size_t item = entry.item ? entry.item->size() : 0;
  return entry.transfer->receipt.size() + item + kAroundReceipt;
}

}  // namespace

Result<std::vector<MailboxEntry>> read_mailboxes(StoreState& state,
                                                 const std::vector<AgencyCode>& agencies,
                                                 const PageSize& most) {
  std::vector<Head> heads;
  for (const auto& agency : agencies) {
    const auto look = state.heads.look(agency);
    if (look.from == look.end) continue;
    auto cursor = state.database.cursor(Family::mailboxes, look.from, look.end);
    cursor->seek_first();
    TRUC_TRY(cursor->status());
    state.heads.found(agency, look, cursor->is_valid() ? cursor->key() : look.end);
    if (!cursor->is_valid()) continue;
    TRUC_TRY(auto entry, entry_at(state, *cursor));
    heads.push_back(Head{std::move(cursor), std::move(entry)});
  }
  std::ranges::make_heap(heads, comes_later);

  std::vector<MailboxEntry> entries;
  std::size_t bytes = 0;
  std::size_t left_for_items = most.items_bytes;
  // Ends: every turn takes an entry or a mailbox away.
  while (!heads.empty() && entries.size() < most.entries && bytes < most.bytes) {
    std::ranges::pop_heap(heads, comes_later);
    auto head = std::move(heads.back());
    heads.pop_back();
    add_item(state, head.entry, left_for_items);
    bytes += bytes_of(head.entry);
    entries.push_back(std::move(head.entry));
    head.cursor->next();
    TRUC_TRY(head.cursor->status());
    if (!head.cursor->is_valid()) continue;
    TRUC_TRY(head.entry, entry_at(state, *head.cursor));
    heads.push_back(std::move(head));
    std::ranges::push_heap(heads, comes_later);
  }
  return entries;
}

}  // namespace truc::hub
