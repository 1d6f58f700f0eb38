#include "hub/fanout/kafka_journal.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "hub/fanout/kafka_client.hpp"
#include "hub/fanout/kafka_read_watch.hpp"
#include "schemas/base/limits.hpp"

namespace truc::hub {
namespace {

constexpr std::int32_t kPartition = 0;  // the only one: one order for everything
constexpr int kReportTurnMs = 100;      // between two looks at stop()
constexpr const char* kMetadataRefreshMs = "2000";
constexpr const char* kFetchBytes = "8388608";  // of one answer, which a slow line has to bring
constexpr int kNameTimeoutMs = 3'000;           // of one question; a stop waits for it
constexpr int kEndsTimeoutMs = 1'000;           // and a lease for this
constexpr std::chrono::hours kBeatsKept{1};

std::string beats_topic(const KafkaSettings& settings) {
  return settings.journal_topic + ".beats";
}

Result<kafka::Conf> writing_conf(const KafkaSettings& settings) {
  const auto timeout =
      std::to_string(std::chrono::milliseconds(limits::kJournalAppendTimeout).count());
  return kafka::make_conf(settings,
                          {{"enable.idempotence", "true"},
                           {"acks", "all"},
                           {"compression.type", "lz4"},
                           {"linger.ms", "1"},
                           // A topic that was just made is not known to every broker at once.
                           {"topic.metadata.refresh.interval.ms", kMetadataRefreshMs},
                           {"message.max.bytes", std::to_string(limits::kJournalRecordBytesMax)},
                           {"message.timeout.ms", timeout}});
}

Result<kafka::Conf> reading_conf(const KafkaSettings& settings) {
  return kafka::make_conf(settings, {{"group.id", settings.group},  // asked for, and not used
                                     {"enable.auto.commit", "false"},
                                     {"enable.auto.offset.store", "false"},
                                     // A journal without the entry that is wanted is another one.
                                     {"auto.offset.reset", "error"},
                                     {"topic.metadata.refresh.interval.ms", kMetadataRefreshMs},
                                     // A larger record comes whole and alone.
                                     {"fetch.message.max.bytes", kFetchBytes},
                                     {"queued.max.messages.kbytes", "65536"}});
}

kafka::TopicWish journal_wish(const KafkaSettings& settings) {
  kafka::TopicWish wish{
      .name = settings.journal_topic,
      .partitions = 1,
      .replication = settings.replication,
      .options = {{"retention.ms", "-1"},
                  {"retention.bytes", "-1"},
                  {"cleanup.policy", "delete"},
                  {"unclean.leader.election.enable", "false"},
                  {"max.message.bytes", std::to_string(limits::kJournalRecordBytesMax)}}};
  // What is acknowledged stands on two machines at least, whatever the brokers' default.
  if (settings.replication >= 2) wish.options.emplace_back("min.insync.replicas", "2");
  return wish;
}

kafka::TopicWish beats_wish(const KafkaSettings& settings) {
  const auto kept = std::chrono::milliseconds(kBeatsKept).count();
  return {.name = beats_topic(settings),
          .partitions = 1,
          .replication = settings.replication,
          .options = {{"retention.ms", std::to_string(kept)}, {"cleanup.policy", "delete"}}};
}

// Of one append, until its report.
using Waiting = Journal::Kept;

}  // namespace

struct KafkaJournal::State : kafka::Context {
  KafkaSettings settings;
  std::atomic<bool> is_stopping{false};

  // Appending: any thread; the reports come on `reports`. A producer that is beyond repair is
  // replaced by that thread, under the mutex.
  std::mutex mutex;
  kafka::Client producer;
  std::thread reports;
  bool has_timed_out = false;  // that thread's: what this producer had, it did not bring in time

  // The reading thread's.
  kafka::Client consumer;
  std::int64_t end = 0;
  kafka::ReadWatch watch{settings.read_look_every};

  State(KafkaSettings settings, telemetry::Log& log)
      : kafka::Context{&log}, settings(std::move(settings)) {}
  Result<kafka::Client> make_producer();
  void report();
  static void on_report(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);
  static void give_up(rd_kafka_t* client);
  void produce(const std::string& topic, const std::string& key, const std::string& value,
               std::unique_ptr<Waiting> waiting);
  Result<void> make_consumer();
  void drop_consumer();
  struct Ends {
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::int64_t beats = 0;  // behind the last heartbeat
  };
  Result<Ends> ends();
  Result<std::int64_t> find(const std::string& topic, std::int64_t place, int timeout_ms);
  void read_from(const std::string& topic, std::int64_t offset,
                 rd_kafka_topic_partition_list_t* wanted);
  Result<void> take(const rd_kafka_message_t& message, JournalBatch& batch, std::size_t& bytes);
};

Result<kafka::Client> KafkaJournal::State::make_producer() {
  TRUC_TRY(auto conf, writing_conf(settings));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), State::on_report);
  return kafka::make_client(RD_KAFKA_PRODUCER, std::move(conf), *this);
}

