// The embedded log: partitions, order, going on from an offset, trimming.
#include <catch2/catch.hpp>
#include <thread>

#include "hub/store/partitioner.hpp"
#include "hub/store/rocks_log.hpp"
#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;
using hub::LogRecord;
using hub::Partition;
using hub::ReadRecord;

namespace {

constexpr auto kNoWait = std::chrono::milliseconds(0);

// Wants every partition from a remembered place on.
class Owner final : public hub::PartitionOwner {
 public:
  Result<std::int64_t> partition_assigned(Partition partition) override {
    return offsets[partition];
  }
  void partition_revoked(Partition) override {}

  std::map<Partition, std::int64_t> offsets;
};

std::vector<LogRecord> numbered(const std::string& key, int from, int count) {
  std::vector<LogRecord> records;
  for (int i = 0; i < count; ++i)
    records.push_back(LogRecord{Level::two, key, std::to_string(from + i)});
  return records;
}

std::vector<std::string> values_of(const std::vector<ReadRecord>& records, const std::string& key) {
  std::vector<std::string> values;
  for (const auto& record : records) {
    if (record.key == key) values.push_back(record.value);
  }
  return values;
}

}  // namespace

TEST_CASE("keys are put where Kafka's default partitioner puts them", "[hub][log]") {
  // The values of Kafka's own test of murmur2, as toPositive(hash) % 1000.
  REQUIRE(hub::partition_of("21", 1000) == (-973932308 & 0x7fffffff) % 1000);
  REQUIRE(hub::partition_of("foobar", 1000) == (-790332482 & 0x7fffffff) % 1000);
  REQUIRE(hub::partition_of("a-little-bit-long-string", 1000) == (-985981536 & 0x7fffffff) % 1000);
  REQUIRE(hub::partition_of("a-little-bit-longer-string", 1000) ==
          (-1486304829 & 0x7fffffff) % 1000);
  REQUIRE(hub::partition_of("abc", 1000) == (479470107 & 0x7fffffff) % 1000);
}

TEST_CASE("records of one key keep their order in one partition", "[hub][log]") {
  TempStore store;
  auto log = hub::RocksLog::open(store.database()).value();
  log->append(numbered("H37", 0, 50)).value();
  log->append(numbered("H53.01", 0, 50)).value();
  log->append(numbered("H37", 50, 50)).value();
  Owner owner;
  log->start(owner).value();
  std::vector<ReadRecord> all;
  for (;;) {
    const auto some = log->read(16, kNoWait).value();
    if (some.empty()) break;
    REQUIRE(some.size() <= 16);
    all.insert(all.end(), some.begin(), some.end());
  }
  REQUIRE(all.size() == 150);
  const auto values = values_of(all, "H37");
  REQUIRE(values.size() == 100);
  for (int i = 0; i < 100; ++i) REQUIRE(values[static_cast<std::size_t>(i)] == std::to_string(i));
  for (const auto& record : all)
    REQUIRE(record.partition ==
            Partition{Level::two, hub::partition_of(record.key, limits::kPartitionsPerLevel)});
}

TEST_CASE("a reader goes on from the offset that it wants", "[hub][log]") {
  TempStore store;
  hub::RocksLog::open(store.database()).value()->append(numbered("H37", 0, 10)).value();
  store.reopen();
  auto log = hub::RocksLog::open(store.database()).value();
  log->append(numbered("H37", 10, 1)).value();
  Owner owner;
  const Partition partition{Level::two, hub::partition_of("H37", limits::kPartitionsPerLevel)};
  owner.offsets[partition] = 8;
  log->start(owner).value();
  const auto records = log->read(100, kNoWait).value();
  REQUIRE(values_of(records, "H37") == std::vector<std::string>{"8", "9", "10"});
  REQUIRE(records.back().offset == 10);
  REQUIRE(log->read(100, kNoWait).value().empty());
}

TEST_CASE("a reader that is ahead of the log is refused", "[hub][log]") {
  TempStore store;
  auto log = hub::RocksLog::open(store.database()).value();
  Owner owner;
  owner.offsets[{Level::four, 0}] = 1;
  REQUIRE(log->start(owner).error().code() == ErrorCode::storage_corrupt);
}

TEST_CASE("a waiting reader wakes for a record and for the stop", "[hub][log]") {
  TempStore store;
  auto log = hub::RocksLog::open(store.database()).value();
  Owner owner;
  log->start(owner).value();
  std::jthread writer([&] { log->append(numbered("H37", 0, 1)).value(); });
  REQUIRE(log->read(10, std::chrono::seconds(20)).value().size() == 1);
  std::jthread stopper([&] { log->stop(); });
  REQUIRE(log->read(10, std::chrono::seconds(20)).error().code() == ErrorCode::cancelled);
}

TEST_CASE("no partition waits behind a full one", "[hub][log]") {
  TempStore store;
  auto log = hub::RocksLog::open(store.database()).value();
  log->append(numbered("H37", 0, 1'000)).value();
  log->append({{LogRecord{Level::one, "H53", "x"}}}).value();
  Owner owner;
  log->start(owner).value();
  std::vector<ReadRecord> first_two = log->read(10, kNoWait).value();
  const auto second = log->read(10, kNoWait).value();
  first_two.insert(first_two.end(), second.begin(), second.end());
  REQUIRE(values_of(first_two, "H53").size() == 1);
}

TEST_CASE("consumed records are trimmed, the last ones stay", "[hub][log]") {
  TempStore store;
  auto log = hub::RocksLog::open(store.database()).value();
  const Partition partition{Level::two, hub::partition_of("H37", limits::kPartitionsPerLevel)};
  constexpr int kCount = limits::kLogRetainedRecords + 500;
  log->append(numbered("H37", 0, kCount)).value();
  log->consumed(partition, kCount);
  const auto reopened = hub::RocksLog::open(store.database()).value();
  Owner owner;
  owner.offsets[partition] = 499;
  REQUIRE(reopened->start(owner).error().code() == ErrorCode::storage_corrupt);
  owner.offsets[partition] = 500;
  reopened->start(owner).value();
  const auto records = reopened->read(10'000, kNoWait).value();
  REQUIRE(records.size() == limits::kLogRetainedRecords);
  REQUIRE(records.front().offset == 500);
  reopened->append(numbered("H37", kCount, 1)).value();
  REQUIRE(reopened->read(1, kNoWait).value().at(0).offset == kCount);
}

TEST_CASE("what is not consumed is never trimmed", "[hub][log]") {
  TempStore store;
  auto log = hub::RocksLog::open(store.database()).value();
  const Partition partition{Level::two, hub::partition_of("H37", limits::kPartitionsPerLevel)};
  log->append(numbered("H37", 0, 2'000)).value();
  log->consumed(partition, 100);
  Owner owner;
  log->start(owner).value();
  REQUIRE(log->read(10'000, kNoWait).value().size() == 2'000);
}
