#include "pki/signature/profile.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pki/crypto/base64.hpp"
#include "pki/signature/shape.hpp"
#include "schemas/base/check.hpp"
#include "schemas/edxml/names.hpp"
#include "schemas/xml/canonical.hpp"

namespace truc::pki {
namespace {

using xml::Element;

constexpr std::array kSignatureUris = {
    std::pair{SignatureAlgorithm::rsa_sha256,
              std::string_view("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")},
    std::pair{SignatureAlgorithm::rsa_sha384,
              std::string_view("http://www.w3.org/2001/04/xmldsig-more#rsa-sha384")},
    std::pair{SignatureAlgorithm::rsa_sha512,
              std::string_view("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512")},
    std::pair{SignatureAlgorithm::ecdsa_sha256,
              std::string_view("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256")},
    std::pair{SignatureAlgorithm::ecdsa_sha384,
              std::string_view("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384")},
};

constexpr std::array kDigestUris = {
    std::pair{DigestAlgorithm::sha256, std::string_view("http://www.w3.org/2001/04/xmlenc#sha256")},
    std::pair{DigestAlgorithm::sha384,
              std::string_view("http://www.w3.org/2001/04/xmldsig-more#sha384")},
    std::pair{DigestAlgorithm::sha512, std::string_view("http://www.w3.org/2001/04/xmlenc#sha512")},
};

// Calls `visit` for every element below and including `top`, in document order.
template <class Visit>
void walk(Element top, const Visit& visit) {
  visit(top);
  for (auto child = top.first_child(); child; child = child->next_sibling()) walk(*child, visit);
}

bool is_inside(Element element, Element ancestor) {
  for (std::optional<Element> at = element; at; at = at->parent()) {
    if (*at == ancestor) return true;
  }
  return false;
}

// edXML/edXMLEnvelope/edXMLHeader, or edXML/edXMLHeader as some status packages have it.
bool is_header(Element element, Element root) {
  if (!element.is(edxml::kNamespace, "edXMLHeader")) return false;
  const auto parent = element.parent();
  if (!parent) return false;
  if (*parent == root) return true;
  return parent->is(edxml::kNamespace, "edXMLEnvelope") && parent->parent() == root;
}

Result<Element> find_the_signature(const xml::Document& document) {
  constexpr auto kPlace = "one Signature of XMLDSig's namespace in edXMLHeader";
  const auto found = find_signatures(document);
  const Element root = document.root();
  if (found.empty())
    return Failure(ErrorCode::signature_missing).at(root.xpath()).expected(kPlace).found("none");
  if (found.size() > 1) {
    return Failure(ErrorCode::signature_repeated)
        .at(found[1].xpath())
        .expected(kPlace)
        .found(std::to_string(found.size()));
  }
  const Element signature = found.front();
  const auto misplaced = [](Element element, std::string what) {
    return Failure(ErrorCode::signature_misplaced)
        .at(element.xpath())
        .expected(kPlace)
        .found(std::move(what));
  };
  if (signature.namespace_uri() != kXmlDsig)
    return misplaced(signature, "the namespace " + std::string(signature.namespace_uri()));
  const auto parent = signature.parent();
  if (!parent) return misplaced(signature, "the root");
  if (!is_header(*parent, root))
    return misplaced(signature, "another parent, " + std::string(parent->local_name()));
  std::optional<Element> stray;
  walk(root, [&](Element element) {
    if (!stray && element.namespace_uri() == kXmlDsig && !is_inside(element, signature))
      stray = element;
  });
  if (stray) return misplaced(*stray, std::string(stray->local_name()) + " outside of it");
  return signature;
}

// Every algorithm before the number of them, so that an XPath is named and not counted.
Result<void> read_transforms(Element transforms) {
  TRUC_TRY(require_attributes(transforms, {}));
  std::string_view expected = kEnvelopedSignature;
  for (const Element transform : transforms.children()) {
    if (!transform.is(kXmlDsig, "Transform")) break;
    TRUC_TRY(require_algorithm(transform, expected));
    expected = kExclusiveC14n;
  }
  TRUC_TRY(require_children(transforms, {"Transform", "Transform"}));
  return success();
}

Result<void> read_reference(Element reference, ReadSignature& into) {
  TRUC_TRY(require_attributes(reference, {"URI"}));
  if (const auto uri = reference.attribute("URI"); uri != "")
    return wrong_shape(reference, "URI=\"\": the whole document", *uri);
  TRUC_TRY(const auto parts,
           require_children(reference, {"Transforms", "DigestMethod", "DigestValue"}));
  TRUC_TRY(read_transforms(parts[0]));
  TRUC_TRY(into.digest_algorithm, one_algorithm_of(parts[1], kDigestUris));
  TRUC_TRY(into.digest, read_base64(parts[2]));
  into.digest_element = parts[2];
  return success();
}

Result<void> read_signed_info(Element signed_info, ReadSignature& into) {
  TRUC_TRY(require_attributes(signed_info, {}));
  TRUC_TRY(const auto parts, require_children(signed_info, {"CanonicalizationMethod",
                                                            "SignatureMethod", "Reference"}));
  TRUC_TRY(require_algorithm(parts[0], kExclusiveC14n));
  TRUC_TRY(into.algorithm, one_algorithm_of(parts[1], kSignatureUris));
  return read_reference(parts[2], into);
}

}  // namespace

std::string_view uri_of(SignatureAlgorithm algorithm) {
  const auto* found = std::ranges::find(kSignatureUris, algorithm,
                                        &std::pair<SignatureAlgorithm, std::string_view>::first);
  TRUC_CHECK(found != kSignatureUris.end(), "every algorithm of the enumeration has its URI");
  return found->second;
}

std::string_view uri_of(DigestAlgorithm algorithm) {
  const auto* found = std::ranges::find(kDigestUris, algorithm,
                                        &std::pair<DigestAlgorithm, std::string_view>::first);
  TRUC_CHECK(found != kDigestUris.end(), "every algorithm of the enumeration has its URI");
  return found->second;
}

std::vector<Element> find_signatures(const xml::Document& document) {
  std::vector<Element> found;
  walk(document.root(), [&found](Element element) {
    if (element.local_name() == "Signature") found.push_back(element);
  });
  return found;
}

// SignedInfo before what stands beside it, so that an HMAC is named, and not the KeyInfo that it
// lacks.
Result<ReadSignature> read_signature(const xml::Document& document) {
  TRUC_TRY(const Element signature, find_the_signature(document));
  TRUC_TRY(require_attributes(signature, {}));
  TRUC_TRY(const Element signed_info, require_first_child(signature, "SignedInfo"));
  ReadSignature read{signature, signed_info, signed_info, signed_info, {}, {}, {}, {}, {}};
  TRUC_TRY(read_signed_info(signed_info, read));
  TRUC_TRY(const auto parts,
           require_children(signature, {"SignedInfo", "SignatureValue", "KeyInfo"}));
  read.value_element = parts[1];
  TRUC_TRY(read.value, read_base64(parts[1]));
  TRUC_TRY(read.chain, read_key_info(parts[2]));
  return read;
}

Result<void> check_signature(const xml::Document& document, const ReadSignature& signature,
                             const Certificate& signer) {
  DigestStream digest(signature.digest_algorithm);
  xml::canonicalize_document_without(document, signature.signature,
                                     [&digest](std::string_view octets) { digest.update(octets); });
  if (const auto found = digest.finish(); found != signature.digest) {
    return Failure(ErrorCode::digest_mismatch)
        .at(signature.digest_element.xpath())
        .expected(encode_base64(signature.digest))
        .found(encode_base64(found));
  }
  const auto signed_octets = xml::canonicalize_element(signature.signed_info);
  auto verdict = verify_signature(signer, signature.algorithm, signed_octets, signature.value);
  if (verdict) return success();
  return Failure(verdict.error()).at(signature.value_element.xpath());
}

}  // namespace truc::pki
