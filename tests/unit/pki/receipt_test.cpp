#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "pki/crypto/base64.hpp"
#include "pki/crypto/digest.hpp"
#include "pki/receipt/receipt.hpp"
#include "schemas/base/limits.hpp"
#include "tests/support/refusals.hpp"
#include "tests/support/test_pki.hpp"

namespace truc::pki {
namespace {

using namespace std::chrono_literals;
using testing::TestPki;

Time now() {
  return SystemClock().now();
}
AgencyCode agency(std::string_view code) {
  return AgencyCode::parse(code).value();
}

ReceiptClaims accepted() {
  return ReceiptClaims{
      ReceiptKind::accepted,
      TransferId::parse("019ab5a1-7c40-7000-8000-000000000001").value(),
      std::nullopt,
      agency("000.00.00.G22"),
      DocumentId::parse("000.00.00.G22,2015/09/30,7816/VPCP-TTĐT \"a\\b\"").value(),
      sha256("the package"),
      {agency("H37.02"), agency("000.00.13.H53")},
      "hub:vn1",
      now(),
      now() - 1h};
}

ReceiptClaims delivered() {
  auto claims = accepted();
  claims.kind = ReceiptKind::delivered;
  claims.delivery_index = 1;
  claims.recipients = {agency("H37.02")};
  claims.issuer = "agency:H37.02";
  claims.revocation_known_at.reset();
  return claims;
}

// Signs any payload under a header and an outer form of the test's choice.
struct Forge {
  const Credential& credential;
  std::string payload;      // JSON
  std::string header = "";  // JSON; empty: the right one

  std::string protected_text() const {
    if (!header.empty()) return encode_base64url(header);
    return encode_base64url(R"({"alg":"ES256","typ":"truc-receipt+json","x5t#S256":")" +
                            encode_base64url(credential.certificate().fingerprint().bytes()) +
                            "\"}");
  }

