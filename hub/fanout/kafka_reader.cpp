#include "hub/fanout/kafka_reader.hpp"

#include <algorithm>
#include <atomic>
#include <optional>

#include "hub/fanout/kafka_client.hpp"
#include "hub/fanout/kafka_read_watch.hpp"

namespace truc::hub {
namespace {

constexpr auto kPollTurn = std::chrono::milliseconds(100);  // between two looks at stop()

Result<kafka::Conf> consumer_conf(const KafkaSettings& settings) {
  return kafka::make_conf(settings,
                          {{"group.id", settings.group},
                           {"enable.auto.commit", "false"},
                           {"enable.auto.offset.store", "false"},
                           // An offset that the cluster no longer has: what is left is
                           // read, and the gap is the feeder's to tell.
                           {"auto.offset.reset", "earliest"},
                           {"partition.assignment.strategy", "roundrobin"},
                           // A killed hub's partitions are free after six seconds, not after 45.
                           {"session.timeout.ms", "6000"},
                           {"heartbeat.interval.ms", "2000"},
                           // The feeder may wait for a full disk without losing its place.
                           {"max.poll.interval.ms", "900000"},
                           // A topic or partition added later is served soon, not in five minutes.
                           {"topic.metadata.refresh.interval.ms", "10000"},
                           // Of every partition, read ahead.
                           {"queued.max.messages.kbytes", "1024"}});
}

}  // namespace

struct KafkaReader::State : kafka::Context {
  KafkaSettings settings;
  std::atomic<bool> is_stopping{false};

  // The reading thread's.
  PartitionOwner* owner = nullptr;
  std::vector<ReadRecord> records;        // of the read() under way
  std::optional<Failure> assign_failure;  // of the callback inside it
  kafka::ReadWatch watch{settings.read_look_every};
  kafka::Client client;

  State(KafkaSettings settings, telemetry::Log& log)
      : kafka::Context{&log}, settings(std::move(settings)) {}
  ~State();
  void close();
  std::optional<Level> level_of(std::string_view topic) const;
  void assigned(rd_kafka_topic_partition_list_t* partitions);
  void revoked(const rd_kafka_topic_partition_list_t* partitions);
  Result<void> take(const rd_kafka_message_t& message);

  static void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t event,
                           rd_kafka_topic_partition_list_t* partitions, void* opaque);
};

KafkaReader::State::~State() {
  owner = nullptr;  // may be gone already
  close();
}

// Leaves the group at once, so that the others need not wait for a timeout. Waits for every message
// that is held.
void KafkaReader::State::close() {
  if (!client) return;
  rd_kafka_consumer_close(client.get());
  client.reset();
  watch.reset();
}

std::optional<Level> KafkaReader::State::level_of(std::string_view topic) const {
  for (const auto level : kLevels) {
    if (topic == kafka::topic_of(settings, level)) return level;
  }
  return std::nullopt;
}

void KafkaReader::State::assigned(rd_kafka_topic_partition_list_t* partitions) {
  for (int i = 0; i < partitions->cnt; ++i) {
    auto& partition = partitions->elems[i];
    const auto level = level_of(partition.topic);
    if (!level || owner == nullptr) continue;
    const auto offset = owner->partition_assigned(Partition{*level, partition.partition});
    if (!offset) {
      assign_failure = offset.error();
      return;
    }
    partition.offset = offset.value();
    watch.begin(partition.topic, partition.partition, partition.offset);
  }
  const auto error = rd_kafka_assign(client.get(), partitions);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) assign_failure = kafka::failure_of(error, "assign");
}

void KafkaReader::State::revoked(const rd_kafka_topic_partition_list_t* partitions) {
  for (int i = 0; i < partitions->cnt; ++i) {
    watch.end(partitions->elems[i].topic, partitions->elems[i].partition);
    const auto level = level_of(partitions->elems[i].topic);
    if (!level) continue;
    const Partition partition{*level, partitions->elems[i].partition};
    // Another process reads these from now on.
    std::erase_if(records, [&](const auto& record) { return record.partition == partition; });
    if (owner != nullptr) owner->partition_revoked(partition);
  }
}

