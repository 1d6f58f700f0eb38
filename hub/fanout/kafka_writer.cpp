#include "hub/fanout/kafka_writer.hpp"

#include <array>
#include <atomic>

#include "hub/fanout/kafka_client.hpp"
#include "schemas/base/check.hpp"

namespace truc::hub {
namespace {

constexpr int kFlushTurnMs = 100;  // between two looks at stop()

// The reports of one append's records; they come on the appending thread, from flush.
struct Reports {
  std::size_t waiting = 0;
  rd_kafka_resp_err_t first_error = RD_KAFKA_RESP_ERR_NO_ERROR;

  void note(rd_kafka_resp_err_t error) {
    --waiting;
    if (first_error == RD_KAFKA_RESP_ERR_NO_ERROR) first_error = error;
  }
};

void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  static_cast<Reports*>(message->_private)->note(message->err);
}

Result<kafka::Conf> producer_conf(const KafkaSettings& settings) {
  const auto timeout = std::to_string(settings.append_timeout.count());
  TRUC_TRY(auto conf, kafka::make_conf(settings, {{"enable.idempotence", "true"},
                                                  {"acks", "all"},
                                                  {"compression.type", "lz4"},
                                                  {"partitioner", "murmur2_random"},
                                                  {"linger.ms", "1"},
                                                  {"message.timeout.ms", timeout}}));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_report);
  return conf;
}

}  // namespace

struct KafkaWriter::State {
  KafkaSettings settings;
  kafka::Context context;
  std::array<std::string, kLevels.size()> topics;
  std::atomic<bool> is_stopping{false};

  // The appending thread's.
  bool has_topics = false;
  kafka::Client client;
};

KafkaWriter::KafkaWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
KafkaWriter::~KafkaWriter() = default;

Result<std::unique_ptr<KafkaWriter>> KafkaWriter::open(KafkaSettings settings,
                                                       telemetry::Log& log) {
  TRUC_TRY(const auto checked, producer_conf(settings));
  auto state = std::make_unique<State>();
  for (const auto level : kLevels)
    state->topics[static_cast<std::size_t>(number(level) - 1)] = kafka::topic_of(settings, level);
  state->settings = std::move(settings);
  state->context.log = &log;
  return std::unique_ptr<KafkaWriter>(new KafkaWriter(std::move(state)));
}

void KafkaWriter::stop() {
  state_->is_stopping = true;
}

Result<void> KafkaWriter::connect() {
  if (!state_->client) {
    TRUC_TRY(auto conf, producer_conf(state_->settings));
    TRUC_TRY(state_->client,
             kafka::make_client(RD_KAFKA_PRODUCER, std::move(conf), state_->context));
  }
  if (!state_->has_topics) {
    TRUC_TRY(kafka::ensure_topics(state_->client.get(), state_->settings));
    state_->has_topics = true;
  }
  return success();
}

Result<void> KafkaWriter::append(std::span<const LogRecord> records) {
  if (state_->is_stopping) return Failure(ErrorCode::cancelled);
  TRUC_TRY(connect());
  auto* client = state_->client.get();
  Reports reports;
  for (const auto& record : records) {
    const auto& topic = state_->topics[static_cast<std::size_t>(number(record.level) - 1)];
    const auto error = rd_kafka_producev(
        client, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
        RD_KAFKA_V_OPAQUE(&reports), RD_KAFKA_V_END);
    ++reports.waiting;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) reports.note(error);
  }
  // Ends: message.timeout.ms bounds every report, and the purge brings the missing ones at once.
  bool is_purged = false;
  while (reports.waiting > 0) {
    if (state_->is_stopping && !is_purged) {
      rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
      is_purged = true;
    }
    rd_kafka_flush(client, kFlushTurnMs);
  }
  if (kafka::is_beyond_repair(client)) {
    std::array<char, 512> why{};
    rd_kafka_fatal_error(client, why.data(), why.size());
    state_->client.reset();
    state_->context.log->error("kafka.producer_renewed", {{"text", why.data()}});
    return Failure(ErrorCode::event_log_failed).because(why.data());
  }
  if (is_purged) return Failure(ErrorCode::cancelled);
  if (reports.first_error == RD_KAFKA_RESP_ERR_NO_ERROR) return success();
  // The topic may have been removed under us. And a producer that had its time may have lost the
  // way to a partition that others reach: a new one looks for it anew.
  state_->has_topics = false;
  if (reports.first_error == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) state_->client.reset();
  return kafka::failure_of(reports.first_error, "append");
}

}  // namespace truc::hub