  Receipt receipt() const {
    const std::string body = encode_base64url(payload);
    const std::string signature = credential.key().sign(protected_text() + "." + body).value();
    std::string text = "{\"payload\":\"" + body + "\",\"protected\":\"" + protected_text() +
                       R"(","header":{"x5c":[)";
    for (const auto& certificate : credential.chain()) {
      if (&certificate != &credential.chain().front()) text += ',';
      text += '"' + encode_base64(certificate.der()) + '"';
    }
    text += "]},\"signature\":\"" + encode_base64url(signature) + "\"}";
    return Receipt(text);
  }
};

std::string payload_of(const Receipt& receipt) {
  const auto json = boost::json::parse(receipt.json());
  return *decode_base64url(json.at("payload").as_string());
}

void replace(std::string& text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("a receipt tells what was signed, and by whom", "[pki][receipt]") {
  TestPki pki;
  const auto signer = ReceiptSigner::make(pki.hub_receipts("vn1").load()).value();
  const auto claims = accepted();
  const auto receipt = signer.sign(claims).value();
  const auto verified = verify_receipt(receipt, *pki.trust(), now());
  REQUIRE_OK(verified);
  const auto& read = verified.value().claims();
  REQUIRE(read.kind == ReceiptKind::accepted);
  REQUIRE(read.transfer == claims.transfer);
  REQUIRE(read.sender == claims.sender);
  REQUIRE(read.document_id == claims.document_id);
  REQUIRE(read.document_sha256 == claims.document_sha256);
  REQUIRE(read.recipients == claims.recipients);
  REQUIRE(read.issuer == "hub:vn1");
  REQUIRE(read.issued_at == claims.issued_at);
  REQUIRE(read.revocation_known_at == claims.revocation_known_at);
  REQUIRE_FALSE(read.delivery_index);
  REQUIRE(verified.value().receipt() == receipt);
}

TEST_CASE("the payload has the members of PR-RCPT in their order", "[pki][receipt]") {
  TestPki pki;
  const auto signer = ReceiptSigner::make(pki.hub_receipts("vn1").load()).value();
  auto claims = accepted();
  claims.issued_at = Time{1795333352473ms};
  claims.revocation_known_at = Time{1795330000000ms};
  REQUIRE(payload_of(signer.sign(claims).value()) ==
          R"({"truc":1,"kind":"accepted","transfer":"019ab5a1-7c40-7000-8000-000000000001",)"
          R"("sender":"000.00.00.G22",)"
          R"("document_id":"000.00.00.G22,2015/09/30,7816/VPCP-TTĐT \"a\\b\"",)"
          R"("document_sha256":")" +
              sha256("the package").hex() +
              R"(","recipients":["H37.02","000.00.13.H53"],"issuer":"hub:vn1",)"
              R"("issued_at":"2026-11-22T07:42:32.473Z",)"
              R"("revocation_known_at":"2026-11-22T06:46:40.000Z"})");
}

TEST_CASE("an agency signs what it received, with either kind of key", "[pki][receipt]") {
  TestPki pki;
  const bool rsa = GENERATE(false, true);
  const auto paths = rsa ? pki.agency_rsa_paths("H37.02") : pki.agency_paths("H37.02");
  const auto signer = ReceiptSigner::make(paths.load()).value();
  auto claims = delivered();
  SECTION("delivered") {}
  SECTION("registered") {
    claims.kind = ReceiptKind::registered;
  }
  const auto verified = verify_receipt(signer.sign(claims).value(), *pki.trust(), now());
  REQUIRE_OK(verified);
  REQUIRE(verified.value().claims().delivery_index == 1U);
}

TEST_CASE("an accepted receipt of the most addressees fits the limit", "[pki][receipt]") {
  TestPki pki;
  const auto signer = ReceiptSigner::make(pki.hub_receipts("vn1").load()).value();
  auto claims = accepted();
  claims.recipients.clear();
  for (std::size_t i = 0; i < limits::kRecipientsMax; ++i) {
    auto number = std::to_string(100000 + i);
    claims.recipients.push_back(agency("H37.ABCDEFGHIJKLMNOPQRSTUVWX." + number));
  }
  claims.recipients.front() = agency(std::string(limits::kAgencyCodeLengthMax, 'A'));
  const auto receipt = signer.sign(claims).value();
  REQUIRE(receipt.json().size() <= limits::kReceiptBytesMax);
  REQUIRE(verify_receipt(receipt, *pki.trust(), now()).value().claims().recipients ==
          claims.recipients);
  claims.recipients.push_back(agency("H38"));
  REQUIRE_REFUSED(signer.sign(claims), receipt_malformed);
}

TEST_CASE("claims that no receipt may make are not signed", "[pki][receipt]") {
  TestPki pki;
  const auto signer = ReceiptSigner::make(pki.hub_receipts("vn1").load()).value();
  auto claims = delivered();
  SECTION("accepted by an agency") {
    claims = accepted(), claims.issuer = "agency:H37.02";
  }
  SECTION("accepted for one delivery") {
    claims = accepted(), claims.delivery_index = 0;
  }
  SECTION("accepted for nobody") {
    claims = accepted(), claims.recipients.clear();
  }
  SECTION("accepted twice for one") {
    claims = accepted();
    claims.recipients.push_back(claims.recipients.front());
  }
  SECTION("delivered by a hub") {
    claims.issuer = "hub:vn1";
  }
  SECTION("delivered by another agency") {
    claims.issuer = "agency:H37.03";
  }
  SECTION("delivered to two") {
    claims.recipients.push_back(agency("H37.03"));
  }
  SECTION("delivered without the delivery") {
    claims.delivery_index.reset();
  }
  SECTION("delivered with the hub's knowledge") {
    claims.revocation_known_at = now();
  }
  REQUIRE_REFUSED(signer.sign(claims), receipt_malformed);
}

TEST_CASE("a receipt speaks only for whom its certificate names", "[pki][receipt]") {
  TestPki pki;
  const auto hub = pki.hub_receipts("vn1").load();
  const auto recipient = pki.agency("H37.02");
  const auto verdict = [&](const Credential& credential, const ReceiptClaims& claims) {
    const auto receipt = ReceiptSigner::make(credential).value().sign(claims).value();
    return verify_receipt(receipt, *pki.trust(), now());
  };
  REQUIRE_REFUSED(verdict(pki.hub_receipts("vn2").load(), accepted()), receipt_mismatch);
  REQUIRE_REFUSED(verdict(pki.agency("H37.03"), delivered()), receipt_mismatch);
  REQUIRE_REFUSED(verdict(recipient, accepted()), certificate_identity);
  REQUIRE_REFUSED(verdict(hub, delivered()), certificate_identity);
  REQUIRE_REFUSED(verdict(pki.hub("vn1").load(), accepted()), certificate_usage);
}

TEST_CASE("a receipt of a revoked signer, or of one not known not to be, is refused",
          "[pki][receipt]") {
  TestPki pki;
  pki.revoke(pki.hub_receipts("vn1"));
  const auto revoked = ReceiptSigner::make(pki.hub_receipts("vn1").load()).value();
  REQUIRE_REFUSED(verify_receipt(revoked.sign(accepted()).value(), *pki.trust(), now()),
                  certificate_revoked);
  const auto copy = ReceiptSigner::make(pki.hub_receipts("vn2").load()).value();
  auto claims = accepted();
  claims.issuer = "hub:vn2";
  auto files = pki.trust_files();
  files.crl_files.clear();
  const auto blind = TrustStore::load(files).value();
  REQUIRE_REFUSED(verify_receipt(copy.sign(claims).value(), *blind, now()), revocation_unknown);
}

TEST_CASE("a receipt from the future, or from before its certificate, is refused",
          "[pki][receipt]") {
  TestPki pki;
  const auto signer = ReceiptSigner::make(pki.hub_receipts("vn1").load()).value();
  const auto dated = [&](Time time) {
    auto claims = accepted();
    claims.issued_at = time;
    return verify_receipt(signer.sign(claims).value(), *pki.trust(), now());
  };
  REQUIRE_OK(dated(now() + limits::kClockSkewMax - 1min));
  REQUIRE_REFUSED(dated(now() + limits::kClockSkewMax + 1min), receipt_ahead);
  REQUIRE_REFUSED(dated(now() - limits::kClockSkewMax - 1min), receipt_invalid);
}

TEST_CASE("no bit of a receipt can change", "[pki][receipt]") {
  TestPki pki;
  const auto trust = pki.trust();
  const auto signer = ReceiptSigner::make(pki.agency("H37.02")).value();
  const std::string text = signer.sign(delivered()).value().json();
  REQUIRE_OK(verify_receipt(Receipt(text), *trust, now()));
  for (std::size_t at = 0; at < text.size(); at += 7) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ (at % 2 == 0 ? 0x01 : 0x20));
    CAPTURE(at, changed);
    REQUIRE_FALSE(verify_receipt(Receipt(changed), *trust, now()));
  }
  std::string payload_changed = text;
  const std::string payload = encode_base64url(payload_of(Receipt(text)));
  std::string other = payload_of(Receipt(text));
  replace(other, "H37.02", "H37.03");
  replace(payload_changed, payload, encode_base64url(other));
  REQUIRE_REFUSED(verify_receipt(Receipt(payload_changed), *trust, now()), receipt_invalid);
}