void KafkaJournal::State::report() {
  while (!is_stopping) {
    rd_kafka_poll(producer.get(), kReportTurnMs);
    // One that was too late may have lost the way to a leader that others reach.
    if (!kafka::is_beyond_repair(producer.get()) && !has_timed_out) continue;
    log->error("kafka.producer_renewed", {{"text", "the journal's producer could not go on"}});
    auto made = make_producer();
    if (!made) continue;  // tried again
    kafka::Client next = std::move(made).value();
    {
      const std::lock_guard lock(mutex);
      producer.swap(next);
    }
    give_up(next.get());
    has_timed_out = false;
  }
  give_up(producer.get());
}

void KafkaJournal::State::on_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& state = *static_cast<State*>(static_cast<kafka::Context*>(opaque));
  if (message->err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) state.has_timed_out = true;
  const std::unique_ptr<Waiting> waiting(static_cast<Waiting*>(message->_private));
  if (!waiting) return;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return (*waiting)(success());
  (*waiting)(state.is_stopping ? Failure(ErrorCode::cancelled)
                               : kafka::failure_of(message->err, "append"));
}

// Reports everything that is still under way as ended.
void KafkaJournal::State::give_up(rd_kafka_t* client) {
  rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  while (rd_kafka_outq_len(client) > 0) rd_kafka_flush(client, kReportTurnMs);
}

void KafkaJournal::State::produce(const std::string& topic, const std::string& key,
                                  const std::string& value, std::unique_ptr<Waiting> waiting) {
  auto error = RD_KAFKA_RESP_ERR__PURGE_QUEUE;
  {
    const std::lock_guard lock(mutex);
    if (!is_stopping) {
      error = rd_kafka_producev(
          producer.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(kPartition),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
          RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
          RD_KAFKA_V_OPAQUE(waiting.get()), RD_KAFKA_V_END);
    }
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    static_cast<void>(waiting.release());  // the report's
  } else if (waiting) {
    (*waiting)(is_stopping ? Failure(ErrorCode::cancelled) : kafka::failure_of(error, "append"));
  }
}

KafkaJournal::KafkaJournal(std::unique_ptr<State> state) : state_(std::move(state)) {}

KafkaJournal::~KafkaJournal() {
  stop();
}

Result<std::unique_ptr<KafkaJournal>> KafkaJournal::open(KafkaSettings settings,
                                                         telemetry::Log& log) {
  TRUC_TRY(const auto checked, reading_conf(settings));
  auto state = std::make_unique<State>(std::move(settings), log);
  TRUC_TRY(state->producer, state->make_producer());
  State& running = *state;
  running.reports = std::thread([&running] { running.report(); });
  return std::unique_ptr<KafkaJournal>(new KafkaJournal(std::move(state)));
}

void KafkaJournal::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_stopping = true;
  }
  if (state_->reports.joinable()) state_->reports.join();
}

void KafkaJournal::append(std::string key, std::string value, Kept kept) {
  state_->produce(state_->settings.journal_topic, key, value,
                  std::make_unique<Waiting>(std::move(kept)));
}

void KafkaJournal::beat(std::string value) {
  state_->produce(beats_topic(state_->settings), {}, value, nullptr);
}

Result<void> KafkaJournal::State::make_consumer() {
  TRUC_TRY(auto conf, reading_conf(settings));
  TRUC_TRY(auto made, kafka::make_client(RD_KAFKA_CONSUMER, std::move(conf), *this));
  TRUC_TRY(kafka::ensure_topic(made.get(), journal_wish(settings)));
  TRUC_TRY(kafka::ensure_topic(made.get(), beats_wish(settings)));
  rd_kafka_poll_set_consumer(made.get());
  consumer = std::move(made);
  return success();
}

void KafkaJournal::State::drop_consumer() {
  consumer.reset();
  watch.reset();
}

Result<std::string> KafkaJournal::name() {
  if (!state_->consumer) {
    TRUC_TRY(state_->make_consumer());
  }
  const std::unique_ptr<char, decltype(&std::free)> cluster(
      rd_kafka_clusterid(state_->consumer.get(), kNameTimeoutMs), &std::free);
  if (!cluster) return kafka::failure_of(RD_KAFKA_RESP_ERR__TIMED_OUT, "the cluster's name");
  return "kafka:" + std::string(cluster.get()) + "/" + state_->settings.journal_topic;
}

