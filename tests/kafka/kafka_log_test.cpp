// The log on Kafka against a real broker, whose address is in TRUC_KAFKA_BOOTSTRAP.
//
// Every case uses topics of its own. Without a broker the cases fail: a run that claims to have
// tested Kafka has tested it.
#include <librdkafka/rdkafka.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include "hub/fanout/kafka_reader.hpp"
#include "hub/fanout/kafka_writer.hpp"
#include "hub/fanout/relay.hpp"
#include "hub/mailbox/feeder.hpp"
#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;
using hub::LogRecord;
using hub::Partition;
using hub::ReadRecord;

namespace {

constexpr int kPartitions = 8;

// Kafka's default for keys.
std::int32_t partition_of(std::string_view key, std::int32_t partitions) {
  return rd_kafka_msg_partitioner_murmur2(nullptr, key.data(), key.size(), partitions, nullptr,
                                          nullptr);
}

hub::KafkaSettings new_topics() {
  const char* bootstrap = std::getenv("TRUC_KAFKA_BOOTSTRAP");
  INFO("TRUC_KAFKA_BOOTSTRAP must name a running broker");
  REQUIRE(bootstrap != nullptr);
  const auto name = new_transfer_id(SystemClock().now()).text();
  hub::KafkaSettings settings;
  settings.bootstrap_servers = bootstrap;
  settings.topic_prefix = "test." + name + ".level";
  settings.group = "test." + name;
  settings.partitions = kPartitions;
  settings.append_timeout = std::chrono::seconds(10);
  return settings;
}

class Owner final : public hub::PartitionOwner {
 public:
  Result<std::int64_t> partition_assigned(Partition partition) override {
    assigned.insert(partition);
    return offsets[partition];
  }
  void partition_revoked(Partition partition) override { assigned.erase(partition); }

