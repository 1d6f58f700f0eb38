#include "hub/store/keys.hpp"

#include <algorithm>

#include "schemas/base/check.hpp"

namespace truc::hub::keys {
namespace {

void append_octets(std::string& key, std::uint64_t number, int octets) {
  for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8)
    key.push_back(static_cast<char>(number >> shift));
}

std::uint64_t read_octets(std::string_view octets) {
  std::uint64_t number = 0;
  for (const char octet : octets) number = number << 8 | static_cast<unsigned char>(octet);
  return number;
}

constexpr std::size_t kTransferOctets = 16;
constexpr std::size_t kIndexOctets = 4;
constexpr std::size_t kMailboxOctets = 1 + 1 + 8 + kTransferOctets + kIndexOctets;  // but the code

}  // namespace

std::string big_endian(std::uint64_t number) {
  std::string key;
  append_octets(key, number, 8);
  return key;
}

std::uint64_t from_big_endian(std::string_view octets) {
  TRUC_CHECK(octets.size() == 8, "the caller has looked at the length");
  return read_octets(octets);
}

std::string identity(const AgencyCode& sender, delivery::ItemKind kind, const DocumentId& document,
                     const Sha256& sha256) {
  std::string key = sender.text();
  key.push_back('\0');
  key.push_back(kind == delivery::ItemKind::document ? 'd' : 's');
  key += document.text();
  if (kind != delivery::ItemKind::document) {
    key.push_back('\0');
    key += sha256.bytes();
  }
  return key;
}

std::string delivery(const DeliveryId& id) {
  std::string key(id.transfer.bytes());
  append_octets(key, id.index, kIndexOctets);
  return key;
}

std::optional<DeliveryId> parse_delivery(std::string_view key) {
  if (key.size() != kTransferOctets + kIndexOctets) return std::nullopt;
  const auto transfer = TransferId::from_bytes(key.substr(0, kTransferOctets));
  if (!transfer) return std::nullopt;
  return DeliveryId{transfer.value(),
                    static_cast<std::uint32_t>(read_octets(key.substr(kTransferOctets)))};
}

std::string mailbox_prefix(const AgencyCode& recipient) {
  std::string key = recipient.text();
  key.push_back('\0');
  return key;
}

std::string mailbox_end(const AgencyCode& recipient) {
  return recipient.text() + '\1';
}

std::string mailbox(const AgencyCode& recipient, edxml::Priority priority, std::int64_t position,
                    const DeliveryId& delivery) {
  std::string key;
  key.reserve(recipient.text().size() + kMailboxOctets);
  key += recipient.text();
  key.push_back('\0');
  append_octets(key, 0xffU - static_cast<unsigned>(priority), 1);
  append_octets(key, static_cast<std::uint64_t>(position), 8);
  key += delivery.transfer.bytes();
  append_octets(key, delivery.index, kIndexOctets);
  return key;
}

std::optional<DeliveryId> delivery_in_mailbox(std::string_view key) {
  if (key.size() < kMailboxOctets) return std::nullopt;
  return parse_delivery(key.substr(key.size() - kTransferOctets - kIndexOctets));
}

std::string history(const TransferId& document, std::uint64_t sequence) {
  std::string key(document.bytes());
  append_octets(key, sequence, 8);
  return key;
}

std::string staging_prefix(const SystemId& system) {
  std::string key = system.text();
  key.push_back('\0');
  return key;
}

std::string staging(const SystemId& system, const Sha256& sha256) {
  std::string key = staging_prefix(system);
  key += sha256.bytes();
  return key;
}

Result<Staged> parse_staging(std::string_view key) {
  const auto end = key.find('\0');
  Sha256 sha256;
  const bool is_whole =
      end != std::string_view::npos && key.size() == end + 1 + sha256.octets.size();
  auto system = SystemId::parse(key.substr(0, end));
  if (!is_whole || !system) return Failure(ErrorCode::storage_corrupt).at("staging");
  std::ranges::copy(key.substr(end + 1), sha256.octets.begin());
  return Staged{std::move(system).value(), sha256};
}

std::string chunk(std::uint64_t upload, std::uint64_t offset) {
  std::string key;
  append_octets(key, upload, 8);
  append_octets(key, offset, 8);
  return key;
}

std::string log_offset(std::string_view log, Partition partition) {
  std::string key(log);
  key.push_back('\0');
  append_octets(key, static_cast<std::uint64_t>(number(partition.level)), 1);
  append_octets(key, static_cast<std::uint64_t>(partition.number), 4);
  return key;
}

}  // namespace truc::hub::keys
