// How an element of the standard is taken apart: its children sorted into named slots, in any
// order, with everything checked that a table can say. Private to schemas/edxml.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/limits.hpp"
#include "schemas/edxml/names.hpp"
#include "schemas/xml/reader.hpp"

namespace truc::edxml {

enum class Occurs : std::uint8_t { once, at_most_once, at_least_once, any_number };

enum class Form : std::uint8_t {
  group,   // holds elements
  text,    // plain text, may be empty
  filled,  // plain text with at least one character that is not white space
  open,    // whoever reads it looks inside by itself
};

struct Slot {
  std::string_view name;
  Occurs occurs = Occurs::once;
  Form form = Form::text;
  std::size_t length_max = limits::kTextLengthMax;  // characters
  std::string_view namespace_uri = kNamespace;
};

// A borrowed view; lives as long as the Document and the table of slots.
class Fields {
 public:
  // Failures: element_unknown, element_repeated, element_missing, value_empty, value_too_long,
  // value_invalid (something else than plain text in a value; text between elements).
  static Result<Fields> of(xml::Element parent, std::span<const Slot> slots);

  xml::Element element() const { return parent_; }
  std::optional<xml::Element> find(std::string_view name) const;
  // Of a slot that occurs once.
  xml::Element get(std::string_view name) const;
  std::vector<xml::Element> all(std::string_view name) const;

  // As written; empty when absent. Of slots that hold text.
  std::string_view text(std::string_view name) const;
  std::string string(std::string_view name) const { return std::string(text(name)); }
  std::vector<std::string> strings(std::string_view name) const;
  // Without the white space around it; empty when absent.
  std::string_view token(std::string_view name) const;

  // T::parse of the token of a filled slot that occurs once.
  template <class T>
  Result<T> parsed(std::string_view name) const;
  // The same; nullopt when absent or blank.
  template <class T>
  Result<std::optional<T>> parsed_if_any(std::string_view name) const;
  // yyyy/MM/dd or dd/MM/yyyy; nullopt when absent or blank. Failure: malformed_date.
  Result<std::optional<std::chrono::year_month_day>> date(std::string_view name) const;
  // One digit from 0 to `max`; 0 when absent or blank. Failure: value_invalid.
  Result<int> digit(std::string_view name, int max) const;

 private:
  static constexpr std::size_t kSlotsMax = 16;

  Fields(xml::Element parent, std::span<const Slot> slots) : parent_(parent), slots_(slots) {}
  Result<void> take(xml::Element child);
  Result<void> check_presence() const;
  std::size_t slot_of(std::string_view name) const;

  xml::Element parent_;
  std::span<const Slot> slots_;
  std::array<std::optional<xml::Element>, kSlotsMax> first_{};
};

// Of an element without other elements inside. Failure: value_invalid.
Result<std::string_view> plain_text(xml::Element element);

std::string_view trimmed(std::string_view text);
// In characters; `text` is UTF-8.
std::size_t length_of(std::string_view text);
// "dd/MM/yyyy…" as "yyyy/MM/dd…"; anything else as it is.
std::string year_first(std::string_view text);

// Says of a failure where it is.
inline Failure located(Failure failure, xml::Element element) {
  return std::move(failure).at(element.xpath());
}

template <class T>
Result<T> Fields::parsed(std::string_view name) const {
  auto value = T::parse(token(name));
  if (!value) return located(std::move(value).error(), get(name));
  return value;
}

template <class T>
Result<std::optional<T>> Fields::parsed_if_any(std::string_view name) const {
  if (token(name).empty()) return std::optional<T>();
  TRUC_TRY(auto value, parsed<T>(name));
  return std::optional<T>(std::move(value));
}

}  // namespace truc::edxml
