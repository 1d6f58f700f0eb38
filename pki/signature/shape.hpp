// The pieces of which PR-SIG's shape is made. For pki/signature only.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pki/signature/profile.hpp"
#include "schemas/xml/reader.hpp"

namespace truc::pki {

// signature_shape at this element.
Failure wrong_shape(xml::Element element, std::string expected, std::string_view found);

// signature_algorithm at this element.
Failure wrong_algorithm(xml::Element element, std::string_view expected, std::string_view found);

// Exactly these attributes, in no namespace. Failure: signature_shape.
Result<void> require_attributes(xml::Element element,
                                std::initializer_list<std::string_view> names);

// The first child element, of XMLDSig's namespace. Failure: signature_shape.
Result<xml::Element> require_first_child(xml::Element element, std::string_view name);

// Exactly these child elements of XMLDSig's namespace in this order, and white space. Failure:
// signature_shape.
Result<std::vector<xml::Element>> require_children(xml::Element element,
                                                   std::initializer_list<std::string_view> names);

// The only attribute. Failure: signature_shape.
Result<std::string_view> read_algorithm(xml::Element element);

// No child element, no text. Failure: signature_shape.
Result<void> require_empty(xml::Element element);

// An element that says only this algorithm. Failures: signature_algorithm before signature_shape,
// because an algorithm outside the profile often brings content of its own.
Result<void> require_algorithm(xml::Element element, std::string_view uri);

// The same, and it is one of the table's.
template <class Table>
auto one_algorithm_of(xml::Element element, const Table& table)
    -> Result<typename Table::value_type::first_type> {
  TRUC_TRY(const auto uri, read_algorithm(element));
  std::string expected;
  for (const auto& [algorithm, name] : table) {
    if (uri == name) {
      TRUC_TRY(require_empty(element));
      return algorithm;
    }
    expected += (expected.empty() ? "" : ", ") + std::string(name);
  }
  return wrong_algorithm(element, expected, uri);
}

// The octets of an element that holds canonical base64, white space apart, and no attribute. White
// space inside of "==" is refused, because not every reader takes it. Failure: signature_shape.
Result<std::string> read_base64(xml::Element element);

// The certificates of KeyInfo, in its order. X509SubjectName, X509IssuerSerial and RSAKeyValue are
// what other signers add; their form is checked, what they say is not used. Failure:
// signature_shape.
Result<std::vector<WrittenCertificate>> read_key_info(xml::Element key_info);

}  // namespace truc::pki