  std::set<Partition> assigned;
  std::map<Partition, std::int64_t> offsets;
};

std::vector<ReadRecord> read(hub::KafkaReader& reader, std::size_t count) {
  std::vector<ReadRecord> all;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (all.size() < count && std::chrono::steady_clock::now() < until) {
    auto some = reader.read(1'000, std::chrono::seconds(1));
    REQUIRE(some);
    all.insert(all.end(), some.value().begin(), some.value().end());
  }
  return all;
}

// The records of `keys` recipients, each with numbers that rise.
std::vector<LogRecord> records_for(int keys, int from, int count) {
  std::vector<LogRecord> records;
  for (int i = 0; i < count; ++i) {
    const auto key = "H37." + std::to_string(i % keys);
    records.push_back(LogRecord{static_cast<Level>(1 + i % keys % 4), key,
                                std::to_string(from + i) + std::string(600, ' ')});
  }
  return records;
}

void require_order_per_key(const std::vector<ReadRecord>& records) {
  std::map<std::string, int> last;
  std::map<std::string, Partition> places;
  for (const auto& record : records) {
    const auto number = std::stoi(record.value);
    const auto [at, is_first] = last.emplace(record.key, number);
    if (!is_first) {
      REQUIRE(at->second < number);
      at->second = number;
    }
    REQUIRE(places.emplace(record.key, record.partition).first->second == record.partition);
  }
}

}  // namespace

TEST_CASE("the test puts keys where Kafka's default partitioner puts them", "[kafka]") {
  // The values of Kafka's own test of murmur2, as toPositive(hash) % 1000.
  REQUIRE(partition_of("21", 1000) == (-973932308 & 0x7fffffff) % 1000);
  REQUIRE(partition_of("a-little-bit-long-string", 1000) == (-985981536 & 0x7fffffff) % 1000);
  REQUIRE(partition_of("abc", 1000) == (479470107 & 0x7fffffff) % 1000);
}

TEST_CASE("a broker: topics are made, and records keep their order per key", "[kafka]") {
  telemetry::Log log(telemetry::LogLevel::error);
  const auto settings = new_topics();
  auto writer = hub::KafkaWriter::open(settings, log).value();
  auto reader = hub::KafkaReader::open(settings, log).value();
  constexpr int kBatches = 30;
  constexpr int kCount = kBatches * 1'000;
  for (int i = 0; i < kBatches; ++i) writer->append(records_for(40, i * 1'000, 1'000)).value();
  Owner owner;
  reader->start(owner).value();
  const auto records = read(*reader, kCount);
  REQUIRE(records.size() == kCount);
  REQUIRE(owner.assigned.size() == kLevels.size() * kPartitions);
  require_order_per_key(records);
  for (const auto& record : records)
    REQUIRE(record.partition.number == partition_of(record.key, kPartitions));
}

TEST_CASE("a broker: reading begins where the owner says, not where the group was", "[kafka]") {
  telemetry::Log log(telemetry::LogLevel::error);
  const auto settings = new_topics();
  auto writer = hub::KafkaWriter::open(settings, log).value();
  writer->append(records_for(1, 0, 100)).value();
  const Partition partition{Level::one, partition_of("H37.0", kPartitions)};
  for (const std::int64_t from : {0, 90, 10}) {
    auto reader = hub::KafkaReader::open(settings, log).value();
    Owner owner;
    owner.offsets[partition] = from;
    reader->start(owner).value();
    const auto records = read(*reader, static_cast<std::size_t>(100 - from));
    REQUIRE(records.front().offset == from);
    REQUIRE(records.size() == static_cast<std::size_t>(100 - from));
    reader->stop();
    REQUIRE(reader->read(1, std::chrono::seconds(1)).error().code() == ErrorCode::cancelled);
  }
}

TEST_CASE("a broker: an offset that the topic does not have yet begins at the earliest",
          "[kafka]") {
  telemetry::Log log(telemetry::LogLevel::error);
  const auto settings = new_topics();
  auto writer = hub::KafkaWriter::open(settings, log).value();
  writer->append(records_for(1, 0, 10)).value();
  auto reader = hub::KafkaReader::open(settings, log).value();
  Owner owner;
  owner.offsets[{Level::one, partition_of("H37.0", kPartitions)}] = 5'000;
  reader->start(owner).value();
  REQUIRE(read(*reader, 10).size() == 10);
}

TEST_CASE("a broker: two readers of one group share the partitions", "[kafka]") {
  telemetry::Log log(telemetry::LogLevel::error);
  const auto settings = new_topics();
  auto writer = hub::KafkaWriter::open(settings, log).value();
  writer->append(records_for(40, 0, 40)).value();
  Owner owners[2];
  std::unique_ptr<hub::KafkaReader> readers[2];
  for (int i = 0; i < 2; ++i) {
    readers[i] = hub::KafkaReader::open(settings, log).value();
    readers[i]->start(owners[i]).value();
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto half = kLevels.size() * kPartitions / 2;
  while (owners[0].assigned.size() != half || owners[1].assigned.size() != half) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    for (auto& reader : readers) REQUIRE(reader->read(1'000, std::chrono::milliseconds(100)));
  }
  for (const auto& partition : owners[0].assigned)
    REQUIRE_FALSE(owners[1].assigned.contains(partition));
  // One leaves; the other takes everything over.
  readers[0].reset();
  while (owners[1].assigned.size() != 2 * half) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    REQUIRE(readers[1]->read(1'000, std::chrono::milliseconds(100)));
  }
}

TEST_CASE("a broker: from the accepted document to the mailbox", "[kafka]") {
  TempStore store;
  const auto settings = new_topics();
  auto writer = hub::KafkaWriter::open(settings, store.log()).value();
  auto reader = hub::KafkaReader::open(settings, store.log()).value();
  std::mutex mutex;
  std::condition_variable wake;
  std::size_t mailed = 0;
  hub::Feeder feeder(*reader, *store, store.log(), [&](const auto& grown) {
    const std::lock_guard lock(mutex);
    mailed += grown.size();
    wake.notify_all();
  });
  hub::Relay relay(*store, *writer, store.log());
  feeder.start();
  relay.start();
  constexpr int kDocuments = 200;
  for (int i = 0; i < kDocuments; ++i) {
    const Draft draft{.document_id = std::to_string(i), .recipients = {"G01", "H37.02"}};
    commit_now(*store, new_transfer(draft, store.clock().now())).value();
  }
  {
    std::unique_lock lock(mutex);
    REQUIRE(
        wake.wait_for(lock, std::chrono::seconds(60), [&] { return mailed == 2 * kDocuments; }));
  }
  writer->stop();
  relay.stop();
  feeder.stop();
  for (const std::string recipient : {"G01", "H37.02"}) {
    const auto entries = store->mailbox({agency(recipient)}, {1'000, 10'000'000}).value();
    REQUIRE(entries.size() == kDocuments);
    for (std::size_t i = 0; i < kDocuments; ++i)
      REQUIRE(entries[i].transfer->document_id.text() == std::to_string(i));
  }
}

TEST_CASE("a broker: nobody at the address is a failure, not a wait without end", "[kafka]") {
  telemetry::Log log(telemetry::LogLevel::error);
  auto settings = new_topics();
  settings.bootstrap_servers = "127.0.0.1:1";
  auto writer = hub::KafkaWriter::open(settings, log).value();
  REQUIRE(writer->append(records_for(1, 0, 1)).error().code() == ErrorCode::event_log_failed);
  auto reader = hub::KafkaReader::open(settings, log).value();
  Owner owner;
  REQUIRE(reader->start(owner).error().code() == ErrorCode::event_log_failed);
}
