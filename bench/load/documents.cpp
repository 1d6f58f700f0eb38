#include "bench/load/documents.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <optional>
#include <random>
#include <thread>

#include "pki/signature/sign.hpp"
#include "schemas/base/check.hpp"
#include "schemas/edxml/write.hpp"

namespace truc::bench {
namespace {

constexpr auto kToldEvery = std::chrono::milliseconds(100);

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

edxml::DocumentContent content_of(const Unit& sender, const std::vector<const Unit*>& recipients,
                                  const DocumentId& id, std::size_t document, Time now) {
  const auto day = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now));
  edxml::DocumentContent content{.from = party_of(sender),
                                 .to = {},
                                 .code = {std::to_string(document + 1), "TH-VP"},
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
                                 .priority = edxml::Priority::normal,
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
  for (const Unit* unit : recipients) content.to.push_back(party_of(*unit));
  return content;
}

// Makes one document after the other; any thread.
class Writer {
 public:
  Writer(const Nation& nation, const std::vector<Sender>& senders, const edxml::Rules& rules,
         const DocumentPlan& plan)
      : among_(plan.among.empty() ? all_units(nation) : plan.among),
        senders_(senders),
        rules_(rules),
        plan_(plan) {}

  // Finds how large the attachment is that makes a package as large as planned.
  Result<void> calibrate() {
    constexpr std::size_t kLeast = 16;
    attachment_bytes_ = kLeast;
    TRUC_TRY(const auto sample, make(0));
    const std::size_t without = sample.bytes().size();
    if (plan_.bytes > without) attachment_bytes_ += (plan_.bytes - without) / 4 * 3;
    return success();
  }

  Result<SignedDocument> make(std::size_t document) const {
    const std::size_t number = document % senders_.size();
    const Sender& sender = senders_[number];
    TRUC_TRY(auto id, DocumentId::parse("bench," + plan_.run + ',' + std::to_string(document)));
    const auto recipients = recipients_of(among_, *sender.unit, plan_.recipients, document);
    const Time now = SystemClock().now();
    auto content = content_of(*sender.unit, recipients, id, document, now);
    content.beside_attachments = plan_.beside;
    TRUC_TRY(auto bytes, edxml::write_document(content, {attachment(document)}, now));
    TRUC_TRY(auto untrusted, edxml::read_envelope(std::move(bytes)));
    TRUC_TRY(auto valid, rules_.check(std::move(untrusted)));
    TRUC_TRY(const auto signed_bytes, pki::sign_envelope(std::move(valid), sender.signing));
    std::vector<AgencyCode> codes;
    for (const Unit* unit : recipients) codes.push_back(unit->code);
    auto request = make_request("POST", "/v1/documents", "application/xml", signed_bytes);
    const std::size_t body_begin = request->size() - signed_bytes.size();
    return SignedDocument{number, std::move(id), std::move(codes), std::move(request), body_begin};
  }

 private:
  // Octets that do not compress, as those of a PDF.
  edxml::AttachmentBytes attachment(std::size_t document) const {
    std::string octets(attachment_bytes_, '\0');
    std::mt19937_64 random(document);
    for (char& octet : octets) octet = static_cast<char>(random());
    return edxml::AttachmentBytes{.content_id = "attachment-1",
                                  .name = "Công văn.pdf",
                                  .description = "Bản chính",
                                  .content_type = "application/pdf",
                                  .bytes = std::move(octets)};
  }

  const std::vector<const Unit*> among_;
  const std::vector<Sender>& senders_;
  const edxml::Rules& rules_;
  const DocumentPlan& plan_;
  std::size_t attachment_bytes_ = 0;
};

// Shared by the threads that sign.
struct Workplace {
  explicit Workplace(std::size_t count) : made(count) {}
  std::vector<std::optional<SignedDocument>> made;
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  std::mutex mutex;
  std::optional<Failure> failure;  // guarded by mutex
};

void work(const Writer& writer, Workplace& place) {
  while (true) {  // ends with the last document, or a failure
    const std::size_t document = place.next++;
    if (document >= place.made.size()) return;
    auto made = writer.make(document);
    if (!made) {
      place.next = place.made.size();
      const std::lock_guard lock(place.mutex);
      place.failure = std::move(made).error();
      return;
    }
    place.made[document] = std::move(made).value();
    ++place.done;
  }
}

}  // namespace

Result<std::vector<SignedDocument>> sign_documents(const Nation& nation,
                                                   const std::vector<Sender>& senders,
                                                   const edxml::Rules& rules,
                                                   const DocumentPlan& plan, const Signed& told) {
  Writer writer(nation, senders, rules, plan);
  TRUC_TRY(writer.calibrate());
  Workplace place(plan.count);
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
      threads.emplace_back([&] { work(writer, place); });
    while (place.next < plan.count) {  // the threads move it to the end
      told(place.done);
      std::this_thread::sleep_for(kToldEvery);
    }
  }
  if (place.failure) return std::move(*place.failure);
  told(plan.count);
  std::vector<SignedDocument> documents;
  documents.reserve(plan.count);
  for (auto& one : place.made) documents.push_back(std::move(*one));
  return documents;
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
