#include "pki/receipt/receipt.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

#include "pki/crypto/base64.hpp"
#include "pki/crypto/digest.hpp"
#include "pki/receipt/claims.hpp"
#include "pki/receipt/json.hpp"
#include "pki/trust/peer_identity.hpp"
#include "schemas/base/check.hpp"
#include "schemas/base/limits.hpp"

namespace truc::pki {
namespace {

// RFC 7518 names; ES256 is P-256 with SHA-256 and nothing else, and so on.
Result<std::string_view> jws_algorithm(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::ecdsa_sha256:
      return "ES256";
    case SignatureAlgorithm::ecdsa_sha384:
      return "ES384";
    case SignatureAlgorithm::rsa_sha256:
      return "RS256";
    case SignatureAlgorithm::rsa_sha384:
    case SignatureAlgorithm::rsa_sha512:
      break;
  }
  return Failure(ErrorCode::signature_algorithm).expected("ES256, ES384 or RS256");
}

// The protected header has no freedom: the certificate decides all of it.
Result<std::string> protected_header(const Certificate& leaf) {
  TRUC_TRY(const auto algorithm, default_algorithm(leaf));
  TRUC_TRY(const auto name, jws_algorithm(algorithm));
  std::string json = R"({"alg":")" + std::string(name);
  json += R"(","typ":"truc-receipt+json","x5t#S256":")";
  json += encode_base64url(leaf.fingerprint().bytes()) + "\"}";
  return encode_base64url(json);
}

// The text between the payload and the signature: constant for one certificate and its chain.
std::string middle_part(std::string_view protected_text, const std::vector<Certificate>& chain) {
  std::string text = R"(","protected":")" + std::string(protected_text);
  text += R"(","header":{"x5c":[)";
  for (const auto& certificate : chain) {
    if (&certificate != &chain.front()) text += ',';
    text += '"' + encode_base64(certificate.der()) + '"';
  }
  text += R"(]},"signature":")";
  return text;
}

std::string whole_text(std::string_view payload, std::string_view middle,
                       std::string_view signature) {
  constexpr std::string_view kBegin = R"({"payload":")";
  constexpr std::string_view kEnd = R"("})";
  std::string text;
  text.reserve(kBegin.size() + payload.size() + middle.size() + signature.size() + kEnd.size());
  text.append(kBegin).append(payload).append(middle).append(signature).append(kEnd);
  return text;
}

std::string signing_input(std::string_view protected_text, std::string_view payload) {
  return std::string(protected_text) + '.' + std::string(payload);
}

// The members of the JWS, decoded.
struct Parts {
  std::string payload_text;  // as signed, in base64url
  std::string payload;
  std::vector<Certificate> chain;
  std::string signature;
};

Result<std::vector<Certificate>> parse_chain(const boost::json::object& jws,
                                             const TrustStore& trust) {
  const auto expected = [](std::string what) {
    return malformed_receipt("/header/x5c", std::move(what));
  };
  const boost::json::value* header = jws.if_contains("header");
  if (header == nullptr || !header->is_object()) return malformed_receipt("/header", "an object");
  const boost::json::value* x5c = header->get_object().if_contains("x5c");
  if (x5c == nullptr || !x5c->is_array()) return expected("an array of certificates");
  const auto& texts = x5c->get_array();
  if (texts.empty() || texts.size() > limits::kChainLengthMax)
    return expected("1 to " + std::to_string(limits::kChainLengthMax) + " certificates");
  std::vector<Certificate> chain;
  for (const auto& text : texts) {
    if (!text.is_string()) return expected("certificates in base64");
    const auto der = decode_base64(text.get_string());
    if (!der) return expected("certificates in base64");
    TRUC_TRY(auto certificate, trust.read_certificate(*der));
    chain.push_back(std::move(certificate));
  }
  return chain;
}

// Reads, writes again what was read, and takes the receipt only when both texts are equal: it has
// no second spelling, no member that we did not see.
Result<Parts> parse_parts(std::string_view json, const TrustStore& trust) {
  if (json.size() > limits::kReceiptBytesMax) {
    return malformed_receipt("", "at most " + std::to_string(limits::kReceiptBytesMax) + " bytes")
        .found(std::to_string(json.size()) + " bytes");
  }
  TRUC_TRY(const auto jws, parse_object(json, "/"));
  TRUC_TRY(const auto payload_text, string_member(jws, "payload"));
  TRUC_TRY(const auto protected_text, string_member(jws, "protected"));
  TRUC_TRY(const auto signature_text, string_member(jws, "signature"));
  TRUC_TRY(auto chain, parse_chain(jws, trust));
  auto payload = decode_base64url(payload_text);
  if (!payload) return malformed_receipt("/payload", "base64url without padding");
  auto signature = decode_base64url(signature_text);
  if (!signature) return malformed_receipt("/signature", "base64url without padding");
  TRUC_TRY(const auto expected_header, protected_header(chain.front()));
  if (protected_text != expected_header) {
    return malformed_receipt("/protected",
                             "alg and x5t#S256 of the first certificate, typ truc-receipt+json");
  }
  if (whole_text(payload_text, middle_part(protected_text, chain), signature_text) != json)
    return malformed_receipt("/", "the members of PR-RCPT, each once, in order, nothing else");
  return Parts{std::string(payload_text), std::move(*payload), std::move(chain),
               std::move(*signature)};
}

