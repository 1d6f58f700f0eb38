// Backups: made beside a store that goes on, incremental, compared with checksums, restored whole
// or not at all.
#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <map>
#include <random>
#include <thread>

#include "hub/store/backup_folder.hpp"
#include "hub/store/backup_thread.hpp"
#include "tests/support/store/failing_file_system.hpp"
#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;
using hub::BackupMaker;
using hub::BackupSettings;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargeBytes = 50'000;  // goes into a blob file
constexpr int kDocuments = 40;

std::string random_content(std::mt19937_64& random, std::size_t size) {
  std::string content(size, '\0');
  for (auto& octet : content) octet = static_cast<char>(random());
  return content;
}

// A store with documents, and a folder for its backups.
struct Backed {
  TempStore store{at_once()};
  TempDirectory folder;
  TempDirectory elsewhere;
  std::mt19937_64 random{20'261'123};
  std::map<TransferId, std::string> contents;

  void fill(int documents) {
    for (int i = 0; i < documents; ++i) {
      const auto content = random_content(random, i % 2 == 0 ? kLargeBytes : 500);
      const auto item =
          new_transfer({.document_id = std::to_string(contents.size()), .content = content},
                       store.clock().now());
      commit_now(*store, item).value();
      contents.emplace(item.record.id, content);
    }
  }
  BackupSettings settings() const {
    BackupSettings settings;
    settings.directory = folder.path();
    settings.hub = "h1";
    settings.bytes_per_second = limits::kGiB;
    return settings;
  }
  Result<hub::MadeBackup> make() { return make(settings()); }
  Result<hub::MadeBackup> make(BackupSettings by) {
    return BackupMaker(std::move(by)).make(store.database());
  }
  fs::path data() const { return elsewhere.path() / "data"; }
  Result<hub::Backup> restore(std::optional<std::uint32_t> id = {}) {
    return hub::restore_backup(folder.path(), id, data());
  }
  std::vector<std::uint32_t> ids() const {
    std::vector<std::uint32_t> ids;
    const auto found = hub::find_backups(folder.path()).value();
    for (const auto& one : found.whole) ids.push_back(one.id);
    return ids;
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      if (entry.is_regular_file() && entry.file_size() > 0) files.push_back(entry.path());
    }
    return files;
  }
  fs::path file(std::string_view ending) const {
    const auto all = files();
    const auto found = std::ranges::find(all, ending, &fs::path::extension);
    REQUIRE(found != all.end());
    return *found;
  }
};

void require_all(hub::DocumentStore& store, const std::map<TransferId, std::string>& contents) {
  for (const auto& [id, content] : contents) {
    const auto bytes = store.bytes(id).value();
    REQUIRE(bytes != nullptr);
    REQUIRE(*bytes == content);
  }
  REQUIRE(documents_in(store, "H37.02").size() == contents.size());
}

void require_restored(const Backed& backed) {
  hub::DatabaseSettings settings;
  settings.directory = backed.data() / "store";
  TempStore restored(settings, at_once());
  require_all(*restored, backed.contents);
}

void flip(const fs::path& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto middle = static_cast<std::streamoff>(fs::file_size(path) / 2);
  file.seekg(middle);
  const char octet = static_cast<char>(file.get() ^ 0x40);
  file.seekp(middle);
  file.put(octet);
  REQUIRE(file.good());
}

ErrorCode code_of(const auto& result) {
  REQUIRE_FALSE(result);
  return result.error().code();
}

}  // namespace

TEST_CASE("a restored backup holds what was acknowledged before it, and nothing after",
          "[fault][backup]") {
  Backed backed;
  backed.fill(kDocuments);
  const auto before = backed.contents;
  const auto made = backed.make().value();
  backed.fill(2);
  backed.store.close();

  const auto restored = backed.restore().value();
  REQUIRE(restored.id == made.backup.id);
  REQUIRE(restored.hub == "h1");
  hub::DatabaseSettings settings;
  settings.directory = backed.data() / "store";
  TempStore again(settings, at_once());
  require_all(*again, before);
  REQUIRE(again->latest(100).value().size() == before.size());
  REQUIRE(fs::status(backed.data()).permissions() == fs::perms::owner_all);
}

TEST_CASE("a second backup copies only what is new", "[fault][backup]") {
  Backed backed;
  backed.fill(kDocuments);
  const auto first = backed.make().value();
  REQUIRE(first.copied_bytes > kDocuments / 2 * kLargeBytes);
  REQUIRE(first.copied_bytes == first.backup.bytes);
  backed.fill(1);
  const auto second = backed.make().value();
  REQUIRE(second.backup.bytes > first.backup.bytes);
  REQUIRE(second.copied_bytes < first.copied_bytes / 4);
  REQUIRE(second.copied_bytes >= kLargeBytes);
}

