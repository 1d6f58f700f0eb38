// Makes what the corpora need of signatures: an authority by invented names, certificates, packages
// and receipts. Its keys end with this program.
//
//   make_corpus tests/fuzz
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "pki/receipt/claims.hpp"
#include "pki/receipt/receipt.hpp"
#include "pki/signature/sign.hpp"
#include "schemas/base/check.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/test_pki.hpp"

namespace {

namespace fs = std::filesystem;
using namespace truc;
using testing::CustomCertificate;
using testing::TestPki;

constexpr auto kSender = "000.00.00.G22";
constexpr auto kRecipient = "000.00.13.H53";

class Corpus {
 public:
  Corpus(fs::path folder, const std::string& target) : folder_(std::move(folder) / target) {
    fs::create_directories(folder_);
  }
  void add(const std::string& name, std::string_view bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }

 private:
  fs::path folder_;
};

void keep_trust(const TestPki& authority, const fs::path& folder) {
  fs::create_directories(folder);
  const auto copy = [&](const std::string& from, const std::string& name) {
    fs::copy_file(from, folder / name, fs::copy_options::overwrite_existing);
  };
  copy(authority.anchors(), "anchors.pem");
  copy(authority.dir() + "/ca/issuing.pem", "issuing.pem");
  copy(authority.root_list(), "root.crl.pem");
  copy(authority.issuing_list(), "issuing.crl.pem");
  std::ofstream(folder / "checked-at") << to_rfc3339(SystemClock().now());
}

std::string signed_bytes(std::string xml, const pki::Credential& credential) {
  return pki::sign_envelope(testing::valid_envelope(std::move(xml)), credential).value();
}

edxml::DocumentContent document_with_beside() {
  auto content = testing::sample_document();
  content.beside_attachments.push_back({.content_id = "attachment-2",
                                        .name = "Bản đồ.zip",
                                        .description = "",
                                        .content_type = "application/zip",
                                        .sha256 = Sha256{},
                                        .size = 1'073'741'824});
  return content;
}

void make_packages(TestPki& authority, const fs::path& corpora) {
  const Corpus signatures(corpora, "signature");
  const auto sender = authority.agency(kSender);
  const auto document = testing::sample_document_xml();
  const auto genuine = signed_bytes(document, sender);
  signatures.add("signed-document-p256", genuine);
  signatures.add("signed-document-attachment-beside",
                 signed_bytes(testing::sample_document_xml(document_with_beside()), sender));
  signatures.add("signed-status-rsa", signed_bytes(testing::sample_status_xml(),
                                                   authority.agency_rsa_paths(kRecipient).load()));
  signatures.add("forged-subject-altered",
                 testing::with(genuine, "Về việc kết nối", "Về việc cắt"));
  signatures.add("forged-comment-in-a-value",
                 testing::with(genuine, ">VPCP-TTĐT<", ">VPCP<!-- -->-TTĐT<"));
  signatures.add("forged-another-signer",
                 signed_bytes(testing::with_all(document, kSender, "H37.02"), sender));
  signatures.add("forged-sha1", testing::with(genuine, "http://www.w3.org/2001/04/xmlenc#sha256",
                                              "http://www.w3.org/2000/09/xmldsig#sha1"));
  signatures.add("unsigned-document", document);
  constexpr std::string_view kEnd = "</ds:Signature>";
  const auto from = genuine.find("<ds:Signature ");
  const auto end = genuine.find(kEnd) + kEnd.size();
  const auto signature = genuine.substr(from, end - from);
  signatures.add("forged-two-signatures", std::string(genuine).insert(end, signature));
  signatures.add("forged-signature-in-the-envelope",
                 testing::with(std::string(genuine).erase(from, end - from), "</edXML:edXMLHeader>",
                               "</edXML:edXMLHeader>" + signature));
}

pki::ReceiptClaims accepted() {
  const auto now = SystemClock().now();
  return {pki::ReceiptKind::accepted,
          TransferId::parse("019ab5a1-7c40-7000-8000-000000000001").value(),
          std::nullopt,
          testing::agency(kSender),
          testing::document_id("000.00.00.G22,2015/09/30,7816/VPCP-TTĐT \"a\\b\""),
          Sha256{},
          {testing::agency("H37.02"), testing::agency(kRecipient)},
          "hub:vn1",
          now,
          now - std::chrono::hours(1)};
}

void make_receipts(TestPki& authority, const fs::path& corpora) {
  const Corpus receipts(corpora, "receipt");
  const auto text = [](const pki::Credential& credential, const pki::ReceiptClaims& claims) {
    return pki::ReceiptSigner::make(credential).value().sign(claims).value().json();
  };
  auto claims = accepted();
  const auto genuine = text(authority.hub_receipts("vn1").load(), claims);
  receipts.add("signed-accepted", genuine);
  receipts.add("claims-accepted", pki::write_claims(claims).value());
  receipts.add("forged-signature-of-nothing", genuine.substr(0, genuine.rfind(':')) + ":\"\"}");
  receipts.add("forged-member-behind", genuine.substr(0, genuine.size() - 1) + ",\"kid\":\"1\"}");
  claims.kind = pki::ReceiptKind::delivered;
  claims.delivery_index = 1;
  claims.recipients = {testing::agency(kRecipient)};
  claims.issuer = std::string("agency:") + kRecipient;
  claims.revocation_known_at.reset();
  const auto recipient = authority.agency_rsa_paths(kRecipient).load();
  receipts.add("signed-delivered-rsa", text(recipient, claims));
  receipts.add("claims-delivered", pki::write_claims(claims).value());
  claims.kind = pki::ReceiptKind::registered;
  receipts.add("signed-registered-rsa", text(recipient, claims));
  receipts.add("claims-registered", pki::write_claims(claims).value());
}

void make_certificates(TestPki& authority, const fs::path& corpora) {
  const Corpus certificates(corpora, "certificate");
  const auto issued = [&](const std::string& name, const testing::CredentialPaths& paths) {
    certificates.add("issued-" + name, paths.load().certificate().der());
  };
  issued("agency-p256", authority.agency_paths(kSender));
  issued("agency-rsa", authority.agency_rsa_paths(kRecipient));
  issued("system-of-two-agencies", authority.system("00.53.W00", {kSender, kRecipient}));
  issued("hub-tls", authority.hub("vn1"));
  issued("hub-receipts", authority.hub_receipts("vn1"));
  issued("operator", authority.operator_client("an"));
  const auto custom = [&](const std::string& name, const std::string& names) {
    CustomCertificate wanted;
    wanted.name = name;
    wanted.alternative_names = names;
    issued(name, authority.custom(wanted));
  };
  custom("no-names", "");
  custom("two-agencies", "URI:urn:truc:agency:H37.02,URI:urn:truc:agency:H53");
  custom("agency-and-hub", "URI:urn:truc:agency:H37.02,URI:urn:truc:hub:vn1");
  custom("lower-case-code", "URI:urn:truc:agency:h37.02");
  custom("unknown-kind", "URI:urn:truc:ministry:H37");
  custom("names-of-others", "DNS:hub.example.vn,email:an@example.vn,IP:127.0.0.1,URI:https://a/");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: make_corpus FOLDER\n", stderr);
    return 2;
  }
  const fs::path folder = arguments[1];
  TestPki authority;
  make_packages(authority, folder / "corpus");
  make_receipts(authority, folder / "corpus");
  make_certificates(authority, folder / "corpus");
  keep_trust(authority, folder / "trust");
  return 0;
}
