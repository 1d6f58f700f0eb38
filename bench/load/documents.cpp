#include "bench/load/documents.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include "pki/signature/sign.hpp"
#include "schemas/base/check.hpp"
#include "schemas/edxml/write.hpp"

namespace truc::bench {
namespace {

constexpr std::size_t kAttachmentLeast = 16;  // bytes

// Different ones, none of them the sender; the same for the same document.
std::vector<const Unit*> recipients_of(const std::vector<const Unit*>& among, const Unit& sender,
                                       std::size_t count, std::size_t document) {
  TRUC_CHECK(count < among.size(), "there are more units than recipients");
  std::vector<const Unit*> chosen;
  std::mt19937_64 random(document);
  std::size_t at = random() % among.size();
  // A step without a common divisor visits every unit once.
  std::size_t step = 1 + random() % (among.size() - 1);
  while (std::gcd(step, among.size()) != 1) ++step;  // 1 comes before among.size() steps
  while (chosen.size() < count) {                    // every turn is at another unit
    if (among[at] != &sender) chosen.push_back(among[at]);
    at = (at + step) % among.size();
  }
  return chosen;
}

std::vector<const Unit*> all_units(const Nation& nation) {
  std::vector<const Unit*> units;
  for (const Unit& unit : nation.units()) units.push_back(&unit);
  return units;
}

edxml::DocumentContent content_of(const Unit& sender, const Letter& letter, const DocumentId& id,
                                  Time now) {
  const auto day = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now));
  edxml::DocumentContent content{.from = party_of(sender),
                                 .to = {},
                                 .code = {std::to_string(letter.number + 1), "TH-VP"},
                                 .place = "Hà Nội",
                                 .promulgation_date = day,
                                 .document_type = "1",
                                 .document_type_detail = {},
                                 .document_type_name = "Công văn",
                                 .subject = "Về việc thử tải trục liên thông văn bản",
                                 .content = {},
                                 .signer_competence = {},
                                 .signer_position = "Chánh Văn phòng",
                                 .signer_name = "Nguyễn Văn Thử",
                                 .due_date = std::nullopt,
                                 .to_places = {},
                                 .priority = letter.priority,
                                 .sphere_of_promulgation = {},
                                 .typer_notation = {},
                                 .promulgation_amount = {},
                                 .page_amount = "2",
                                 .direction = {},
                                 .appendixes = {},
                                 .responses_for = {},
                                 .steering_type = 0,
                                 .document_id = id,
                                 .business = {},
                                 .inline_attachments = {},
                                 .beside_attachments = {}};
  for (const Unit* unit : letter.recipients) content.to.push_back(party_of(*unit));
  return content;
}

// Octets that do not compress, as those of a PDF.
edxml::AttachmentBytes attachment_of(std::size_t document, std::size_t bytes) {
  std::string octets(bytes, '\0');
  std::mt19937_64 random(document);
  for (char& octet : octets) octet = static_cast<char>(random());
  return edxml::AttachmentBytes{.content_id = "attachment-1",
                                .name = "Công văn.pdf",
                                .description = "Bản chính",
                                .content_type = "application/pdf",
                                .bytes = std::move(octets)};
}

// Makes one document after the other; any thread.
class Writer {
 public:
  Writer(const std::vector<Sender>& senders, const edxml::Rules& rules, std::string run)
      : senders_(senders), rules_(rules), run_(std::move(run)) {}

  void put_beside(const std::vector<edxml::BesideAttachment>& attachments) {
    beside_ = attachments;
  }
  // Finds how large a package is without its attachment, by one of them.
  Result<void> calibrate(const Letter& sample) {
    TRUC_TRY(const auto made, make(sample));
    const std::size_t attached = attachment_bytes(sample) / 3 * 4;
    bytes_without_ = made.bytes().size() - std::min(made.bytes().size(), attached);
    return success();
  }

