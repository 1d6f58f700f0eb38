// The log on Kafka against librdkafka's mock cluster, which fails as it is told.
//
// The mock keeps little and knows no topic administration, so what counts is tested against a real
// broker (tests/kafka); here are the failures that a real one does not produce on demand.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <thread>

#include "hub/fanout/kafka_journal.hpp"
#include "hub/fanout/kafka_reader.hpp"
#include "hub/fanout/kafka_writer.hpp"

using namespace truc;
using hub::LogRecord;
using hub::Partition;
using hub::ReadRecord;

namespace {

constexpr std::int16_t kProduceRequest = 0;  // Kafka's numbers of the requests
constexpr std::int16_t kFetchRequest = 1;
constexpr std::int32_t kBroker = 1;
constexpr std::int32_t kPartitions = 4;  // of each level topic
constexpr int kForEverMs = 3'600'000;

class MockCluster {
 public:
  explicit MockCluster(int brokers = 1)
      : client_(rd_kafka_new(RD_KAFKA_PRODUCER, quiet(), nullptr, 0)),
        cluster_(rd_kafka_mock_cluster_new(client_, brokers)) {
    for (const auto level : kLevels) {
      const auto topic = settings().topic_prefix + std::to_string(number(level));
      REQUIRE(rd_kafka_mock_topic_create(cluster_, topic.c_str(), kPartitions, brokers) ==
              RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    for (const std::string name : {"", ".beats"}) {
      const auto topic = settings().journal_topic + name;
      REQUIRE(rd_kafka_mock_topic_create(cluster_, topic.c_str(), 1, brokers) ==
              RD_KAFKA_RESP_ERR_NO_ERROR);
    }
  }
  ~MockCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }

  hub::KafkaSettings settings() const {
    hub::KafkaSettings settings;
    settings.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(cluster_);
    settings.append_timeout = std::chrono::milliseconds(2'000);
    settings.read_look_every = std::chrono::milliseconds(500);
    return settings;
  }
  void fail_next_produces(std::vector<rd_kafka_resp_err_t> errors) {
    rd_kafka_mock_push_request_errors_array(cluster_, kProduceRequest, errors.size(),
                                            errors.data());
  }
  void fail_next_fetch(rd_kafka_resp_err_t error) {
    rd_kafka_mock_push_request_errors_array(cluster_, kFetchRequest, 1, &error);
  }
  // The partition is said to be read elsewhere, where nobody ever is given anything.
  void hide(const std::string& topic, std::int32_t partition) {
    set_follower(topic, partition, kBroker);
  }
  void show(const std::string& topic, std::int32_t partition) {
    set_follower(topic, partition, -1);
  }
  void go_down() { rd_kafka_mock_broker_set_down(cluster_, kBroker); }
  void come_up() { rd_kafka_mock_broker_set_up(cluster_, kBroker); }
  void lead(const std::string& topic, std::int32_t partition, std::int32_t broker) {
    REQUIRE(rd_kafka_mock_partition_set_leader(cluster_, topic.c_str(), partition, broker) ==
            RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  // The level topics and the group.
  void lead_levels(std::int32_t broker) {
    for (const auto level : kLevels) {
      for (std::int32_t partition = 0; partition < kPartitions; ++partition)
        lead(settings().topic_prefix + std::to_string(number(level)), partition, broker);
    }
    REQUIRE(rd_kafka_mock_coordinator_set(cluster_, "group", settings().group.c_str(), broker) ==
            RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  // Connections to it stay and are made; it answers nothing.
  void hang(std::int32_t broker) {
    REQUIRE(rd_kafka_mock_broker_set_rtt(cluster_, broker, kForEverMs) ==
            RD_KAFKA_RESP_ERR_NO_ERROR);
  }

 private:
  void set_follower(const std::string& topic, std::int32_t partition, std::int32_t broker) {
    REQUIRE(rd_kafka_mock_partition_set_follower(cluster_, topic.c_str(), partition, broker) ==
            RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  static rd_kafka_conf_t* quiet() {
    auto* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    return conf;
  }

  rd_kafka_t* client_;
  rd_kafka_mock_cluster_t* cluster_;
};

class Owner final : public hub::PartitionOwner {
 public:
  Result<std::int64_t> partition_assigned(Partition partition) override {
    ++assigned;
    if (refusals > 0) {
      --refusals;
      return Failure(ErrorCode::storage_failed);
    }
    return offsets[partition];
  }
  void partition_revoked(Partition) override {}

  int assigned = 0;
  int refusals = 0;
  std::map<Partition, std::int64_t> offsets;
};

struct Fixture {
  explicit Fixture(int brokers = 1) : cluster(brokers) {}
  MockCluster cluster;
  telemetry::Log log{telemetry::LogLevel::error};
  std::unique_ptr<hub::KafkaWriter> writer =
      hub::KafkaWriter::open(cluster.settings(), log).value();
  std::unique_ptr<hub::KafkaReader> reader =
      hub::KafkaReader::open(cluster.settings(), log).value();

  // Reads until `count` records have come.
  std::vector<ReadRecord> read(std::size_t count) {
    std::vector<ReadRecord> all;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (all.size() < count && std::chrono::steady_clock::now() < until) {
      const auto some = reader->read(100, std::chrono::seconds(1));
      if (!some) continue;
      all.insert(all.end(), some.value().begin(), some.value().end());
    }
    return all;
  }
};

std::vector<LogRecord> numbered(const std::string& key, int from, int count) {
  std::vector<LogRecord> records;
  for (int i = 0; i < count; ++i)
    records.push_back(LogRecord{Level::two, key, std::to_string(from + i)});
  return records;
}

Result<void> append(hub::Journal& journal, const std::string& value) {
  std::promise<Result<void>> kept;
  journal.append("key", value, [&](const Result<void>& how) { kept.set_value(how); });
  auto answer = kept.get_future();
  REQUIRE(answer.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
  return answer.get();
}

// Again after a failure: who appends may have to be made anew, or find another leader.
template <class Append>
Result<void> retried(int times, Append append) {
  Result<void> kept = append();
  for (int i = 0; i < times && !kept; ++i) kept = append();
  return kept;
}

void require_in_order(const std::vector<ReadRecord>& records, int count) {
  REQUIRE(records.size() == static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const auto& record = records[static_cast<std::size_t>(i)];
    REQUIRE(record.value == std::to_string(i));
    REQUIRE(record.partition == records[0].partition);
    REQUIRE(record.offset == i);
  }
}

}  // namespace

TEST_CASE("Kafka: records come back in order, from the offset that is wanted", "[hub][kafka]") {
  Fixture kafka;
  kafka.writer->append(numbered("H37", 0, 50)).value();
  Owner owner;
  kafka.reader->start(owner).value();
  const auto records = kafka.read(50);
  require_in_order(records, 50);
  REQUIRE(records[0].key == "H37");
  REQUIRE(records[0].partition.level == Level::two);

  kafka.reader = hub::KafkaReader::open(kafka.cluster.settings(), kafka.log).value();
  owner.offsets[records[0].partition] = 48;
  kafka.reader->start(owner).value();
  const auto rest = kafka.read(2);
  REQUIRE(rest.size() == 2);
  REQUIRE(rest[0].value == "48");
}

TEST_CASE("Kafka: errors that pass are mended below append", "[hub][kafka]") {
  Fixture kafka;
  kafka.cluster.fail_next_produces(
      {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT});
  kafka.writer->append(numbered("H37", 0, 20)).value();
  Owner owner;
  kafka.reader->start(owner).value();
  require_in_order(kafka.read(20), 20);
}

TEST_CASE("Kafka: a refused record fails the append, which can be repeated", "[hub][kafka]") {
  Fixture kafka;
  kafka.cluster.fail_next_produces({RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const auto refused = kafka.writer->append(numbered("H37", 0, 5));
  REQUIRE(refused.error().code() == ErrorCode::event_log_failed);
  // The producer may have to be made anew; no attempt but the last is reported as kept.
  REQUIRE(retried(3, [&] { return kafka.writer->append(numbered("H37", 0, 5)); }));
  Owner owner;
  kafka.reader->start(owner).value();
  const auto records = kafka.read(5);
  REQUIRE(records.size() >= 5);
  REQUIRE(records[records.size() - 5].value == "0");
  REQUIRE(records.back().value == "4");
}

TEST_CASE("Kafka: a broker that is away fails the append in time", "[hub][kafka]") {
  Fixture kafka;
  kafka.writer->append(numbered("H37", 0, 1)).value();
  kafka.cluster.go_down();
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(kafka.writer->append(numbered("H37", 1, 1)).error().code() ==
          ErrorCode::event_log_failed);
  REQUIRE(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  kafka.cluster.come_up();
  REQUIRE(retried(20, [&] { return kafka.writer->append(numbered("H37", 1, 1)); }));
}

TEST_CASE("Kafka: an entry that no broker takes fails in time, and the next is kept",
          "[hub][kafka]") {
  MockCluster cluster;
  telemetry::Log log(telemetry::LogLevel::error);
  const auto journal = hub::KafkaJournal::open(cluster.settings(), log).value();
  CHECK(append(*journal, "value"));
  cluster.go_down();
  CHECK(append(*journal, "value").error().code() == ErrorCode::event_log_failed);
  cluster.come_up();
  CHECK(retried(20, [&] { return append(*journal, "value"); }));
}

TEST_CASE("Kafka: the stop ends an append that waits for a broker", "[hub][kafka]") {
  Fixture kafka;
  auto settings = kafka.cluster.settings();
  settings.append_timeout = std::chrono::minutes(5);
  auto writer = hub::KafkaWriter::open(settings, kafka.log).value();
  writer->append(numbered("H37", 0, 1)).value();
  kafka.cluster.go_down();
  std::jthread stopper([&] { writer->stop(); });
  REQUIRE(writer->append(numbered("H37", 1, 1)).error().code() == ErrorCode::cancelled);
  REQUIRE(writer->append(numbered("H37", 1, 1)).error().code() == ErrorCode::cancelled);
}

TEST_CASE("Kafka: an owner that cannot tell an offset is asked again", "[hub][kafka]") {
  Fixture kafka;
  kafka.writer->append(numbered("H37", 0, 3)).value();
  Owner owner;
  owner.refusals = 1;
  kafka.reader->start(owner).value();
  require_in_order(kafka.read(3), 3);
  REQUIRE(owner.assigned > 16);
}

TEST_CASE("Kafka: the stop ends a read", "[hub][kafka]") {
  Fixture kafka;
  Owner owner;
  kafka.reader->start(owner).value();
  std::jthread stopper([&] { kafka.reader->stop(); });
  for (int i = 0; i < 100; ++i) {
    const auto result = kafka.reader->read(10, std::chrono::minutes(5));
    if (result) continue;
    REQUIRE(result.error().code() == ErrorCode::cancelled);
    return;
  }
  FAIL("the reader never ended");
}

TEST_CASE("Kafka: a consumer that stands still is replaced, and reads on where it was",
          "[hub][kafka]") {
  Fixture kafka;
  kafka.writer->append(numbered("H37", 0, 3)).value();
  Owner owner;
  kafka.reader->start(owner).value();
  auto records = kafka.read(3);
  require_in_order(records, 3);
  const auto partition = records[0].partition;
  const auto topic = kafka.cluster.settings().topic_prefix + "2";
  owner.offsets[partition] = 3;

  kafka.cluster.hide(topic, partition.number);
  kafka.writer->append(numbered("H37", 3, 2)).value();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  auto read = kafka.reader->read(10, std::chrono::milliseconds(100));
  while (read && std::chrono::steady_clock::now() < until) {
    CHECK(read.value().empty());
    read = kafka.reader->read(10, std::chrono::milliseconds(100));
  }
  REQUIRE_FALSE(read);
  REQUIRE(read.error().code() == ErrorCode::event_log_failed);
  CHECK(read.error().place() == topic + " partition " + std::to_string(partition.number));
  kafka.cluster.show(topic, partition.number);
  const auto rest = kafka.read(2);
  records.insert(records.end(), rest.begin(), rest.end());
  require_in_order(records, 5);
}

TEST_CASE("Kafka: a reader whose brokers are away says so, and reads on when they are back",
          "[hub][kafka]") {
  Fixture kafka;
  kafka.writer->append(numbered("H37", 0, 3)).value();
  Owner owner;
  kafka.reader->start(owner).value();
  auto records = kafka.read(3);
  require_in_order(records, 3);
  owner.offsets[records[0].partition] = 3;

  kafka.cluster.go_down();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  auto read = kafka.reader->read(10, std::chrono::milliseconds(100));
  while (read && std::chrono::steady_clock::now() < until)
    read = kafka.reader->read(10, std::chrono::milliseconds(100));
  REQUIRE_FALSE(read);
  CHECK(read.error().code() == ErrorCode::event_log_failed);
  kafka.cluster.come_up();
  REQUIRE(retried(20, [&] { return kafka.writer->append(numbered("H37", 3, 2)); }));
  const auto rest = kafka.read(2);
  records.insert(records.end(), rest.begin(), rest.end());
  require_in_order(records, 5);
}

TEST_CASE("Kafka: topics whose leader hangs are read from the next leader", "[hub][kafka]") {
  Fixture kafka(3);
  kafka.cluster.lead_levels(1);
  kafka.writer->append(numbered("H37", 0, 3)).value();
  Owner owner;
  kafka.reader->start(owner).value();
  auto records = kafka.read(3);
  require_in_order(records, 3);
  owner.offsets[records[0].partition] = 3;

  kafka.cluster.hang(1);
  kafka.cluster.lead_levels(2);
  // One that knows nothing of the first leader.
  auto writer = hub::KafkaWriter::open(kafka.cluster.settings(), kafka.log).value();
  REQUIRE(retried(5, [&] { return writer->append(numbered("H37", 3, 2)); }));
  const auto rest = kafka.read(2);
  records.insert(records.end(), rest.begin(), rest.end());
  require_in_order(records, 5);
}

TEST_CASE("Kafka: only settings of security are taken over", "[hub][kafka]") {
  telemetry::Log log(telemetry::LogLevel::error);
  const auto refused = [&](std::string name, std::string value) {
    hub::KafkaSettings settings;
    settings.bootstrap_servers = "127.0.0.1:1";
    settings.security[name] = value;
    const auto writer = hub::KafkaWriter::open(settings, log);
    const auto reader = hub::KafkaReader::open(settings, log);
    REQUIRE_FALSE(writer);
    REQUIRE_FALSE(reader);
    REQUIRE(writer.error().code() == ErrorCode::malformed_config);
    REQUIRE(writer.error().place() == "kafka " + name);
  };
  refused("acks", "0");
  refused("enable.idempotence", "false");
  refused("enable.ssl.certificate.verification", "false");
  refused("security.protocol", "none");
  refused("ssl.nonsense", "1");
}

TEST_CASE("Kafka: other brokers are another log", "[hub][kafka]") {
  hub::KafkaSettings one;
  one.bootstrap_servers = "a:9092";
  auto other = one;
  other.bootstrap_servers = "b:9092";
  REQUIRE(hub::log_name(one) != hub::log_name(other));
}

TEST_CASE("Kafka: a journal that is read no more is begun anew, from where it was",
          "[hub][kafka]") {
  MockCluster cluster;
  telemetry::Log log(telemetry::LogLevel::error);
  const auto journal = hub::KafkaJournal::open(cluster.settings(), log).value();
  const auto begin = [&](std::int64_t offset) {
    journal->name().value();
    journal->start(offset).value();
  };
  // The first turn that brings a record, or fails.
  const auto read = [&]() -> Result<hub::JournalBatch> {
    for (int turn = 0; turn < 300; ++turn) {
      auto batch = journal->read(10, 1'000'000, std::chrono::milliseconds(100));
      if (!batch || !batch.value().records.empty()) return batch;
    }
    return Failure(ErrorCode::deadline_exceeded);
  };
  begin(0);
  REQUIRE(append(*journal, "a"));
  CHECK(read().value().records.at(0).value == "a");
  cluster.fail_next_fetch(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
  CHECK(read().error().code() == ErrorCode::event_log_failed);
  begin(1);
  REQUIRE(append(*journal, "b"));
  const auto rest = read().value();
  CHECK(rest.records.at(0).value == "b");
  CHECK(rest.records.at(0).offset == 1);
  CHECK(journal->end().value() == 2);

  // Nor does it stand still, of the entries as of the heartbeats.
  for (const std::string& topic :
       {cluster.settings().journal_topic, cluster.settings().journal_topic + ".beats"}) {
    cluster.hide(topic, 0);
    REQUIRE(append(*journal, "c"));
    journal->beat("d");
    Result<hub::JournalBatch> stood = hub::JournalBatch{};
    for (int turn = 0; turn < 300 && stood; ++turn)
      stood = journal->read(10, 1'000'000, std::chrono::milliseconds(100));
    REQUIRE_FALSE(stood);
    CHECK(stood.error().place() == topic + " partition 0");
    cluster.show(topic, 0);
    begin(2);
    CHECK(read().value().records.at(0).value == "c");
  }
}

TEST_CASE("Kafka: a journal whose leader hangs is read from the next leader", "[hub][kafka]") {
  MockCluster cluster(3);
  telemetry::Log log(telemetry::LogLevel::error);
  const auto journal_topic = cluster.settings().journal_topic;
  const auto beats_topic = journal_topic + ".beats";
  const bool beats_go_on = GENERATE(false, true);
  CAPTURE(beats_go_on);
  cluster.lead(journal_topic, 0, 1);
  cluster.lead(beats_topic, 0, beats_go_on ? 2 : 1);
  const auto journal = hub::KafkaJournal::open(cluster.settings(), log).value();
  std::int64_t next = 0;
  std::vector<std::string> values;
  bool is_started = false;
  // As the replicator reads: begun anew after each failure, from where it was.
  const auto read_until = [&](const std::string& value) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(45);
    while (std::chrono::steady_clock::now() < until) {
      if (!is_started) is_started = journal->name() && journal->start(next);
      if (!is_started) continue;
      const auto batch = journal->read(10, 1'000'000, std::chrono::milliseconds(100));
      is_started = batch.has_value();
      if (!batch) continue;
      for (const auto& record : batch.value().records) {
        CHECK(record.offset == next);
        next = record.offset + 1;
        values.push_back(record.value);
      }
      if (!values.empty() && values.back() == value) return true;
      if (beats_go_on) journal->beat("beat");
    }
    return false;
  };
  REQUIRE(append(*journal, "a"));
  REQUIRE(read_until("a"));

  cluster.hang(1);
  cluster.lead(journal_topic, 0, 2);
  cluster.lead(beats_topic, 0, 2);
  REQUIRE(retried(5, [&] { return append(*journal, "b"); }));
  CHECK(read_until("b"));
}
