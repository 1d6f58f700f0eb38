#include "schemas/base/ids.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "schemas/base/bytes.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/utf8.hpp"

namespace truc {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

// Groups of [A-Z0-9] separated by single dots.
bool is_dotted_code(std::string_view text) {
  bool group_is_empty = true;
  for (const char c : text) {
    if (c == '.') {
      if (group_is_empty) return false;
      group_is_empty = true;
    } else if (is_digit(c) || is_upper(c)) {
      group_is_empty = false;
    } else {
      return false;
    }
  }
  return !group_is_empty;
}

std::vector<std::string_view> groups_of(std::string_view text) {
  std::vector<std::string_view> groups;
  for (std::size_t from = 0;;) {
    const auto dot = text.find('.', from);
    groups.push_back(text.substr(from, dot - from));
    if (dot == std::string_view::npos) return groups;
    from = dot + 1;
  }
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, is_digit);
}

// "H53": one letter and two digits, the head of a code in either generation.
bool is_head(std::string_view group) {
  return group.size() == 3 && is_upper(group[0]) && all_digits(group.substr(1));
}

bool is_qcvn102(const std::vector<std::string_view>& groups) {
  return groups.size() == 4 && groups[0].size() == 3 && groups[1].size() == 2 &&
         groups[2].size() == 2 && is_head(groups[3]) &&
         std::all_of(groups.begin(), groups.begin() + 3, all_digits);
}

bool is_zero(std::string_view group) {
  return std::ranges::all_of(group, [](char c) { return c == '0'; });
}

// A name of the field, at most `limit` characters long, for people who sent a wrong one.
Failure malformed(ErrorCode code, std::string expected, std::string_view text) {
  return Failure(code).expected(std::move(expected)).found(std::string(text.substr(0, 80)));
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The length in code points, or npos for text that is not UTF-8 or holds control characters.
std::size_t printable_length(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    const auto size = utf8_character(text);
    const auto lead = static_cast<unsigned char>(text.front());
    if (size == 0 || lead < 0x20 || lead == 0x7f) return std::string_view::npos;
    text.remove_prefix(size);
  }
  return count;
}

}  // namespace

Result<AgencyCode> AgencyCode::parse(std::string_view text) {
  if (text.empty() || text.size() > limits::kAgencyCodeLengthMax || !is_dotted_code(text)) {
    return malformed(ErrorCode::malformed_agency_code,
                     "1 to 35 characters, groups of A-Z and 0-9 separated by dots", text);
  }
  return AgencyCode(std::string(text));
}

AgencyCode::Generation AgencyCode::generation() const {
  const auto groups = groups_of(text_);
  if (is_qcvn102(groups)) return Generation::qcvn102;
  return is_head(groups.front()) ? Generation::decision20 : Generation::irregular;
}

std::optional<Level> AgencyCode::implied_level() const {
  const auto groups = groups_of(text_);
  switch (generation()) {
    case Generation::qcvn102:
      if (!is_zero(groups[0])) return Level::four;
      if (!is_zero(groups[1])) return Level::three;
      if (!is_zero(groups[2])) return Level::two;
      return Level::one;
    case Generation::decision20:
      return static_cast<Level>(std::min<std::size_t>(groups.size(), 4));
    case Generation::irregular:
      return std::nullopt;
  }
  return std::nullopt;
}

Result<SystemId> SystemId::parse(std::string_view text) {
  if (text.empty() || text.size() > limits::kAgencyCodeLengthMax || !is_dotted_code(text)) {
    return malformed(ErrorCode::malformed_system_id,
                     "1 to 35 characters, groups of A-Z and 0-9 separated by dots", text);
  }
  return SystemId(std::string(text));
}

Result<DocumentId> DocumentId::parse(std::string_view text) {
  const auto length = printable_length(text);
  if (length == 0 || length == std::string_view::npos || length > limits::kDocumentIdLengthMax) {
    return malformed(ErrorCode::malformed_document_id,
                     "1 to 200 characters of UTF-8 without control characters",
                     length == std::string_view::npos ? "text that is not printable UTF-8" : text);
  }
  return DocumentId(std::string(text));
}

TransferId TransferId::make(Time time, const std::array<std::uint8_t, 10>& random) {
  TransferId id;
  const auto milliseconds = static_cast<std::uint64_t>(time.time_since_epoch().count());
  for (std::size_t i = 0; i < 6; ++i)
    id.octets_[i] = static_cast<std::uint8_t>(milliseconds >> (8 * (5 - i)));
  std::ranges::copy(random, id.octets_.begin() + 6);
  id.octets_[6] = static_cast<std::uint8_t>(0x70 | (id.octets_[6] & 0x0f));  // version 7
  id.octets_[8] = static_cast<std::uint8_t>(0x80 | (id.octets_[8] & 0x3f));  // RFC 9562 variant
  return id;
}

Result<TransferId> TransferId::from_bytes(std::string_view octets) {
  TransferId id;
  if (octets.size() != id.octets_.size())
    return malformed(ErrorCode::malformed_transfer_id, "16 octets", std::to_string(octets.size()));
  std::ranges::copy(octets, id.octets_.begin());
  return id;
}

Result<TransferId> TransferId::parse(std::string_view text) {
  constexpr std::string_view kExpected = "a UUID in lower case";
  TransferId id;
  if (text.size() != 36)
    return malformed(ErrorCode::malformed_transfer_id, std::string(kExpected), text);
  std::size_t octet = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-')
        return malformed(ErrorCode::malformed_transfer_id, std::string(kExpected), text);
      ++i;
      continue;
    }
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0)
      return malformed(ErrorCode::malformed_transfer_id, std::string(kExpected), text);
    id.octets_[octet++] = static_cast<std::uint8_t>(high * 16 + low);
    i += 2;
  }
  return id;
}

std::string TransferId::text() const {
  std::string text = to_hex(bytes());
  for (const std::size_t position : {8U, 13U, 18U, 23U}) text.insert(position, 1, '-');
  return text;
}

Result<DeliveryId> DeliveryId::parse(std::string_view text) {
  constexpr std::string_view kExpected = "<transfer>.<number>";
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos)
    return malformed(ErrorCode::malformed_delivery_id, std::string(kExpected), text);
  DeliveryId id;
  const auto transfer = TransferId::parse(text.substr(0, dot));
  const auto index = text.substr(dot + 1);
  const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), id.index);
  const bool canonical = index.size() == 1 || !index.starts_with('0');
  if (!transfer || index.empty() || error != std::errc{} || end != index.data() + index.size() ||
      !canonical)
    return malformed(ErrorCode::malformed_delivery_id, std::string(kExpected), text);
  id.transfer = transfer.value();
  return id;
}

std::string DeliveryId::text() const {
  return transfer.text() + '.' + std::to_string(index);
}

}  // namespace truc