TEST_CASE("a receipt has one spelling", "[pki][receipt]") {
  TestPki pki;
  const auto trust = pki.trust();
  const auto credential = pki.agency("H37.02");
  const auto good = ReceiptSigner::make(credential).value().sign(delivered()).value();
  Forge forge{credential, payload_of(good)};
  REQUIRE(verify_receipt(forge.receipt(), *trust, now()).value().claims().issuer ==
          "agency:H37.02");
  std::string text = forge.receipt().json();
  SECTION("white space") {
    text += "\n";
  }
  SECTION("white space inside") {
    replace(text, ",", ", ");
  }
  SECTION("a second payload") {
    text.insert(1, R"("payload":"e30",)");
  }
  SECTION("an unknown member") {
    replace(text, R"("header":{)", R"("header":{"kid":"x",)");
  }
  SECTION("an escape that is not needed") {
    replace(text, "\"payload\"", R"("p\u0061yload")");
  }
  SECTION("padding") {
    replace(text, R"(","protected)", R"(=","protected)");
  }
  SECTION("something behind") {
    text += "{}";
  }
  SECTION("no object") {
    text = "[" + text + "]";
  }
  SECTION("nothing") {
    text.clear();
  }
  SECTION("too deep") {
    text = std::string(100, '[') + std::string(100, ']');
  }
  SECTION("no certificate") {
    const auto from = text.find("[\"") + 1;
    text.erase(from, text.find(']') - from);
  }
  SECTION("too many certificates") {
    std::string more;
    for (int i = 0; i < 5; ++i) more += "\"" + encode_base64(credential.chain()[1].der()) + "\",";
    replace(text, R"("x5c":[)", R"("x5c":[)" + more);
  }
  SECTION("a certificate that is text") {
    replace(text, R"("x5c":[)", R"("x5c":["!",)");
  }
  SECTION("another one's certificate first") {
    const auto other = pki.agency("H37.03");
    replace(text, encode_base64(credential.certificate().der()),
            encode_base64(other.certificate().der()));
  }
  SECTION("over the limit") {
    text += std::string(limits::kReceiptBytesMax, ' ');
  }
  REQUIRE_REFUSED(verify_receipt(Receipt(text), *trust, now()), receipt_malformed);
}

