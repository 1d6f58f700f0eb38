#include "tests/unit/edge/world.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "edge-adapter/bridge/drop_folder.hpp"
#include "pki/signature/sign.hpp"
#include "schemas/base/check.hpp"
#include "tests/support/xml_library.hpp"

namespace truc::edge {
namespace {

namespace fs = std::filesystem;

FoldersByAgency folders_by_agency(const std::string& folder, const AgencyCode& self) {
  FoldersByAgency folders;
  folders.emplace(self, AgencyFolders(folder + "/agency"));
  return folders;
}

std::shared_ptr<const Identities> identities_of(const std::string& self) {
  const auto paths = test_pki().agency_paths(self);
  return load_identities(test_pki().trust(),
                         {{.code = agency(self), .key = paths.key, .chain = paths.chain}})
      .value();
}

pki::ReceiptSigner hub_signer() {
  return pki::ReceiptSigner::make(test_pki().hub_receipts("h1").load()).value();
}

void spill(const fs::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
}

}  // namespace

// In memory where there is such a place: the tests kill processes, not machines, and syncing to a
// busy disk would take most of their time.
TempFolder::TempFolder() {
  const fs::path memory = "/dev/shm";
  const fs::path base = fs::is_directory(memory) ? memory : fs::temp_directory_path();
  path_ = (base / "edge-test-XXXXXX").string();
  TRUC_CHECK(::mkdtemp(path_.data()) != nullptr, "the test's folder takes folders");
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

testing::TestPki& test_pki() {
  static testing::TestPki pki;
  return pki;
}

AgencyCode agency(const std::string& code) {
  return AgencyCode::parse(code).value();
}

std::string letter(const std::string& document_id, const std::string& subject) {
  const PosixFiles files;
  const ComposeRequest request{.from = agency(kSender),
                               .from_name = "Văn phòng Chính phủ",
                               .to = {agency(kRecipient)},
                               .number = "1",
                               .notation = "A",
                               .subject = subject,
                               .content = "Nội dung",
                               .type_name = "Công văn",
                               .priority = edxml::Priority::normal,
                               .attachments = {},
                               .beside_over = 0,
                               .document_id = DocumentId::parse(document_id).value(),
                               .recalls = std::nullopt,
                               .updates = std::nullopt,
                               .paper = PaperCopy::none};
  return compose_document(files, request, SystemClock().now()).value().envelope;
}

std::string sign_as(const std::string& code, const std::string& package) {
  static const auto rules = edxml::Rules::load().value();
  auto read = edxml::read_envelope(package);
  auto valid = rules.check(std::move(read).value());
  return pki::sign_envelope(std::move(valid).value(), test_pki().agency(code)).value();
}

World::World(const std::string& folder, Files& files, const std::string& self)
    : folder_(folder),
      self_(agency(self)),
      folders_(folder + "/agency"),
      files_(files),
      layout_(folder + "/spool"),
      sent_index_(files, layout_),
      ledger_(files, layout_),
      outbound_(files, layout_, folders_by_agency(folder, self_), sent_index_),
      inbound_(files, layout_, folders_by_agency(folder, self_)),
      rules_(edxml::Rules::load().value()),
      identities_(identities_of(self)),
      preparer_(files, rules_, identities_, clock_),
      hub_(folder + "/hub", hub_signer()),
      services_{.files = files_,
                .outbound = outbound_,
                .inbound = inbound_,
                .ledger = ledger_,
                .sent_index = sent_index_,
                .preparer = preparer_,
                .rules = rules_,
                .identities = identities_,
                .hub = hub_,
                .confirmations = confirmations_,
                .pool = pool_,
                .clock = clock_,
                .log = log_,
                .hub_id = "h1"} {
  const auto made = prepare_folders(files, layout_, folders_by_agency(folder, self_));
  TRUC_CHECK(made.has_value(), "the test's folder takes folders");
}

void World::drop(const std::string& name, const std::string& package) {
  spill(fs::path(folders_.out()) / ("." + name), package);
  fs::rename(fs::path(folders_.out()) / ("." + name), fs::path(folders_.out()) / name);
}

void World::drop_folder(const std::string& name, const std::string& package,
                        const std::vector<std::pair<std::string, std::string>>& attachments) {
  const fs::path folder = fs::path(folders_.out()) / ("." + name);
  fs::create_directory(folder);
  if (!package.empty()) spill(folder / kEnvelopeName, package);
  for (const auto& [file, bytes] : attachments) spill(folder / file, bytes);
  fs::rename(folder, fs::path(folders_.out()) / name);
}

std::string World::read(const std::string& path) const {
  std::ifstream file(fs::path(folders_.base()) / path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> World::list(const std::string& path) const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(folders_.base()) / path)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.')) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> World::spool(const std::string& part) const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(layout_.root()) / part))
    names.push_back(entry.path().filename().string());
  return names;
}

Result<void> World::claim_all(std::vector<OutboundItem>& items) {
  std::set<std::string> finished;
  TRUC_TRY(const auto entries, files_.list(folders_.out()));
  for (const auto& entry : entries) finished.insert(entry.name);
  TRUC_TRY(const auto drops, find_drops(files_, folders_.out(), finished, clock_.now(), 100));
  for (const auto& drop : drops) {
    const std::array<std::uint8_t, 10> serial = {static_cast<std::uint8_t>(++claimed_)};
    const std::string id = TransferId::make(clock_.now(), serial).text();
    TRUC_TRY(auto item, outbound_.claim(self_, drop.name, drop.form, id, clock_.now()));
    if (item) items.push_back(std::move(*item));
  }
  return success();
}

Result<void> World::send_all() {
  TRUC_TRY(auto recovered, outbound_.recover());
  TRUC_TRY(claim_all(recovered.items));
  OutboundTask task(services_);
  Result<void> first = success();
  for (auto& item : recovered.items) {
    auto outcome = run(task.run(item));
    if (!outcome && first) first = std::move(outcome);
  }
  return first;
}

Result<void> World::receive_all() {
  InboundTask task(services_);
  TRUC_TRY(auto sealed, inbound_.recover(clock_.now()));
  for (auto& item : sealed) {
    TRUC_TRY(run(task.finish(std::move(item))));
  }
  TRUC_TRY(auto page, run(hub_.mailbox(std::chrono::seconds(0), 64, 0)));
  Result<void> first = success();
  for (auto& entry : page.entries) {
    TRUC_TRY(const auto aside, inbound_.find_quarantined(entry.record.delivery));
    if (aside) continue;
    auto outcome = run(task.run(std::move(entry)));
    if (!outcome && first) first = std::move(outcome);
  }
  return first;
}

}  // namespace truc::edge
