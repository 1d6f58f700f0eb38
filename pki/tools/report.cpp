#include "pki/tools/report.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "pki/crypto/digest.hpp"
#include "pki/tools/printable.hpp"

namespace truc::pki {
namespace {

constexpr std::size_t kRecipientsShown = 20;  // on a terminal; --json has all
constexpr int kLabelWidth = 32;               // columns, of the longest label in either language

// In columns of a terminal: Vietnamese letters are one column each, and two or three bytes.
std::size_t width_of(std::string_view text) {
  std::size_t columns = 0;
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return columns;
}

class Facts {
 public:
  explicit Facts(std::vector<Fact>& facts) : facts_(facts) {}
  void add(const Label& label, std::string value) {
    if (!value.empty()) facts_.push_back({label, {std::move(value)}});
  }
  void add(const Label& label, std::vector<std::string> values) {
    if (!values.empty()) facts_.push_back({label, std::move(values)});
  }

 private:
  std::vector<Fact>& facts_;
};

std::string revocation_text(const TrustedCertificate& trusted, const Measure& measure,
                            Language language) {
  if (measure.revocation == TrustFiles::Revocation::unchecked)
    return std::string(phrase::kUnchecked.in(language));
  return fmt::format("{} {}", phrase::kNotRevoked.in(language),
                     to_rfc3339(trusted.revocation_known_at()));
}

void add_certificate(Facts& facts, const TrustedCertificate& trusted, const Measure& measure,
                     Language language) {
  const auto& certificate = trusted.certificate();
  facts.add(label::kCertificate, certificate.subject());
  facts.add(label::kIssuedBy, certificate.issuer());
  facts.add(label::kSerial, certificate.serial_hex());
  facts.add(label::kFingerprint, certificate.fingerprint().hex());
  facts.add(label::kValidity, fmt::format("{} – {}", to_rfc3339(certificate.not_before()),
                                          to_rfc3339(certificate.not_after())));
  facts.add(label::kCheckedAs, to_rfc3339(trusted.good_at()));
  facts.add(label::kRevocation, revocation_text(trusted, measure, language));
}

std::string code_text(const edxml::Code& code) {
  return code.number.empty() ? code.notation : code.number + "/" + code.notation;
}

void add_document(Facts& facts, const edxml::DocumentContent& document, Language language) {
  facts.add(label::kCode, code_text(document.code));
  facts.add(label::kPromulgated, to_national_date(document.promulgation_date));
  facts.add(label::kSubject, document.subject);
  std::vector<std::string> recipients;
  for (const auto& party : document.to)
    recipients.push_back(party.organ_id.text() + " " + party.organ_name);
  facts.add(label::kRecipients, std::move(recipients));
  std::vector<std::string> inside;
  for (const auto& attachment : document.inline_attachments) {
    const auto bytes = edxml::decode_attachment(attachment);
    if (!bytes) continue;  // the rules have decoded all of them
    inside.push_back(fmt::format("{} ({} {}, SHA-256 {})", attachment.name, bytes.value().size(),
                                 phrase::kBytes.in(language), sha256(bytes.value()).hex()));
  }
  facts.add(label::kInside, std::move(inside));
  std::vector<std::string> beside;
  for (const auto& attachment : document.beside_attachments) {
    beside.push_back(fmt::format("{} ({} {}, SHA-256 {})", attachment.name, attachment.size,
                                 phrase::kBytes.in(language), attachment.sha256.hex()));
  }
  facts.add(label::kBeside, std::move(beside));
}

void describe_package(const SignedEnvelope& package, const Measure& measure, Language language,
                      Report& report) {
  Facts facts(report.facts);
  const auto& content = package.content();
  const bool document = content.kind() == edxml::PackageKind::document;
  facts.add(label::kPackage,
            std::string((document ? phrase::kDocument : phrase::kStatusPackage).in(language)));
  facts.add(label::kSha256, package.digest().hex());
  facts.add(label::kSender, content.from().organ_id.text() + " " + content.from().organ_name);
  facts.add(label::kDocumentId, content.id().text());
  if (document) {
    add_document(facts, *content.document, language);
  } else {
    facts.add(label::kStatus, fmt::format("{:02}", static_cast<int>(content.status->code)));
    facts.add(label::kRecipients, content.status->response_for.organ_id.text());
  }
  facts.add(label::kSignedBy, package.signer().text());
  add_certificate(facts, package.certificate(), measure, language);
  report.proves = phrase::kPackageProves;
  report.proves_not = phrase::kPackageProvesNot;
}

Phrase receipt_proves(ReceiptKind kind) {
  switch (kind) {
    case ReceiptKind::accepted:
      return phrase::kAcceptedProves;
    case ReceiptKind::delivered:
      return phrase::kDeliveredProves;
    case ReceiptKind::registered:
      return phrase::kRegisteredProves;
  }
  return phrase::kAcceptedProves;
}

void describe_receipt(const VerifiedReceipt& receipt, const Measure& measure, Language language,
                      Report& report) {
  Facts facts(report.facts);
  const auto& claims = receipt.claims();
  facts.add(label::kKind, std::string(to_text(claims.kind)));
  facts.add(label::kIssuer, claims.issuer);
  facts.add(label::kIssuedAt, to_rfc3339(claims.issued_at));
  facts.add(label::kSender, claims.sender.text());
  facts.add(label::kDocumentId, claims.document_id.text());
  facts.add(label::kDocumentSha256, claims.document_sha256.hex());
  std::vector<std::string> recipients;
  for (const auto& recipient : claims.recipients) recipients.push_back(recipient.text());
  facts.add(label::kRecipients, std::move(recipients));
  facts.add(label::kTransfer, claims.transfer.text());
  if (claims.delivery_index) facts.add(label::kDelivery, std::to_string(*claims.delivery_index));
  if (claims.revocation_known_at)
    facts.add(label::kKnownAt, to_rfc3339(*claims.revocation_known_at));
  add_certificate(facts, receipt.certificate(), measure, language);
  report.proves = receipt_proves(claims.kind);
  report.proves_not = phrase::kReceiptProvesNot;
}

void describe_certificate(const TrustedCertificate& certificate, const Measure& measure,
                          Language language, Report& report) {
  Facts facts(report.facts);
  add_certificate(facts, certificate, measure, language);
  facts.add(label::kNames, certificate.certificate().uris());
  report.proves = phrase::kCertificateProves;
}

Phrase verdict_of(const Report& report) {
  if (!report.failure) return phrase::kVerified;
  const bool unread = report.failure->code() == ErrorCode::file_failed;
  return unread ? phrase::kUnreadable : phrase::kRefused;
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
  const std::size_t width = width_of(name);
  text += fmt::format("\n  {}{} {}", name,
                      std::string(width < kLabelWidth ? kLabelWidth - width : 0, ' '), value);
}

// Failures hold tokens of what was examined.
Failure printable_failure(const Failure& failure) {
  return Failure(failure.code())
      .at(printable(failure.place()))
      .expected(printable(failure.expected()))
      .found(printable(failure.found()));
}

}  // namespace

Report report_on(const Examination& examination, const Measure& measure, Language language) {
  Report report{examination.file, "file", {}, {}, {}, examination.failure};
  if (examination.package) {
    report.kind = "package";
    describe_package(*examination.package, measure, language, report);
  } else if (examination.receipt) {
    report.kind = "receipt";
    describe_receipt(*examination.receipt, measure, language, report);
  } else if (examination.certificate) {
    report.kind = "certificate";
    describe_certificate(*examination.certificate, measure, language, report);
  }
  return report;
}

Report report_on_match(const std::string& receipt_file, const std::string& package_file,
                       const Result<void>& verdict) {
  Report report{receipt_file + " + " + package_file, "match", {}, {}, {}, {}};
  if (verdict) {
    report.proves = phrase::kMatches;
  } else {
    report.failure = verdict.error();
  }
  return report;
}

std::string to_text(const Report& report, Language language) {
  std::string text = fmt::format("{}: {}", printable(report.file), verdict_of(report).in(language));
  for (const auto& fact : report.facts) {
    std::string_view name = fact.label.phrase.in(language);
    for (std::size_t i = 0; i < fact.values.size(); ++i) {
      if (i == kRecipientsShown) {
        const auto more = fmt::format(fmt::runtime(phrase::kMore.in(language)),
                                      fact.values.size() - kRecipientsShown);
        add_line(text, "", more);
        break;
      }
      add_line(text, i == 0 ? name : "", printable(fact.values[i]));
    }
  }
  if (report.proves) add_line(text, phrase::kProves.in(language), report.proves->in(language));
  if (report.proves_not)
    add_line(text, phrase::kProvesNot.in(language), report.proves_not->in(language));
  if (report.failure) text += "\n  " + truc::to_text(printable_failure(*report.failure), language);
  return text;
}

std::string to_json(const std::vector<Report>& reports) {
  boost::json::array all;
  for (const auto& report : reports) {
    boost::json::object object;
    object["file"] = report.file;
    object["kind"] = report.kind;
    object["verified"] = !report.failure;
    if (report.failure) object["failure"] = boost::json::parse(to_problem_json(*report.failure));
    for (const auto& [name, values] : report.facts) {
      const bool list = values.size() > 1 || name.key == label::kRecipients.key ||
                        name.key == label::kInside.key || name.key == label::kNames.key ||
                        name.key == label::kBeside.key;
      if (list) {
        object[name.key] = boost::json::array(values.begin(), values.end());
      } else {
        object[name.key] = values.front();
      }
    }
    all.push_back(std::move(object));
  }
  return boost::json::serialize(all);
}

}  // namespace truc::pki
