#include "hub/store/mailbox_heads.hpp"

#include <iterator>

#include "hub/store/keys.hpp"

namespace truc::hub {
namespace {

constexpr std::size_t kLatestMax = 16;  // more come within one look to a flooded mailbox alone

}  // namespace

void MailboxHeads::will_put(const AgencyCode& recipient, std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = mailboxes_.try_emplace(recipient.text());
  auto& mailbox = place->second;
  if (is_new) mailbox.head = keys::mailbox_prefix(recipient);
  if (key < mailbox.head) mailbox.head = key;
  mailbox.latest.push_back({++announced_, std::string(key)});
  if (mailbox.latest.size() <= kLatestMax) return;
  const auto kept = mailbox.latest.begin() + kLatestMax / 2;
  mailbox.forgotten = std::prev(kept)->number;
  mailbox.latest.erase(mailbox.latest.begin(), kept);
}

void MailboxHeads::written() {
  const std::lock_guard lock(mutex_);
  settled_ = announced_;
}

MailboxHeads::Look MailboxHeads::look(const AgencyCode& recipient) const {
  Look look{.from = keys::mailbox_prefix(recipient), .end = keys::mailbox_end(recipient)};
  const std::lock_guard lock(mutex_);
  look.settled = settled_;
  const auto mailbox = mailboxes_.find(recipient.text());
  if (mailbox != mailboxes_.end()) look.from = mailbox->second.head;
  return look;
}

void MailboxHeads::found(const AgencyCode& recipient, const Look& look, std::string_view first) {
  const std::lock_guard lock(mutex_);
  auto& mailbox = mailboxes_[recipient.text()];
  if (mailbox.forgotten > look.settled) return;
  // One that was announced since may be in front of what the reader has seen.
  for (const auto& [number, key] : mailbox.latest) {
    if (number > look.settled && key < first) first = key;
  }
  if (first > mailbox.head) mailbox.head = first;
}

}  // namespace truc::hub
