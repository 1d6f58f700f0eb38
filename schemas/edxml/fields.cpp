#include "schemas/edxml/fields.hpp"

#include <algorithm>

#include "schemas/base/check.hpp"
#include "schemas/base/clock.hpp"

namespace truc::edxml {
namespace {

bool is_required(Occurs occurs) {
  return occurs == Occurs::once || occurs == Occurs::at_least_once;
}
bool is_single(Occurs occurs) {
  return occurs == Occurs::once || occurs == Occurs::at_most_once;
}

std::string names_of(std::span<const Slot> slots) {
  std::string names;
  for (const auto& slot : slots) {
    if (!names.empty()) names += ", ";
    names += slot.name;
  }
  return names;
}

std::span<const Slot>::iterator slot_for(xml::Element child, std::span<const Slot> slots) {
  return std::ranges::find_if(
      slots, [&](const Slot& slot) { return child.is(slot.namespace_uri, slot.name); });
}

Result<void> check_form(xml::Element element, const Slot& slot) {
  if (slot.form == Form::open) return success();
  if (slot.form == Form::group) {
    if (!element.has_stray_text()) return success();
    return Failure(ErrorCode::value_invalid)
        .at(element.xpath())
        .expected("elements only")
        .found("text between them");
  }
  TRUC_TRY(const auto text, plain_text(element));
  if (slot.form == Form::filled && trimmed(text).empty())
    return Failure(ErrorCode::value_empty).at(element.xpath()).expected("a value").found("none");
  // A text is never longer in characters than in bytes, so that most are not counted.
  if (text.size() > slot.length_max && length_of(text) > slot.length_max) {
    return Failure(ErrorCode::value_too_long)
        .at(element.xpath())
        .expected("at most " + std::to_string(slot.length_max) + " characters")
        .found(std::to_string(length_of(text)) + " characters");
  }
  return success();
}

// T::parse of what stands in the element.
template <class T>
Result<T> parsed(xml::Element element) {
  auto value = T::parse(token_of(element));
  if (!value) return located(std::move(value).error(), element);
  return value;
}

}  // namespace

Result<std::string_view> plain_text(xml::Element element) {
  const auto text = element.plain_text();
  if (text) return *text;
  return Failure(ErrorCode::value_invalid)
      .at(element.xpath())
      .expected("plain text")
      .found(std::string(element.first_besides_text()) + " inside");
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto from = text.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kSpace) + 1 - from);
}

std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string year_first(std::string_view text) {
  if (text.size() < 10 || text[2] != '/' || text[5] != '/') return std::string(text);
  std::string turned(text.substr(6, 4));
  turned.append("/").append(text.substr(3, 2)).append("/").append(text.substr(0, 2));
  return turned.append(text.substr(10));
}

std::string_view token_of(xml::Element element) {
  return trimmed(element.plain_text().value_or(std::string_view()));
}

Result<Fields> Fields::of(xml::Element parent, std::span<const Slot> slots) {
  Faults first_only(0);
  return of(parent, slots, first_only);
}

Result<Fields> Fields::of(xml::Element parent, std::span<const Slot> slots, Faults& faults) {
  TRUC_CHECK(slots.size() <= kSlotsMax, "the tables of slots are ours");
  Fields fields(parent, slots);
  for (auto child = parent.first_child(); child; child = child->next_sibling()) {
    TRUC_TRY(fields.take(*child, faults));
  }
  TRUC_TRY(fields.check_presence(faults));
  return fields;
}

Result<void> Fields::take(xml::Element child, Faults& faults) {
  const auto found = slot_for(child, slots_);
  if (found == slots_.end()) {
    const std::string uri(child.namespace_uri());
    return faults.add(Failure(ErrorCode::element_unknown)
                          .at(child.xpath())
                          .expected(names_of(slots_))
                          .found(std::string(child.local_name()) + " of namespace \"" + uri + '"'));
  }
  auto& first = first_[static_cast<std::size_t>(found - slots_.begin())];
  if (first && is_single(found->occurs)) {
    TRUC_TRY(faults.add(Failure(ErrorCode::element_repeated)
                            .at(child.xpath())
                            .expected("at most one " + std::string(found->name))
                            .found("a second one")));
  }
  if (!first) first = child;
  return faults.add_of(check_form(child, *found));
}