// RD_KAFKA_OFFSET_BEGINNING or RD_KAFKA_OFFSET_END, as a number.
Result<std::int64_t> KafkaJournal::State::find(const std::string& topic, std::int64_t place,
                                               int timeout_ms) {
  const kafka::PartitionList wanted(rd_kafka_topic_partition_list_new(1));
  auto* partition = rd_kafka_topic_partition_list_add(wanted.get(), topic.c_str(), kPartition);
  partition->offset = place;
  TRUC_TRY(kafka::find_offsets(consumer.get(), wanted.get(), timeout_ms));
  if (partition->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafka::failure_of(partition->err, "the ends of " + topic);
  return partition->offset;
}

void KafkaJournal::State::read_from(const std::string& topic, std::int64_t offset,
                                    rd_kafka_topic_partition_list_t* wanted) {
  rd_kafka_topic_partition_list_add(wanted, topic.c_str(), kPartition)->offset = offset;
  watch.begin(topic, kPartition, offset);
}

Result<KafkaJournal::State::Ends> KafkaJournal::State::ends() {
  const auto& topic = settings.journal_topic;
  TRUC_TRY(const auto low, find(topic, RD_KAFKA_OFFSET_BEGINNING, kNameTimeoutMs));
  TRUC_TRY(const auto high, find(topic, RD_KAFKA_OFFSET_END, kNameTimeoutMs));
  TRUC_TRY(const auto beats, find(beats_topic(settings), RD_KAFKA_OFFSET_END, kNameTimeoutMs));
  return Ends{low, high, beats};
}

Result<std::int64_t> KafkaJournal::end() {
  return state_->find(state_->settings.journal_topic, RD_KAFKA_OFFSET_END, kEndsTimeoutMs);
}

Result<void> KafkaJournal::start(std::int64_t offset) {
  const auto& topic = state_->settings.journal_topic;
  const auto found = state_->ends();
  if (!found) {
    state_->drop_consumer();  // a new one asks anew who leads
    return found.error();
  }
  const auto& ends = found.value();
  if (offset < ends.low || offset > ends.high) {
    return Failure(ErrorCode::journal_mismatch)
        .at(topic)
        .expected("an entry at " + std::to_string(offset))
        .found("entries from " + std::to_string(ends.low) + " to " + std::to_string(ends.high));
  }
  state_->end = ends.high;
  const kafka::PartitionList wanted(rd_kafka_topic_partition_list_new(2));
  state_->read_from(topic, offset, wanted.get());
  state_->read_from(beats_topic(state_->settings), ends.beats, wanted.get());
  const auto error = rd_kafka_assign(state_->consumer.get(), wanted.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka::failure_of(error, "assign");
  return success();
}

Result<void> KafkaJournal::State::take(const rd_kafka_message_t& message, JournalBatch& batch,
                                       std::size_t& bytes) {
  // A place that could not be found, of the journal or of the heartbeats: start() looks for it
  // again and tells which it was.
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
    return kafka::failure_of(message.err, "read");
  TRUC_TRY(const bool is_record, kafka::is_record(consumer.get(), message));
  if (!is_record) return success();
  watch.has_read(rd_kafka_topic_name(message.rkt), message.partition, message.offset);
  std::string value(static_cast<const char*>(message.payload), message.len);
  if (rd_kafka_topic_name(message.rkt) != settings.journal_topic) {
    batch.beats.push_back(std::move(value));
    return success();
  }
  bytes += value.size();
  end = std::max(end, message.offset + 1);
  batch.records.push_back(
      JournalRecord{.offset = message.offset,
                    .key = std::string(static_cast<const char*>(message.key), message.key_len),
                    .value = std::move(value)});
  return success();
}

Result<JournalBatch> KafkaJournal::read(std::size_t max, std::size_t bytes_max,
                                        std::chrono::milliseconds wait) {
  auto& state = *state_;
  if (const auto looked = state.watch.look(state.consumer.get()); !looked) {
    state.drop_consumer();
    return looked.error();
  }
  JournalBatch batch;
  std::size_t bytes = 0;
  auto turn = wait;  // for the first; what is at hand with it is taken along
  while (!state.is_stopping && batch.records.size() < max && bytes < bytes_max) {
    kafka::Message message(
        rd_kafka_consumer_poll(state.consumer.get(), static_cast<int>(turn.count())));
    if (!message) break;
    auto taken = state.take(*message, batch, bytes);
    if (!taken) {
      message.reset();  // the consumer's end waits for every message that is held
      state.drop_consumer();
      return taken.error();
    }
    turn = std::chrono::milliseconds(0);
  }
  if (state.is_stopping) return Failure(ErrorCode::cancelled);
  std::int64_t low = 0;
  std::int64_t high = 0;
  const auto known = rd_kafka_get_watermark_offsets(
      state.consumer.get(), state.settings.journal_topic.c_str(), kPartition, &low, &high);
  if (known == RD_KAFKA_RESP_ERR_NO_ERROR && high > state.end) state.end = high;
  batch.end = state.end;
  return batch;
}

}  // namespace truc::hub
