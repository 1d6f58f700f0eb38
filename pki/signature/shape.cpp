#include "pki/signature/shape.hpp"

#include "pki/crypto/base64.hpp"
#include "schemas/base/limits.hpp"

namespace truc::pki {
namespace {

using xml::Element;

constexpr std::size_t kFoundLengthMax = 120;  // bytes of a stranger's value in our answer

std::string name_of(Element element) {
  if (element.namespace_uri() == kXmlDsig) return std::string(element.local_name());
  return "{" + std::string(element.namespace_uri()) + "}" + std::string(element.local_name());
}

std::string without_white_space(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') kept.push_back(c);
  }
  return kept;
}

Result<void> require_only_elements(Element element) {
  const auto besides = element.first_besides_elements();
  if (besides.empty()) return success();
  return wrong_shape(element, "elements only", std::string(besides) + " between them");
}

Result<void> require_text_only(Element element) {
  TRUC_TRY(require_attributes(element, {}));
  if (!element.plain_text())
    return wrong_shape(element, "plain text",
                       std::string(element.first_besides_text()) + " inside");
  return success();
}

Result<void> require_texts(Element element, std::initializer_list<std::string_view> names) {
  TRUC_TRY(require_attributes(element, {}));
  TRUC_TRY(const auto texts, require_children(element, names));
  for (const Element text : texts) {
    TRUC_TRY(require_text_only(text));
  }
  return success();
}

Result<void> read_x509_data(Element data, std::vector<WrittenCertificate>& chain) {
  TRUC_TRY(require_attributes(data, {}));
  TRUC_TRY(require_only_elements(data));
  for (const Element child : data.children()) {
    if (child.is(kXmlDsig, "X509Certificate")) {
      if (chain.size() == limits::kChainLengthMax) {
        return wrong_shape(
            child, "at most " + std::to_string(limits::kChainLengthMax) + " certificates", "more");
      }
      TRUC_TRY(auto der, read_base64(child));
      chain.push_back({child, std::move(der)});
    } else if (child.is(kXmlDsig, "X509SubjectName")) {
      TRUC_TRY(require_text_only(child));
    } else if (child.is(kXmlDsig, "X509IssuerSerial")) {
      TRUC_TRY(require_texts(child, {"X509IssuerName", "X509SerialNumber"}));
    } else {
      return wrong_shape(child, "X509Certificate", name_of(child));
    }
  }
  return success();
}

Result<void> require_key_value(Element key_value) {
  TRUC_TRY(require_attributes(key_value, {}));
  TRUC_TRY(const auto kinds, require_children(key_value, {"RSAKeyValue"}));
  return require_texts(kinds.front(), {"Modulus", "Exponent"});
}

}  // namespace

Failure wrong_shape(Element element, std::string expected, std::string_view found) {
  return Failure(ErrorCode::signature_shape)
      .at(element.xpath())
      .expected(std::move(expected))
      .found(std::string(found.substr(0, kFoundLengthMax)));
}

Failure wrong_algorithm(Element element, std::string_view expected, std::string_view found) {
  return Failure(ErrorCode::signature_algorithm)
      .at(element.xpath())
      .expected(std::string(expected))
      .found(std::string(found.substr(0, kFoundLengthMax)));
}

Result<void> require_attributes(Element element, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    if (!element.attribute(name))
      return wrong_shape(element, "the attribute " + std::string(name), "none");
  }
  if (element.attribute_count() == names.size()) return success();
  std::string allowed;
  for (const auto name : names) allowed += (allowed.empty() ? "only " : ", ") + std::string(name);
  std::string found;
  for (const auto& name : element.attribute_names())
    found += (found.empty() ? "the attributes " : ", ") + name;
  return wrong_shape(element, allowed.empty() ? "no attributes" : allowed, found);
}

Result<Element> require_first_child(Element element, std::string_view name) {
  const auto child = element.first_child();
  if (!child) return wrong_shape(element, std::string(name), "nothing");
  if (!child->is(kXmlDsig, name)) return wrong_shape(*child, std::string(name), name_of(*child));
  return *child;
}

Result<std::vector<Element>> require_children(Element element,
                                              std::initializer_list<std::string_view> names) {
  TRUC_TRY(require_only_elements(element));
  auto children = element.children();
  std::size_t at = 0;
  for (const auto name : names) {
    if (at == children.size()) return wrong_shape(element, std::string(name), "nothing more");
    if (!children[at].is(kXmlDsig, name))
      return wrong_shape(children[at], std::string(name), name_of(children[at]));
    ++at;
  }
  if (at < children.size()) return wrong_shape(children[at], "nothing more", name_of(children[at]));
  return children;
}

Result<std::string_view> read_algorithm(Element element) {
  TRUC_TRY(require_attributes(element, {"Algorithm"}));
  return *element.attribute("Algorithm");
}

Result<void> require_empty(Element element) {
  TRUC_TRY(require_children(element, {}));
  return success();
}

Result<void> require_algorithm(Element element, std::string_view uri) {
  TRUC_TRY(const auto found, read_algorithm(element));
  if (found != uri) return wrong_algorithm(element, uri, found);
  return require_empty(element);
}

Result<std::string> read_base64(Element element) {
  TRUC_TRY(require_text_only(element));
  const auto written = *element.plain_text();
  auto octets = decode_base64(written);
  if (!octets) {
    const std::string text = without_white_space(written);
    if (text.ends_with("==") && written.find("==") == std::string_view::npos)
      return wrong_shape(element, "canonical base64", "white space in the padding");
    octets = decode_base64(text);
  }
  if (!octets || octets->empty())
    return wrong_shape(element, "canonical base64", octets ? "nothing" : "something else");
  return std::move(*octets);
}

Result<std::vector<WrittenCertificate>> read_key_info(Element key_info) {
  TRUC_TRY(require_attributes(key_info, {}));
  TRUC_TRY(require_only_elements(key_info));
  std::optional<Element> data;
  std::optional<Element> key_value;
  for (const Element child : key_info.children()) {
    auto& place = child.is(kXmlDsig, "KeyValue") ? key_value : data;
    if (place || (!child.is(kXmlDsig, "KeyValue") && !child.is(kXmlDsig, "X509Data")))
      return wrong_shape(child, "one X509Data", name_of(child));
    place = child;
  }
  if (!data) return wrong_shape(key_info, "one X509Data", "none");
  if (key_value) {
    TRUC_TRY(require_key_value(*key_value));
  }
  std::vector<WrittenCertificate> chain;
  TRUC_TRY(read_x509_data(*data, chain));
  if (chain.empty()) return wrong_shape(*data, "X509Certificate", "none");
  return chain;
}

}  // namespace truc::pki
