#include "schemas/edxml/xml_text.hpp"

#include "schemas/base/check.hpp"
#include "schemas/edxml/fields.hpp"

namespace truc::edxml {
namespace {

bool is_xml_character(char c) {
  return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r';
}

std::string qualified(std::string_view name) {
  return std::string(kPrefix) + ':' + std::string(name);
}

// A carriage return would be read as a line feed if it were not written as a reference.
void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '&':
        text += "&amp;";
        break;
      case '<':
        text += "&lt;";
        break;
      case '>':
        text += "&gt;";
        break;
      case '\r':
        text += "&#13;";
        break;
      default:
        text.push_back(c);
    }
  }
}

}  // namespace

void XmlText::open_root() {
  text_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  open("edXML", " xmlns:edXML=\"" + std::string(kNamespace) + '"');
}

void XmlText::open(std::string_view name, std::string_view attributes) {
  open_.push_back(qualified(name));
  text_.append("\n<").append(open_.back()).append(attributes).append(">");
}

void XmlText::close() {
  TRUC_CHECK(!open_.empty(), "every close has its open");
  text_.append("\n</").append(open_.back()).append(">");
  open_.pop_back();
}

void XmlText::text(std::string_view name, std::string_view value) {
  for (const char c : value) {
    if (!is_xml_character(c)) {
      refuse(name, "no control characters", "octet 0x" + to_hex(std::string_view(&c, 1)));
      return;
    }
  }
  const auto element = qualified(name);
  text_.append("\n<").append(element).append(">");
  append_escaped(text_, value);
  text_.append("</").append(element).append(">");
}

void XmlText::text_if_any(std::string_view name, std::string_view value) {
  if (!value.empty()) text(name, value);
}

void XmlText::token(std::string_view name, std::string_view value) {
  if (trimmed(value) != value) refuse(name, "no white space around the value", value);
  text(name, value);
}

void XmlText::token_if_any(std::string_view name, std::string_view value) {
  if (!value.empty()) token(name, value);
}

void XmlText::beside(const Sha256& sha256, std::uint64_t size) {
  text_.append("\n<truc:Beside xmlns:truc=\"").append(kTrucNamespace);
  text_.append("\" sha256=\"").append(sha256.hex());
  text_.append("\" size=\"").append(std::to_string(size)).append("\"/>");
}

void XmlText::refuse(std::string_view name, std::string expected, std::string_view found) {
  if (failure_) return;
  std::string place;
  for (const auto& element : open_) place += '/' + element;
  place += '/' + qualified(name);
  failure_ = Failure(ErrorCode::value_invalid)
                 .at(std::move(place))
                 .expected(std::move(expected))
                 .found(std::string(found.substr(0, 80)));
}

Result<std::string> XmlText::take() && {
  if (failure_) return std::move(*failure_);
  TRUC_CHECK(open_.empty(), "every open has its close");
  return std::move(text_) + '\n';
}

}  // namespace truc::edxml
