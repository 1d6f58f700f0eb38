// Damaged files: named and refused, never served.
#include <rocksdb/db.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <random>

#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;

namespace {

constexpr int kDocuments = 40;

struct Kept {
  TransferId id;
  std::string content;
};

std::string random_content(std::mt19937_64& random, std::size_t size) {
  std::string content(size, '\0');
  for (auto& octet : content) octet = static_cast<char>(random());
  return content;
}

// Incompressible, so that damage hits content and not a compressor's frame alone.
std::vector<Kept> fill(TempStore& store) {
  std::mt19937_64 random(20'261'122);
  std::vector<Kept> kept;
  for (int i = 0; i < kDocuments; ++i) {
    const auto content = random_content(random, i % 2 == 0 ? 6'000 : 500);
    const auto item =
        new_transfer({.document_id = std::to_string(i), .content = content}, store.clock().now());
    commit_now(*store, item).value();
    kept.push_back(Kept{item.record.id, content});
  }
  return kept;
}

std::vector<std::filesystem::path> files_of(const TempStore& store, std::string_view ending) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(store.path())) {
    if (entry.path().string().ends_with(ending) && entry.file_size() > 0)
      files.push_back(entry.path());
  }
  std::ranges::sort(files, std::greater(),
                    [](const auto& path) { return std::filesystem::file_size(path); });
  return files;
}

void flip(const std::filesystem::path& path, std::uint64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const char octet = static_cast<char>(file.get() ^ 0x40);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(octet);
  REQUIRE(file.good());
}

}  // namespace

TEST_CASE("a damaged write-ahead log is refused at opening", "[fault][store]") {
  TempStore store;
  const auto kept = fill(store);
  store.close();
  const auto log = files_of(store, ".log").front();
  flip(log, std::filesystem::file_size(log) / GENERATE(2U, 3U, 10U));
  const auto refused = store.open();
  REQUIRE(refused.error().code() == ErrorCode::storage_corrupt);
  REQUIRE(refused.error().place() == store.path().string());
}

TEST_CASE("an operator can cut a damaged write-ahead log at the damage", "[fault][store]") {
  TempDirectory directory;
  hub::DatabaseSettings settings;
  settings.directory = directory.path() / "store";
  TempStore store(settings);
  const auto kept = fill(store);
  store.close();
  const auto log = files_of(store, ".log").front();
  flip(log, std::filesystem::file_size(log) / 2);
  settings.wal_damage = hub::WalDamage::cut;
  TempStore cut(settings);
  int found = 0;
  for (const auto& [id, content] : kept) {
    const auto bytes = cut->bytes(id).value();
    if (bytes == nullptr) continue;
    REQUIRE(*bytes == content);
    ++found;
  }
  REQUIRE(found > 0);
  REQUIRE(found < kDocuments);
  REQUIRE(cut->outbox_depth() == static_cast<std::uint64_t>(found));
}

TEST_CASE("a record cut short at the end of the log was never acknowledged", "[fault][store]") {
  TempStore store;
  const auto kept = fill(store);
  store.close();
  const auto log = files_of(store, ".log").front();
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 7);
  store.open().value();
  REQUIRE(store->bytes(kept.back().id).value() == nullptr);
  REQUIRE_FALSE(store->find(agency("000.00.00.G22"), DocumentId::parse("39").value()).value());
  REQUIRE(*store->bytes(kept[kDocuments - 2].id).value() == kept[kDocuments - 2].content);
  REQUIRE(store->outbox_depth() == kDocuments - 1);
}

TEST_CASE("a damaged table or blob is refused, never served", "[fault][store]") {
  const std::string ending = GENERATE(".sst", ".blob");
  const auto place = GENERATE(range(0, 12));
  TempStore store;
  const auto kept = fill(store);
  store.database().flush().value();
  store.close();
  const auto file = files_of(store, ending).front();
  flip(file, std::filesystem::file_size(file) * static_cast<std::uint64_t>(place) / 12);
  const auto opened = store.open();
  if (!opened) {
    REQUIRE(opened.error().code() == ErrorCode::storage_corrupt);
    return;
  }
  for (const auto& [id, content] : kept) {
    const auto bytes = store->bytes(id);
    if (bytes) {
      REQUIRE(bytes.value() != nullptr);
      REQUIRE(*bytes.value() == content);
    } else {
      REQUIRE(bytes.error().code() == ErrorCode::storage_corrupt);
    }
    const auto transfer = store->transfer(id);
    if (transfer) REQUIRE(transfer.value()->id == id);
  }
}