Result<void> Fields::check_presence(Faults& faults) const {
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (first_[slot] || !is_required(slots_[slot].occurs)) continue;
    TRUC_TRY(faults.add(Failure(ErrorCode::element_missing)
                            .at(parent_.xpath())
                            .expected(std::string(slots_[slot].name))
                            .found("no such element")));
  }
  return success();
}

const Slot& Fields::slot(std::string_view name) const {
  const auto slot = std::ranges::find(slots_, name, &Slot::name);
  TRUC_CHECK(slot != slots_.end(), "only slots of the table are asked for");
  return *slot;
}

std::optional<xml::Element> Fields::find(std::string_view name) const {
  return first_[static_cast<std::size_t>(&slot(name) - slots_.data())];
}

xml::Element Fields::get(std::string_view name) const {
  const auto element = find(name);
  TRUC_CHECK(element.has_value(), "the table says that it occurs, and check_presence saw it");
  return *element;
}

Result<Fields> Fields::inside(std::string_view name) const {
  return of(get(name), slot(name).inside);
}

Result<std::optional<Fields>> Fields::inside_if_any(std::string_view name) const {
  if (!find(name)) return std::optional<Fields>();
  TRUC_TRY(auto fields, inside(name));
  return std::optional<Fields>(std::move(fields));
}

std::vector<xml::Element> Fields::all(std::string_view name) const {
  std::vector<xml::Element> found;
  const auto first = find(name);
  for (auto next = first; next; next = next->next_sibling()) {
    if (next->is(first->namespace_uri(), name)) found.push_back(*next);
  }
  return found;
}

std::string_view Fields::text(std::string_view name) const {
  const auto element = find(name);
  return element ? element->plain_text().value_or(std::string_view()) : std::string_view();
}

std::vector<std::string> Fields::strings(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto element : all(name))
    found.emplace_back(element.plain_text().value_or(std::string_view()));
  return found;
}

std::string_view Fields::token(std::string_view name) const {
  return trimmed(text(name));
}

Result<void> check_deeply(xml::Element parent, std::span<const Slot> slots, Faults& faults) {
  TRUC_TRY(Fields::of(parent, slots, faults));
  for (auto child = parent.first_child(); child; child = child->next_sibling()) {
    const auto slot = slot_for(*child, slots);
    if (slot == slots.end()) continue;
    if (!slot->inside.empty()) {
      TRUC_TRY(check_deeply(*child, slot->inside, faults));
    } else if (slot->judge && check_form(*child, *slot)) {
      TRUC_TRY(slot->judge(*child, faults));
    }
  }
  return success();
}

Result<AgencyCode> read_agency_code(xml::Element element) {
  return parsed<AgencyCode>(element);
}

Result<DocumentId> read_document_id(xml::Element element) {
  return parsed<DocumentId>(element);
}

Result<std::optional<DocumentId>> read_document_id_if_any(xml::Element element) {
  if (token_of(element).empty()) return std::optional<DocumentId>();
  TRUC_TRY(auto id, read_document_id(element));
  return std::optional<DocumentId>(std::move(id));
}

Result<std::optional<std::chrono::year_month_day>> read_date(xml::Element element) {
  using Date = std::optional<std::chrono::year_month_day>;
  const auto written = token_of(element);
  if (written.empty()) return Date();
  const auto date = parse_national_date(year_first(written));
  if (date) return Date(date.value());
  return Failure(ErrorCode::malformed_date)
      .at(element.xpath())
      .expected("a day of the calendar, yyyy/MM/dd")
      .found(std::string(written.substr(0, 40)));
}

Result<int> read_digit(xml::Element element, int max) {
  const auto written = token_of(element);
  if (written.empty()) return 0;
  if (written.size() == 1 && written[0] >= '0' && written[0] <= '0' + max) return written[0] - '0';
  return Failure(ErrorCode::value_invalid)
      .at(element.xpath())
      .expected("one digit from 0 to " + std::to_string(max))
      .found(std::string(written.substr(0, 40)));
}

}  // namespace truc::edxml