TEST_CASE("the oldest backups beyond those to keep are removed, and their numbers not given again",
          "[fault][backup]") {
  Backed backed;
  auto settings = backed.settings();
  settings.keep = 2;
  for (int i = 0; i < 4; ++i) {
    backed.fill(1);
    backed.make(settings).value();
  }
  REQUIRE(backed.ids() == std::vector<std::uint32_t>{3, 4});
  REQUIRE(code_of(hub::verify_backup(backed.folder.path(), 1)) == ErrorCode::backup_unknown);
  for (const std::uint32_t id : backed.ids()) {
    REQUIRE(hub::verify_backup(backed.folder.path(), id).value().id == id);
  }
  backed.restore(3).value();
}

TEST_CASE("damage in any file of a backup is found, named and not restored", "[fault][backup]") {
  Backed backed;
  backed.fill(4);
  backed.make().value();
  for (const auto& path : backed.files()) {
    INFO(path);
    flip(path);
    const auto verified = hub::verify_backup(backed.folder.path(), 1);
    REQUIRE(code_of(verified) == ErrorCode::backup_damaged);
    REQUIRE(verified.error().found() == "backup 1");
    REQUIRE(verified.error().place() == backed.folder.path());
    const bool is_meta = path.parent_path().filename() == "meta";
    if (!is_meta) REQUIRE(verified.error().detail().find(path.filename()) != std::string::npos);
    REQUIRE(code_of(backed.restore()) == ErrorCode::backup_damaged);
    REQUIRE((!fs::exists(backed.data()) || fs::is_empty(backed.data())));
    flip(path);
  }
  backed.restore().value();
}

TEST_CASE("a backup with a file missing is damaged, and stays named", "[fault][backup]") {
  Backed backed;
  backed.fill(4);
  backed.make().value();
  fs::remove(backed.file(".blob"));
  const auto found = hub::find_backups(backed.folder.path()).value();
  REQUIRE(found.whole.empty());
  REQUIRE(found.damaged == std::vector<std::uint32_t>{1});
  REQUIRE(code_of(hub::verify_backup(backed.folder.path(), 1)) == ErrorCode::backup_damaged);
  // Not silently another one.
  REQUIRE(code_of(backed.restore()) == ErrorCode::backup_damaged);
  REQUIRE(code_of(backed.restore(2)) == ErrorCode::backup_unknown);
}

TEST_CASE("a backup with a file cut short is damaged", "[fault][backup]") {
  Backed backed;
  backed.fill(4);
  backed.make().value();
  const auto blob = backed.file(".blob");
  fs::resize_file(blob, fs::file_size(blob) - 1);
  REQUIRE(code_of(hub::verify_backup(backed.folder.path(), 1)) == ErrorCode::backup_damaged);
  REQUIRE(code_of(backed.restore()) == ErrorCode::backup_damaged);
}

TEST_CASE("a store that is damaged itself gets no further backup", "[fault][backup]") {
  Backed backed;
  backed.fill(4);
  REQUIRE(backed.store.database().flush());
  for (const auto& entry : fs::directory_iterator(backed.store.path())) {
    if (entry.path().extension() == ".blob") flip(entry.path());
  }
  const auto failed = backed.make();
  REQUIRE(code_of(failed) == ErrorCode::storage_corrupt);
  REQUIRE(backed.ids().empty());
}

TEST_CASE("what is no backup is not restored", "[fault][backup]") {
  Backed backed;
  REQUIRE(code_of(backed.restore()) == ErrorCode::backup_unknown);
  REQUIRE(code_of(hub::find_backups(backed.folder.path() / "none")) == ErrorCode::file_failed);
  auto settings = backed.settings();
  settings.directory /= "not-mounted";
  REQUIRE(code_of(backed.make(settings)) == ErrorCode::file_failed);
  REQUIRE_FALSE(fs::exists(settings.directory));
}

TEST_CASE("what a killed restore left goes with the next one", "[fault][backup]") {
  Backed backed;
  backed.fill(2);
  backed.make().value();
  fs::create_directories(backed.data() / "store.restoring");
  std::ofstream(backed.data() / "store.restoring/000099.sst") << "half";
  backed.restore().value();
  REQUIRE_FALSE(fs::exists(backed.data() / "store.restoring"));
  REQUIRE_FALSE(fs::exists(backed.data() / "store/000099.sst"));
}

TEST_CASE("a restore never goes over a store", "[fault][backup]") {
  Backed backed;
  backed.fill(2);
  backed.make().value();
  fs::create_directories(backed.data() / "store");
  backed.restore().value();  // an empty folder is as good as none
  const auto again = backed.restore();
  REQUIRE(code_of(again) == ErrorCode::target_not_empty);
  REQUIRE(again.error().place() == (backed.data() / "store").string());
  require_restored(backed);
}