TEST_CASE("damage in the middle of a blob file is found where it is read", "[fault][store]") {
  TempStore store;
  const auto kept = fill(store);
  store.database().flush().value();
  store.close();
  const auto file = files_of(store, ".blob").front();
  flip(file, std::filesystem::file_size(file) / 2);
  store.open().value();
  int corrupt = 0;
  for (const auto& [id, content] : kept) {
    const auto bytes = store->bytes(id);
    if (!bytes) ++corrupt;
  }
  REQUIRE(corrupt == 1);
}

TEST_CASE("a missing table is refused at opening", "[fault][store]") {
  TempStore store;
  fill(store);
  store.database().flush().value();
  store.close();
  std::filesystem::remove(files_of(store, ".sst").front());
  REQUIRE_FALSE(store.open());
}

// Cut at the right place it is a whole manifest, of an earlier store.
TEST_CASE("a manifest that was cut anywhere is refused at opening", "[fault][store]") {
  TempStore store;
  fill(store);
  store.database().flush().value();
  fill(store);
  store.database().flush().value();
  store.close();
  std::string name;
  std::getline(std::ifstream(store.path() / "CURRENT") >> std::ws, name);
  const auto manifest = store.path() / name;
  const auto copy = store.path().parent_path() / "copy";
  std::filesystem::copy(store.path(), copy);
  const auto size = std::filesystem::file_size(manifest);
  for (std::uintmax_t left = 0; left < size; ++left) {
    CAPTURE(left, size);
    std::filesystem::resize_file(manifest, left);
    const auto opened = store.open();
    REQUIRE_FALSE(opened);
    REQUIRE(opened.error().code() == ErrorCode::storage_corrupt);
    std::filesystem::copy_file(copy / name, manifest,
                               std::filesystem::copy_options::overwrite_existing);
  }
  REQUIRE(store.open());
}

TEST_CASE("a store that was never guarded, or lost its guard, opens", "[fault][store]") {
  TempStore store;
  fill(store);
  store.close();
  std::filesystem::remove(store.path() / "MANIFEST.seen");
  REQUIRE(store.open());
  store.close();
  std::ofstream(store.path() / "MANIFEST.seen") << "rubbish";
  REQUIRE(store.open());
  store.close();
  REQUIRE(store.open());
}

TEST_CASE("a store of another version is refused", "[fault][store]") {
  TempStore store;
  hub::WriteSet writes;
  store.database().put(writes, hub::Family::meta, "format", "truc-store 4");
  store.database().write(writes, hub::Sync::yes).value();
  store.close();
  const auto refused = store.open();
  REQUIRE(refused.error().code() == ErrorCode::store_version);
  REQUIRE(refused.error().expected() == "truc-store 3");
  REQUIRE(refused.error().found() == "truc-store 4");
}

TEST_CASE("a store with a family of a later version is refused", "[fault][store]") {
  TempStore store;
  store.close();
  {
    std::vector<std::string> names;
    rocksdb::DBOptions options;
    REQUIRE(rocksdb::DB::ListColumnFamilies(options, store.path().string(), &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const auto& name : names) descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    REQUIRE(rocksdb::DB::Open(options, store.path().string(), descriptors, &handles, &db).ok());
    rocksdb::ColumnFamilyHandle* later = nullptr;
    REQUIRE(db->CreateColumnFamily(rocksdb::ColumnFamilyOptions(), "later", &later).ok());
    handles.push_back(later);
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    delete db;
  }
  const auto refused = store.open();
  REQUIRE(refused.error().code() == ErrorCode::store_version);
  REQUIRE(refused.error().found() == "a store with the family later");
}

TEST_CASE("two hubs cannot use one store", "[fault][store]") {
  TempStore store;
  hub::DatabaseSettings settings;
  settings.directory = store.path();
  const auto refused = hub::Database::open(settings);
  REQUIRE(refused.error().code() == ErrorCode::storage_failed);
  REQUIRE(refused.error().expected() == "a store that no other hub uses");
}
