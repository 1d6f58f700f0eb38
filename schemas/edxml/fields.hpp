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

#include "schemas/base/check.hpp"
#include "schemas/base/faults.hpp"
#include "schemas/base/ids.hpp"
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

// Finds what is wrong with an element's value.
using Judge = Result<void> (*)(xml::Element element, Faults& faults);

// The judge of what `kRead`, a Result<T>(xml::Element), reads.
template <auto kRead>
Result<void> readable(xml::Element element, Faults& faults) {
  return faults.add_of(kRead(element));
}

struct Slot {
  std::string_view name;
  Occurs occurs = Occurs::once;
  Form form = Form::text;
  std::size_t length_max = limits::kTextLengthMax;  // characters
  std::string_view namespace_uri = kNamespace;
  // Of a group: what stands inside. Empty: whoever reads it knows.
  std::span<const Slot> inside = {};
  // Of a value that is more than text.
  Judge judge = nullptr;
};

constexpr Slot group(std::string_view name, Occurs occurs, std::span<const Slot> inside) {
  return {.name = name, .occurs = occurs, .form = Form::group, .inside = inside};
}
template <auto kRead>
constexpr Slot value(std::string_view name, Occurs occurs, Form form = Form::text) {
  return {.name = name, .occurs = occurs, .form = form, .judge = readable<kRead>};
}

// A borrowed view; lives as long as the Document and the table of slots.
class Fields {
 public:
  // Ends with the first fault. Faults: element_unknown, element_repeated, element_missing,
  // value_empty, value_too_long, value_invalid (something else than plain text in a value; text
  // between elements).
  static Result<Fields> of(xml::Element parent, std::span<const Slot> slots);
  // The same into `faults`. While they take more, what is missing may be asked for by find() and by
  // what is empty when absent.
  static Result<Fields> of(xml::Element parent, std::span<const Slot> slots, Faults& faults);

  xml::Element element() const { return parent_; }
  std::span<const Slot> slots() const { return slots_; }
  std::optional<xml::Element> find(std::string_view name) const;
  // Of a slot that occurs once.
  xml::Element get(std::string_view name) const;
  std::vector<xml::Element> all(std::string_view name) const;
  // Of a group that occurs once.
  Result<Fields> inside(std::string_view name) const;
  // Of a group that occurs at most once.
  Result<std::optional<Fields>> inside_if_any(std::string_view name) const;

  // As written; empty when absent. Of slots that hold text.
  std::string_view text(std::string_view name) const;
  std::string string(std::string_view name) const { return std::string(text(name)); }
  std::vector<std::string> strings(std::string_view name) const;
  // Without the white space around it; empty when absent.
  std::string_view token(std::string_view name) const;

  // What `kRead` reads in a slot that occurs once, and that the table says to be read so.
  template <auto kRead>
  auto read(std::string_view name) const;
  // The same of a slot that occurs at most once; an empty T when absent.
  template <auto kRead>
  auto read_if_any(std::string_view name) const;

 private:
  static constexpr std::size_t kSlotsMax = 16;

  Fields(xml::Element parent, std::span<const Slot> slots) : parent_(parent), slots_(slots) {}
  Result<void> take(xml::Element child, Faults& faults);
  Result<void> check_presence(Faults& faults) const;
  const Slot& slot(std::string_view name) const;

  xml::Element parent_;
  std::span<const Slot> slots_;
  std::array<std::optional<xml::Element>, kSlotsMax> first_{};
};

// Everything that the table says of `parent`, and the tables inside it of what stands below.
Result<void> check_deeply(xml::Element parent, std::span<const Slot> slots, Faults& faults);

// --- How values are read. Surrounding white space does not count.
Result<AgencyCode> read_agency_code(xml::Element element);
Result<DocumentId> read_document_id(xml::Element element);
Result<std::optional<DocumentId>> read_document_id_if_any(xml::Element element);  // blank: none
// yyyy/MM/dd or dd/MM/yyyy; nullopt when blank. Failure: malformed_date.
Result<std::optional<std::chrono::year_month_day>> read_date(xml::Element element);
// One digit from 0 to `max`; 0 when blank. Failure: value_invalid.
Result<int> read_digit(xml::Element element, int max);
template <int kMax>
Result<int> read_digit_to(xml::Element element) {
  return read_digit(element, kMax);
}

// Of an element without other elements inside. Failure: value_invalid.
Result<std::string_view> plain_text(xml::Element element);

std::string_view trimmed(std::string_view text);
// The element's plain text without the white space around it; empty when it is not plain.
std::string_view token_of(xml::Element element);
// In characters; `text` is UTF-8.
std::size_t length_of(std::string_view text);
// "dd/MM/yyyy…" as "yyyy/MM/dd…"; anything else as it is.
std::string year_first(std::string_view text);

// Says of a failure where it is.
inline Failure located(Failure failure, xml::Element element) {
  return std::move(failure).at(element.xpath());
}

template <auto kRead>
auto Fields::read(std::string_view name) const {
  TRUC_CHECK(slot(name).judge == readable<kRead>, "the table says how a value is read");
  return kRead(get(name));
}

template <auto kRead>
auto Fields::read_if_any(std::string_view name) const {
  using Read = decltype(kRead(get(name)));
  TRUC_CHECK(slot(name).judge == readable<kRead>, "the table says how a value is read");
  const auto element = find(name);
  return element ? kRead(*element) : Read(typename Read::value_type());
}

}  // namespace truc::edxml
