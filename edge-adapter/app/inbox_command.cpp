#include <fmt/core.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <iterator>

#include "edge-adapter/app/commands.hpp"
#include "edge-adapter/app/exit_status.hpp"
#include "edge-adapter/spool/names.hpp"
#include "edge-adapter/uplink/receipt_check.hpp"
#include "pki/crypto/digest.hpp"
#include "pki/signature/verify.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/problem.hpp"

namespace truc::edge {
namespace {

struct Row {
  std::string agency;
  std::string name;
  std::string kind;
  std::string sender;
  std::string notation;
  std::string subject;
  int priority = 0;
  Time received;
  std::string verdict = "verified";  // or why not
};

class Inbox {
 public:
  Inbox(const EdgeConfig& config, edxml::Rules rules, std::shared_ptr<const pki::TrustStore> trust)
      : config_(config), rules_(std::move(rules)), trust_(std::move(trust)) {}

  Result<std::vector<Row>> rows(const AgencyConfig& agency) const {
    const std::string in = AgencyFolders(agency.folder).in();
    std::vector<Row> rows;
    TRUC_TRY(const auto entries, files_.list(in));
    for (const auto& entry : entries) {
      const DropVerdict verdict = classify_drop(entry.name, entry.type);
      if (verdict != DropVerdict::package && verdict != DropVerdict::folder) continue;
      const bool folder = verdict == DropVerdict::folder;
      const std::string base = in + "/" + entry.name;
      const std::string stem =
          folder ? entry.name : entry.name.substr(0, entry.name.size() - kPackageEnding.size());
      const std::string package = folder ? base + "/" + std::string(kEnvelopeName) : base;
      const std::string receipt =
          folder ? base + "/" + std::string(kReceiptName) : in + "/" + stem + ".receipt.json";
      Row row;
      row.agency = agency.code.text();
      row.name = stem;
      if (const auto described = describe_package(package, receipt, row); !described)
        row.verdict = to_log_line(described.error());
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  Result<void> describe_package(const std::string& package, const std::string& receipt,
                                Row& row) const {
    TRUC_TRY(const auto info, files_.find(package));
    if (info) row.received = info->modified;
    TRUC_TRY(auto bytes, files_.read(package, limits::kEnvelopeBytesMax));
    TRUC_TRY(auto read, edxml::read_envelope(std::move(bytes)));
    fill(read.content(), row);
    TRUC_TRY(auto valid, rules_.check(std::move(read)));
    TRUC_TRY(auto receipt_text, files_.read(receipt, limits::kEnvelopeBytesMax));
    const AcceptedExpectation expected{.sender = valid.content().from().organ_id,
                                       .document_id = valid.content().id(),
                                       .sha256 = pki::sha256(valid.bytes()),
                                       .hub_id = config_.hub_id,
                                       .transfer = std::nullopt,
                                       .recipient = std::nullopt,
                                       .addressee = std::nullopt};
    const Time now = SystemClock().now();
    TRUC_TRY(const auto accepted, check_accepted(std::move(receipt_text), *trust_, now, expected));
    const pki::Moment moment(accepted.claims().issued_at, now);
    TRUC_TRY(pki::verify_envelope(std::move(valid), *trust_, moment));
    return success();
  }

  static void fill(const edxml::PackageContent& content, Row& row) {
    row.sender = content.from().organ_id.text();
    const auto& code =
        content.document ? content.document->code : content.status->response_for.code;
    row.notation = code.number + "/" + code.notation;
    row.kind = content.document ? "document" : "status";
    if (content.document) {
      row.subject = content.document->subject;
      row.priority = static_cast<int>(content.document->priority);
    } else {
      row.subject = fmt::format("{:02} {}", static_cast<int>(content.status->code),
                                content.status->description);
    }
  }

  const EdgeConfig& config_;
  PosixFiles files_;
  edxml::Rules rules_;
  std::shared_ptr<const pki::TrustStore> trust_;
};

void print_json(const std::vector<Row>& rows) {
  boost::json::array list;
  for (const auto& row : rows) {
    boost::json::object out;
    out["agency"] = row.agency;
    out["name"] = row.name;
    out["kind"] = row.kind;
    out["sender"] = row.sender;
    out["notation"] = row.notation;
    out["subject"] = row.subject;
    out["priority"] = row.priority;
    out["received"] = to_rfc3339(row.received);
    out["verified"] = row.verdict == "verified";
    if (row.verdict != "verified") out["reason"] = row.verdict;
    list.push_back(std::move(out));
  }
  fmt::print("{}\n", boost::json::serialize(list));
}

void print_text(const std::vector<Row>& rows) {
  for (const auto& row : rows)
    fmt::print("{}  {}  P{}  {} → {}  {}  {}  [{}]\n", row.name, to_national(row.received),
               row.priority, row.sender, row.agency, row.notation, row.subject, row.verdict);
}

Result<std::vector<Row>> collect(const EdgeConfig& config, const InboxOptions& options) {
  TRUC_TRY(auto rules, edxml::Rules::load());
  TRUC_TRY(auto trust, config.load_trust());
  const Inbox inbox(config, std::move(rules), std::move(trust));
  std::vector<const AgencyConfig*> agencies;
  if (options.agency.empty()) {
    for (const auto& agency : config.agencies) agencies.push_back(&agency);
  } else {
    TRUC_TRY(const auto* agency, choose_agency(config, options.agency));
    agencies.push_back(agency);
  }
  std::vector<Row> rows;
  for (const auto* agency : agencies) {
    TRUC_TRY(auto some, inbox.rows(*agency));
    std::ranges::move(some, std::back_inserter(rows));
  }
  return rows;
}

}  // namespace

int inbox_command(const EdgeConfig& config, const InboxOptions& options) {
  const auto rows = collect(config, options);
  if (!rows) return fail(rows.error());
  if (options.form == OutputForm::json)
    print_json(rows.value());
  else
    print_text(rows.value());
  return kExitOk;
}

}  // namespace truc::edge