TEST_CASE("a full disk under the backups leaves the store and the earlier backups alone",
          "[fault][backup]") {
  Backed backed;
  FailingFileSystem files;
  auto settings = backed.settings();
  settings.env = files.env();
  backed.fill(kDocuments);
  backed.make(settings).value();
  backed.fill(4);
  files.set(FailingFileSystem::Fault::all);
  const auto failed = backed.make(settings);
  REQUIRE(code_of(failed) == ErrorCode::storage_failed);
  REQUIRE(failed.error().place() == backed.folder.path());
  backed.fill(4);
  files.set(FailingFileSystem::Fault::none);
  REQUIRE(backed.ids() == std::vector<std::uint32_t>{1});
  hub::verify_backup(backed.folder.path(), 1).value();

  backed.make(settings).value();
  backed.restore().value();
  require_restored(backed);
}

TEST_CASE("what a killed hub left half made counts as nothing, and goes with the next backup",
          "[fault][backup]") {
  Backed backed;
  backed.fill(4);
  backed.make().value();
  fs::create_directories(backed.folder.path() / "private/2");
  std::ofstream(backed.folder.path() / "private/2/000099.log") << "half";
  std::ofstream(backed.folder.path() / "meta/.2.tmp") << "half";
  REQUIRE(backed.ids() == std::vector<std::uint32_t>{1});
  backed.make().value();
  REQUIRE_FALSE(fs::exists(backed.folder.path() / "private/2/000099.log"));
  REQUIRE_FALSE(fs::exists(backed.folder.path() / "meta/.2.tmp"));
  REQUIRE(backed.ids() == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("a folder serves one hub, and one maker at a time", "[fault][backup]") {
  Backed backed;
  backed.fill(1);
  backed.make().value();
  auto settings = backed.settings();
  settings.hub = "h2";
  const auto foreign = backed.make(settings);
  REQUIRE(code_of(foreign) == ErrorCode::backup_foreign);
  REQUIRE(foreign.error().expected() == "h2");
  REQUIRE(foreign.error().found() == "h1");
}

TEST_CASE("a stop ends a backup under way, which then counts as none", "[fault][backup]") {
  Backed backed;
  backed.fill(kDocuments);
  auto settings = backed.settings();
  settings.bytes_per_second = 512 * limits::kKiB;  // seconds to copy, and seconds to compare
  // The first thing that it copies; the last, after which it compares.
  const auto reached = backed.folder.path() / GENERATE("shared_checksum", "meta/1");
  INFO(reached);
  BackupMaker maker(settings);
  auto making = std::async(std::launch::async, [&] { return maker.make(backed.store.database()); });
  while (!fs::exists(reached) || fs::is_empty(reached)) std::this_thread::yield();
  const auto stopped_at = std::chrono::steady_clock::now();
  maker.stop();
  REQUIRE(code_of(making.get()) == ErrorCode::cancelled);
  REQUIRE(std::chrono::steady_clock::now() - stopped_at < std::chrono::seconds(1));
  REQUIRE(backed.ids().empty());
  backed.make().value();
  backed.restore().value();
}

TEST_CASE("one backup is made at a time, and the report tells of it", "[fault][backup]") {
  Backed backed;
  backed.fill(kDocuments);
  auto settings = backed.settings();
  settings.bytes_per_second = 64 * limits::kKiB;
  hub::BackupThread thread(settings, std::chrono::milliseconds(0), backed.store.database(),
                           backed.store.clock(), backed.store.log());
  thread.start();
  REQUIRE(thread.ask());
  REQUIRE(code_of(thread.ask()) == ErrorCode::backup_running);
  const auto report = thread.report();
  REQUIRE(report.running_since == backed.store.clock().now());
  REQUIRE(report.backups.empty());
  thread.stop();
  REQUIRE_FALSE(thread.report().running_since);
  REQUIRE_FALSE(thread.report().last_failure);
  REQUIRE(code_of(thread.ask()) == ErrorCode::shutting_down);
}

TEST_CASE("backups are made by themselves, and a failure is reported", "[fault][backup]") {
  Backed backed;
  backed.fill(2);
  const SystemClock clock;
  const auto made_by = [&](const BackupSettings& settings) {
    hub::BackupThread thread(settings, std::chrono::hours(24), backed.store.database(), clock,
                             backed.store.log());
    thread.start();
    while (thread.report().made + thread.report().failed == 0) std::this_thread::yield();
    return thread.report();
  };
  const auto made = made_by(backed.settings());
  REQUIRE(made.backups.size() == 1);
  REQUIRE_FALSE(made.last_failure);
  auto settings = backed.settings();
  settings.directory /= "not-mounted";
  const auto failed = made_by(settings);
  REQUIRE(failed.failed >= 1);
  REQUIRE(failed.last_failure->failure.code() == ErrorCode::file_failed);
}
