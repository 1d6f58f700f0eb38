#include "pki/signature/sign.hpp"

#include <optional>

#include "pki/crypto/base64.hpp"
#include "pki/signature/end_tag.hpp"
#include "pki/signature/profile.hpp"
#include "schemas/base/check.hpp"
#include "schemas/edxml/names.hpp"
#include "schemas/xml/canonical.hpp"

namespace truc::pki {
namespace {

using xml::Element;

// SignedInfo in its canonical form, which is also how it is written: exclusive C14N declares the
// prefix where it is first used, and writes empty elements with both tags.
std::string signed_info_text(SignatureAlgorithm algorithm, std::string_view digest) {
  const auto method = [](std::string_view name, std::string_view uri) {
    return "<ds:" + std::string(name) + " Algorithm=\"" + std::string(uri) +
           "\"></ds:" + std::string(name) + ">";
  };
  std::string text = "<ds:SignedInfo xmlns:ds=\"" + std::string(kXmlDsig) + "\">";
  text += method("CanonicalizationMethod", kExclusiveC14n);
  text += method("SignatureMethod", uri_of(algorithm));
  text += "<ds:Reference URI=\"\"><ds:Transforms>";
  text += method("Transform", kEnvelopedSignature);
  text += method("Transform", kExclusiveC14n);
  text += "</ds:Transforms>";
  text += method("DigestMethod", uri_of(DigestAlgorithm::sha256));
  text += "<ds:DigestValue>" + encode_base64(digest) + "</ds:DigestValue>";
  text += "</ds:Reference></ds:SignedInfo>";
  return text;
}

std::string signature_text(std::string_view signed_info, std::string_view value,
                           const std::vector<Certificate>& chain) {
  std::string text = "<ds:Signature xmlns:ds=\"" + std::string(kXmlDsig) + "\">";
  text += signed_info;
  text += "<ds:SignatureValue>" + encode_base64(value) + "</ds:SignatureValue>";
  text += "<ds:KeyInfo><ds:X509Data>";
  for (const auto& certificate : chain)
    text += "<ds:X509Certificate>" + encode_base64(certificate.der()) + "</ds:X509Certificate>";
  text += "</ds:X509Data></ds:KeyInfo></ds:Signature>";
  return text;
}

Result<Element> find_header(Element root) {
  Element parent = root;
  for (auto child = root.first_child(); child; child = child->next_sibling()) {
    if (child->is(edxml::kNamespace, "edXMLEnvelope")) parent = *child;
  }
  for (auto child = parent.first_child(); child; child = child->next_sibling()) {
    if (child->is(edxml::kNamespace, "edXMLHeader")) return *child;
  }
  return Failure(ErrorCode::element_missing).at(parent.xpath()).expected("edXMLHeader");
}

// Without a signature in it, the enveloped-signature transform leaves the document as it is.
std::string digest_unsigned(const xml::Document& document) {
  DigestStream digest(DigestAlgorithm::sha256);
  digest.update(xml::canonicalize_element(document.root()));
  return digest.finish();
}

// What leaves here has been read and verified as any receiver will.
Result<void> require_holds(const std::string& bytes, const Certificate& signer) {
  TRUC_TRY(auto document, xml::Document::parse(bytes));
  TRUC_TRY(const auto signature, read_signature(document));
  TRUC_CHECK(signature.chain.front().der == signer.der(), "the signer's certificate comes first");
  return check_signature(document, signature, signer);
}

}  // namespace

Result<std::string> sign_envelope(edxml::ValidEnvelope envelope, const Credential& credential) {
  const auto& document = envelope.document();
  if (const auto found = find_signatures(document); !found.empty())
    return Failure(ErrorCode::signature_repeated).at(found.front().xpath());
  TRUC_TRY(const Element header, find_header(document.root()));
  const auto place = find_only_end_tag(envelope.bytes(), header.prefix(), header.local_name());
  if (!place) {
    return Failure(ErrorCode::internal)
        .at(header.xpath())
        .because("the end tag of edXMLHeader is not in the bytes exactly once");
  }
  const std::string signed_info =
      signed_info_text(credential.key().algorithm(), digest_unsigned(document));
  TRUC_TRY(const std::string value, credential.key().sign(signed_info));
  std::string bytes = envelope.bytes();
  bytes.insert(*place, signature_text(signed_info, value, credential.chain()));
  if (const auto held = require_holds(bytes, credential.certificate()); !held) {
    return Failure(ErrorCode::internal)
        .at(held.error().place())
        .because("our own signature does not hold: " +
                 std::string(describe(held.error().code()).name));
  }
  return bytes;
}

}  // namespace truc::pki