// On the reading thread, inside poll or close.
void KafkaReader::State::on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t event,
                                      rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto& state = *static_cast<State*>(static_cast<kafka::Context*>(opaque));
  if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    state.assigned(partitions);
  } else {
    state.revoked(partitions);
    rd_kafka_assign(client, nullptr);
  }
}

Result<void> KafkaReader::State::take(const rd_kafka_message_t& message) {
  TRUC_TRY(const bool is_record, kafka::is_record(client.get(), message));
  if (!is_record) return success();
  const char* topic = rd_kafka_topic_name(message.rkt);
  watch.has_read(topic, message.partition, message.offset);
  const auto level = level_of(topic);
  if (!level) return success();
  records.push_back(
      ReadRecord{Partition{*level, message.partition}, message.offset,
                 std::string(static_cast<const char*>(message.key), message.key_len),
                 std::string(static_cast<const char*>(message.payload), message.len)});
  return success();
}

KafkaReader::KafkaReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
KafkaReader::~KafkaReader() = default;

Result<std::unique_ptr<KafkaReader>> KafkaReader::open(KafkaSettings settings,
                                                       telemetry::Log& log) {
  TRUC_TRY(const auto checked, consumer_conf(settings));
  auto state = std::make_unique<State>(std::move(settings), log);
  return std::unique_ptr<KafkaReader>(new KafkaReader(std::move(state)));
}

Result<void> KafkaReader::start(PartitionOwner& owner) {
  state_->owner = &owner;
  return connect();
}

Result<void> KafkaReader::connect() {
  TRUC_TRY(auto conf, consumer_conf(state_->settings));
  rd_kafka_conf_set_rebalance_cb(conf.get(), State::on_rebalance);
  TRUC_TRY(auto client, kafka::make_client(RD_KAFKA_CONSUMER, std::move(conf), *state_));
  TRUC_TRY(kafka::ensure_topics(client.get(), state_->settings));
  rd_kafka_poll_set_consumer(client.get());
  const kafka::PartitionList topics(
      rd_kafka_topic_partition_list_new(static_cast<int>(kLevels.size())));
  for (const auto level : kLevels) {
    rd_kafka_topic_partition_list_add(
        topics.get(), kafka::topic_of(state_->settings, level).c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto error = rd_kafka_subscribe(client.get(), topics.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka::failure_of(error, "subscribe");
  state_->client = std::move(client);
  return success();
}

Result<std::vector<ReadRecord>> KafkaReader::read(std::size_t max, std::chrono::milliseconds wait) {
  auto& state = *state_;
  if (!state.client && !state.is_stopping) {
    TRUC_TRY(connect());
  }
  if (!state.is_stopping) {
    const auto looked = state.watch.look(state.client.get());
    if (!looked) {
      state.close();
      return looked.error();
    }
  }
  const auto until = std::chrono::steady_clock::now() + wait;
  state.records.clear();
  // Ends with `max` records, with nothing more at hand after the first, at `until`, or at stop().
  while (!state.is_stopping && state.records.size() < max) {
    auto turn = std::chrono::milliseconds(0);
    if (state.records.empty()) {
      turn = std::chrono::duration_cast<std::chrono::milliseconds>(
          until - std::chrono::steady_clock::now());
      turn = std::clamp(turn, std::chrono::milliseconds(0), kPollTurn);
    }
    kafka::Message message(
        rd_kafka_consumer_poll(state.client.get(), static_cast<int>(turn.count())));
    if (state.assign_failure) {
      message.reset();
      // Begins anew with the next call, and then asks for the offsets again.
      auto failure = std::move(*state.assign_failure);
      state.assign_failure.reset();
      state.close();
      return failure;
    }
    if (message) {
      auto taken = state.take(*message);
      if (!taken) {
        message.reset();
        state.close();
        return taken.error();
      }
    } else if (!state.records.empty() || std::chrono::steady_clock::now() >= until) {
      break;
    }
  }
  if (state.is_stopping) {
    state.close();
    return Failure(ErrorCode::cancelled);
  }
  return std::move(state.records);
}

void KafkaReader::consumed(Partition, std::int64_t) {}

void KafkaReader::stop() {
  state_->is_stopping = true;
}

}  // namespace truc::hub
