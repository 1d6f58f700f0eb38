// Identifiers that others see: agencies, systems, documents, transfers, deliveries.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/base/clock.hpp"
#include "schemas/base/result.hpp"

namespace truc {

// The four administrative levels: 1 central, 2 its departments and provincial departments,
// 3 district, 4 commune. One topic of the event log each.
enum class Level : std::uint8_t { one = 1, two = 2, three = 3, four = 4 };
constexpr std::array kLevels = {Level::one, Level::two, Level::three, Level::four};
constexpr int number(Level level) {
  return static_cast<int>(level);
}

// An agency's registered code (OrganId): an opaque key of at most 35 characters, groups of [A-Z0-9]
// separated by single dots. Two generations exist; old and new codes of one agency are related by
// the directory's data, never by arithmetic.
class AgencyCode {
 public:
  enum class Generation : std::uint8_t { qcvn102, decision20, irregular };

  // Failure: malformed_agency_code. Surrounding white space is the caller's to remove.
  static Result<AgencyCode> parse(std::string_view text);

  const std::string& text() const { return text_; }
  Generation generation() const;
  // The level that the grammar implies; none for irregular codes, whose level only the directory
  // knows. QCVN 102: position of the left-most non-zero group, from the right. Decision 20: number
  // of groups, 4 for four and more.
  std::optional<Level> implied_level() const;

  auto operator<=>(const AgencyCode&) const = default;

 private:
  explicit AgencyCode(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// A connected system (an adapter) as its TLS certificate names it, e.g. "00.53.W00"; the same
// alphabet as an agency's code but never an addressee.
class SystemId {
 public:
  static Result<SystemId> parse(std::string_view text);  // Failure: malformed_system_id
  const std::string& text() const { return text_; }
  auto operator<=>(const SystemId&) const = default;

 private:
  explicit SystemId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// The sender's own name of a document (DocumentId): opaque UTF-8, 1 to 200 characters without
// control characters; unique only together with the sender.
class DocumentId {
 public:
  static Result<DocumentId> parse(std::string_view text);  // Failure: malformed_document_id
  const std::string& text() const { return text_; }
  auto operator<=>(const DocumentId&) const = default;

 private:
  explicit DocumentId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// The hub's name of one accepted package: a UUID of version 7 (RFC 9562), so that keys made one
// after the other lie one after the other in the store.
class TransferId {
 public:
  // `random` supplies 74 random bits; the time fills the first 48.
  static TransferId make(Time time, const std::array<std::uint8_t, 10>& random);
  static Result<TransferId> parse(std::string_view text);  // 36 characters; malformed_transfer_id
  // 16 octets as stored. Failure: malformed_transfer_id.
  static Result<TransferId> from_bytes(std::string_view octets);

  std::string text() const;
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(octets_.data()), octets_.size()};
  }
  auto operator<=>(const TransferId&) const = default;

 private:
  std::array<std::uint8_t, 16> octets_{};
};

// One addressee's copy of a transfer; text form "<transfer>.<index>".
struct DeliveryId {
  TransferId transfer;
  std::uint32_t index = 0;

  static Result<DeliveryId> parse(std::string_view text);  // Failure: malformed_delivery_id
  std::string text() const;
  auto operator<=>(const DeliveryId&) const = default;
};

}  // namespace truc

template <>
struct std::hash<truc::AgencyCode> {
  std::size_t operator()(const truc::AgencyCode& code) const noexcept {
    return std::hash<std::string>{}(code.text());
  }
};