  Result<SignedDocument> make(const Letter& letter) const {
    const Sender& sender = senders_[letter.sender];
    TRUC_TRY(auto id, DocumentId::parse("bench," + run_ + ',' + std::to_string(letter.number)));
    const Time now = SystemClock().now();
    auto content = content_of(*sender.unit, letter, id, now);
    content.beside_attachments = beside_;
    const auto attachment = attachment_of(letter.number, attachment_bytes(letter));
    TRUC_TRY(auto bytes, edxml::write_document(content, {attachment}, now));
    TRUC_TRY(auto untrusted, edxml::read_envelope(std::move(bytes)));
    TRUC_TRY(auto valid, rules_.check(std::move(untrusted)));
    TRUC_TRY(const auto signed_bytes, pki::sign_envelope(std::move(valid), sender.signing));
    std::vector<AgencyCode> codes;
    for (const Unit* unit : letter.recipients) codes.push_back(unit->code);
    auto request = make_request("POST", "/v1/documents", "application/xml", signed_bytes);
    const std::size_t body_begin = request->size() - signed_bytes.size();
    return SignedDocument{.sender = letter.sender,
                          .id = std::move(id),
                          .code = content.code,
                          .recipients = std::move(codes),
                          .priority = letter.priority,
                          .request = std::move(request),
                          .body_begin = body_begin};
  }

 private:
  std::size_t attachment_bytes(const Letter& letter) const {
    const std::size_t room = letter.bytes - std::min(letter.bytes, bytes_without_);
    return std::max(kAttachmentLeast, room / 4 * 3);
  }

  const std::vector<Sender>& senders_;
  const edxml::Rules& rules_;
  const std::string run_;
  std::vector<edxml::BesideAttachment> beside_;
  std::size_t bytes_without_ = 0;
};

}  // namespace

edxml::Party party_of(const Unit& unit) {
  return edxml::Party{.organ_id = unit.code,
                      .organization_in_charge = {},
                      .organ_name = unit.name,
                      .organ_add = {},
                      .email = {},
                      .telephone = {},
                      .fax = {},
                      .website = {}};
}

Result<std::vector<SignedDocument>> sign_documents(const Nation& nation,
                                                   const std::vector<Sender>& senders,
                                                   const edxml::Rules& rules,
                                                   const DocumentPlan& plan, const Made& told) {
  const auto among = plan.among.empty() ? all_units(nation) : plan.among;
  const auto letter = [&](std::size_t number) {
    const std::size_t sender = number % senders.size();
    return Letter{
        .number = number,
        .sender = sender,
        .recipients = recipients_of(among, *senders[sender].unit, plan.recipients, number),
        .bytes = plan.bytes};
  };
  Writer writer(senders, rules, plan.run);
  writer.put_beside(plan.beside);
  TRUC_TRY(writer.calibrate(letter(0)));
  return make_in_parallel<SignedDocument>(
      plan.count, [&](std::size_t number) { return writer.make(letter(number)); }, told);
}

Result<std::vector<SignedDocument>> sign_letters(std::span<const Letter> letters,
                                                 const std::vector<Sender>& senders,
                                                 const edxml::Rules& rules, const std::string& run,
                                                 const Made& told) {
  Writer writer(senders, rules, run);
  if (!letters.empty()) {
    Letter sample = letters.front();
    sample.recipients.resize(1);  // what more of them take comes on top
    TRUC_TRY(writer.calibrate(sample));
  }
  return make_in_parallel<SignedDocument>(
      letters.size(), [&](std::size_t i) { return writer.make(letters[i]); }, told);
}

Result<std::vector<Sender>> make_senders(const Nation& nation, Authority& authority,
                                         std::size_t count) {
  const auto& units = nation.units();
  TRUC_CHECK(count <= units.size(), "a sender is a unit of its own");
  std::vector<Sender> senders;
  for (std::size_t i = 0; i < count; ++i) {
    const Unit& unit = units[i * units.size() / count];
    TRUC_TRY(auto tls, authority.system(unit.system, {unit.code}));
    TRUC_TRY(auto signing, authority.agency(unit.code));
    senders.push_back(Sender{&unit, std::move(tls), std::move(signing)});
  }
  return senders;
}

}  // namespace truc::bench
