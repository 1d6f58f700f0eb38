// The one form of a signature that Truc makes and takes (docs/protocol/signature.md, PR-SIG). For
// pki/signature only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pki/crypto/digest_stream.hpp"
#include "pki/crypto/key.hpp"
#include "schemas/xml/reader.hpp"

namespace truc::pki {

constexpr std::string_view kXmlDsig = "http://www.w3.org/2000/09/xmldsig#";
constexpr std::string_view kExclusiveC14n = "http://www.w3.org/2001/10/xml-exc-c14n#";
constexpr std::string_view kEnvelopedSignature =
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

std::string_view uri_of(SignatureAlgorithm algorithm);
std::string_view uri_of(DigestAlgorithm algorithm);

// A certificate of KeyInfo, not read yet.
struct WrittenCertificate {
  xml::Element element;
  std::string der;
};

// What a signature of the profile says, and the elements that it says it in.
struct ReadSignature {
  xml::Element signature;
  xml::Element signed_info;
  xml::Element digest_element;
  xml::Element value_element;
  SignatureAlgorithm algorithm;
  DigestAlgorithm digest_algorithm;
  std::string digest;                     // octets
  std::string value;                      // octets
  std::vector<WrittenCertificate> chain;  // at least one, leaf first, as it was sent
};

// All elements named Signature, in whichever namespace, in document order.
std::vector<xml::Element> find_signatures(const xml::Document& document);

// The one signature of the package: nothing of XMLDSig stands anywhere else, and everything in it
// is what the profile names. Proves nothing yet. Failures: signature_missing, signature_repeated,
// signature_misplaced, signature_shape, signature_algorithm; each with the XPath of what is wrong.
Result<ReadSignature> read_signature(const xml::Document& document);

// Digest of the document without the signature, and the signature over SignedInfo by the signer's
// key. Says nothing about whose certificate that is. Failures: digest_mismatch,
// signature_invalid, signature_algorithm, certificate_weak, crypto_failed, internal.
Result<void> check_signature(const xml::Document& document, const ReadSignature& signature,
                             const Certificate& signer);

}  // namespace truc::pki