Result<void> require_signature(const Parts& parts) {
  const auto& leaf = parts.chain.front();
  TRUC_TRY(const auto algorithm, default_algorithm(leaf));
  TRUC_TRY(const auto header, protected_header(leaf));
  auto verdict =
      verify_signature(leaf, algorithm, signing_input(header, parts.payload_text), parts.signature);
  if (verdict) return success();
  if (verdict.error().code() == ErrorCode::signature_invalid)
    return Failure(ErrorCode::receipt_invalid).at("/signature");
  return verdict.error();
}

// The statement must be dated when its signer's certificate was in force, and not in the future:
// there one of two clocks is wrong, which passes.
Result<void> require_plausible_time(const ReceiptClaims& claims, const Certificate& leaf,
                                    Time now) {
  const auto refused = [&claims](ErrorCode code, std::string expected) {
    return Failure(code)
        .at("/issued_at")
        .expected(std::move(expected))
        .found(to_rfc3339(claims.issued_at));
  };
  if (claims.issued_at > now + limits::kClockSkewMax)
    return refused(ErrorCode::receipt_ahead, "a time that is not later than " + to_rfc3339(now));
  if (claims.issued_at + limits::kClockSkewMax < leaf.not_before() ||
      claims.issued_at > leaf.not_after() + limits::kClockSkewMax)
    return refused(ErrorCode::receipt_invalid, "a time within the certificate's validity");
  return success();
}

// As stated, without the difference of clocks that is allowed.
Time moment_of_issue(const ReceiptClaims& claims, const Certificate& leaf, Time now) {
  return std::min({std::max(claims.issued_at, leaf.not_before()), leaf.not_after(), now});
}

Result<void> require_issuer(const ReceiptClaims& claims, const TrustedCertificate& certificate) {
  std::string named;
  if (claims.kind == ReceiptKind::accepted) {
    TRUC_TRY(const auto hub, identify_hub(certificate));
    named = "hub:" + hub;
  } else {
    TRUC_TRY(const auto agency, identify_agency(certificate));
    named = "agency:" + agency.text();
  }
  if (claims.issuer == named) return success();
  return Failure(ErrorCode::receipt_mismatch).at("/issuer").expected(named).found(claims.issuer);
}

}  // namespace

struct ReceiptSigner::State {
  Credential credential;
  std::string protected_text;
  std::string middle;
};

Result<ReceiptSigner> ReceiptSigner::make(Credential credential) {
  if (credential.chain().size() > limits::kChainLengthMax) {
    return Failure(ErrorCode::certificate_untrusted)
        .expected("at most " + std::to_string(limits::kChainLengthMax) + " certificates")
        .found(std::to_string(credential.chain().size()));
  }
  TRUC_TRY(auto header, protected_header(credential.certificate()));
  std::string middle = middle_part(header, credential.chain());
  return ReceiptSigner(std::make_shared<const State>(
      State{std::move(credential), std::move(header), std::move(middle)}));
}

Result<Receipt> ReceiptSigner::sign(const ReceiptClaims& claims) const {
  TRUC_TRY(const auto json, write_claims(claims));
  const std::string payload = encode_base64url(json);
  TRUC_TRY(const auto signature,
           state_->credential.key().sign(signing_input(state_->protected_text, payload)));
  Receipt receipt(whole_text(payload, state_->middle, encode_base64url(signature)));
  TRUC_CHECK(receipt.json().size() <= limits::kReceiptBytesMax,
             "limits.hpp proves that the longest claims fit");
  return receipt;
}

Result<VerifiedReceipt> VerifiedReceipt::verify(Receipt receipt, const TrustStore& trust, Time now,
                                                Standing standing) {
  TRUC_TRY(const auto parts, parse_parts(receipt.json(), trust));
  TRUC_TRY(require_signature(parts));
  const std::vector<Certificate> others(parts.chain.begin() + 1, parts.chain.end());
  TRUC_TRY(auto claims, parse_claims(parts.payload));
  const Certificate& leaf = parts.chain.front();
  TRUC_TRY(require_plausible_time(claims, leaf, now));
  const Moment moment =
      standing == Standing::now ? Moment(now) : Moment(moment_of_issue(claims, leaf, now), now);
  TRUC_TRY(auto certificate, trust.check(leaf, others, Purpose::document_signing, moment));
  TRUC_TRY(require_issuer(claims, certificate));
  return VerifiedReceipt(std::move(receipt), std::move(claims), std::move(certificate));
}

Result<VerifiedReceipt> verify_receipt(Receipt receipt, const TrustStore& trust, Time now) {
  return VerifiedReceipt::verify(std::move(receipt), trust, now, VerifiedReceipt::Standing::now);
}

Result<VerifiedReceipt> verify_kept_receipt(Receipt receipt, const TrustStore& trust, Time now) {
  return VerifiedReceipt::verify(std::move(receipt), trust, now,
                                 VerifiedReceipt::Standing::when_issued);
}

}  // namespace truc::pki
