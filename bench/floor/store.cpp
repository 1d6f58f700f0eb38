// One durable batch of RocksDB in a group commit: what many writers hand in at a time is gathered
// and written as one, with one fsync. Letting RocksDB gather (a waiting thread for each writer)
// costs two to three times as much, so that this is the limit.
#include <rocksdb/db.h>

#include "bench/floor/floor.hpp"

namespace truc::bench {
namespace {

constexpr std::size_t kWriters = 32;                // whose batches make a group
constexpr std::size_t kGroups = 100;                // of a round
constexpr std::size_t kReceiptBytes = 1'024;        // what is kept beside the document
constexpr std::size_t kWriteBufferBytes = 1 << 30;  // no flush within the measurement

std::string key_of(std::size_t number) {
  std::string key(16, '\0');  // as a TransferId
  for (std::size_t i = 0; i < sizeof number; ++i)
    key[i] = static_cast<char>(number >> (8 * (sizeof number - 1 - i)));
  return key;
}

rocksdb::Status write_group(rocksdb::DB& db, std::size_t first, const FloorMaterial& material) {
  static const std::string receipt(kReceiptBytes, 'x');
  rocksdb::WriteBatch group;
  for (std::size_t number = first; number < first + kWriters; ++number) {
    const auto document = material.documents[number % kFloorDocuments].bytes();
    const std::string key = key_of(number);
    auto status = group.Put(key, rocksdb::Slice(document.data(), document.size()));
    if (status.ok()) status = group.Put(key + 'r', receipt);
    if (!status.ok()) return status;
  }
  rocksdb::WriteOptions durable;
  durable.sync = true;
  return db.Write(durable, &group);
}

Result<std::unique_ptr<rocksdb::DB>> open_empty(const std::filesystem::path& folder) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.error_if_exists = true;
  options.write_buffer_size = kWriteBufferBytes;
  options.compression = rocksdb::kNoCompression;
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(options, folder.string(), &db);
  if (status.ok()) return std::unique_ptr<rocksdb::DB>(db);
  return Failure(ErrorCode::storage_failed).at(folder.string()).because(status.ToString());
}

}  // namespace

Result<StepCost> measure_store(const FloorMaterial& material) {
  const auto folder = material.folder / "floor-store";
  TRUC_TRY(auto db, open_empty(folder));
  std::vector<double> rounds;
  std::size_t next = 0;
  for (std::size_t round = 0; round <= material.rounds; ++round) {
    const auto begin = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    for (std::size_t group = 0; group < kGroups; ++group, next += kWriters) {
      const auto status = write_group(*db, next, material);
      if (!status.ok())
        return Failure(ErrorCode::storage_failed).at(folder.string()).because(status.ToString());
    }
    const auto used = read_clock(CLOCK_PROCESS_CPUTIME_ID) - begin;
    // The first one only warms.
    if (round > 0)
      rounds.push_back(static_cast<double>(used.count()) / 1'000 / (kGroups * kWriters));
  }
  db.reset();
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  return summarize("store", std::move(rounds));
}

}  // namespace truc::bench
