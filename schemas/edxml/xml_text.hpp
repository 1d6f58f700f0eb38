// Writes one package's text, element after element. Private to schemas/edxml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

namespace truc::edxml {

// Elements have the prefix edXML and stand on lines of their own. The first value that cannot be
// written is remembered with its place and given by take(); what is written after it is not used.
class XmlText {
 public:
  // The XML declaration and edXML.
  void open_root();
  void open(std::string_view name, std::string_view attributes = {});
  void close();

  // Any text of XML 1.0. Failure: value_invalid.
  void text(std::string_view name, std::string_view value);
  void text_if_any(std::string_view name, std::string_view value);
  // A text that readers take without the white space around it, so that it may have none.
  void token(std::string_view name, std::string_view value);
  void token_if_any(std::string_view name, std::string_view value);
  void beside(const Sha256& sha256, std::uint64_t size);

  void refuse(std::string_view name, std::string expected, std::string_view found);
  Result<std::string> take() &&;

 private:
  std::string text_;
  std::vector<std::string> open_;
  std::optional<Failure> failure_;
};

}  // namespace truc::edxml