TEST_CASE("the protected header is the one that the certificate asks for", "[pki][receipt]") {
  TestPki pki;
  const auto credential = pki.agency("H37.02");
  const auto good = ReceiptSigner::make(credential).value().sign(delivered()).value();
  const std::string thumbprint = encode_base64url(credential.certificate().fingerprint().bytes());
  Forge forge{credential, payload_of(good)};
  forge.header = R"({"alg":"ES256","typ":"truc-receipt+json","x5t#S256":")" + thumbprint + "\"}";
  REQUIRE_OK(verify_receipt(forge.receipt(), *pki.trust(), now()));
  SECTION("no algorithm") {
    replace(forge.header, "ES256", "none");
  }
  SECTION("another algorithm") {
    replace(forge.header, "ES256", "RS256");
  }
  SECTION("HMAC with what is public") {
    replace(forge.header, "ES256", "HS256");
  }
  SECTION("another type") {
    replace(forge.header, "truc-receipt+json", "JWT");
  }
  SECTION("another certificate's thumbprint") {
    replace(forge.header, thumbprint, "AAAA");
  }
  SECTION("critical extensions") {
    replace(forge.header, "{", R"({"crit":["exp"],)");
  }
  REQUIRE_REFUSED(verify_receipt(forge.receipt(), *pki.trust(), now()), receipt_malformed);
}

TEST_CASE("a payload that was signed all right must still be a receipt's", "[pki][receipt]") {
  TestPki pki;
  const auto credential = pki.agency("H37.02");
  const auto good = ReceiptSigner::make(credential).value().sign(delivered()).value();
  Forge forge{credential, payload_of(good)};
  auto& payload = forge.payload;
  SECTION("another version") {
    replace(payload, "\"truc\":1", "\"truc\":2");
  }
  SECTION("an unknown kind") {
    replace(payload, "delivered", "read");
  }
  SECTION("an unknown member") {
    replace(payload, "}", ",\"more\":1}");
  }
  SECTION("a repeated member") {
    replace(payload, "}", ",\"kind\":\"delivered\"}");
  }
  SECTION("a missing member") {
    replace(payload, ",\"issuer\":\"agency:H37.02\"", "");
  }
  SECTION("another order") {
    replace(payload, "\"truc\":1,\"kind\":\"delivered\"", "\"kind\":\"delivered\",\"truc\":1");
  }
  SECTION("a number as text") {
    replace(payload, "\"delivery\":1", "\"delivery\":\"1\"");
  }
  SECTION("a number with a fraction") {
    replace(payload, "\"delivery\":1", "\"delivery\":1.0");
  }
  SECTION("a negative number") {
    replace(payload, "\"delivery\":1", "\"delivery\":-1");
  }
  SECTION("a number too large") {
    replace(payload, "\"delivery\":1", "\"delivery\":4294967296");
  }
  SECTION("a digest in capitals") {
    const std::string hex = sha256("the package").hex();
    std::string capitals = hex;
    for (char& c : capitals) c = static_cast<char>(std::toupper(c));
    replace(payload, hex, capitals);
  }
  SECTION("a digest too short") {
    replace(payload, sha256("the package").hex(), "00");
  }
  SECTION("a time with another zone") {
    replace(payload, "Z\"", "+00:00\"");
  }
  SECTION("no array of addressees") {
    replace(payload, "[\"H37.02\"]", "\"H37.02\"");
  }
  SECTION("an addressee that is a number") {
    replace(payload, "[\"H37.02\"]", "[37]");
  }
  SECTION("an addressee in small letters") {
    replace(payload, "[\"H37.02\"]", "[\"h37.02\"]");
  }
  SECTION("bytes that are not UTF-8") {
    replace(payload, "VPCP", "\xff");
  }
  SECTION("no object") {
    payload = "1";
  }
  const auto verdict = verify_receipt(forge.receipt(), *pki.trust(), now());
  REQUIRE_REFUSED(verdict, receipt_malformed);
  REQUIRE(verdict.error().place().starts_with("/"));
}

}  // namespace truc::pki
