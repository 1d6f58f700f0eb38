#include "hub/fanout/kafka_client.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <thread>

namespace truc::hub {

std::string log_name(const KafkaSettings& settings) {
  return "kafka:" + settings.bootstrap_servers + "/" + settings.topic_prefix;
}

namespace kafka {
namespace {

constexpr int kAdminTimeoutMs = 3'000;  // a stop waits for it
// A broker that has not answered by then hangs, and its connection is given up.
constexpr const char* kAnswerTimeoutMs = "10000";
constexpr auto kTopicVisibleWithin = std::chrono::seconds(10);
constexpr auto kTopicLookEvery = std::chrono::milliseconds(50);
constexpr int kSyslogWarning = 4;  // levels of syslog(3); smaller is worse
constexpr std::array<std::string_view, 3> kTakenPrefixes = {"ssl.", "sasl.", "security."};

Result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  const auto result = rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size());
  if (result == RD_KAFKA_CONF_OK) return success();
  return Failure(ErrorCode::malformed_config).at("kafka " + name).because(why.data());
}

// Of one topic, or of none.
Result<Metadata> ask_metadata(rd_kafka_t* client, rd_kafka_topic_t* topic, int timeout_ms) {
  const rd_kafka_metadata_t* answer = nullptr;
  const auto error = rd_kafka_metadata(client, /*all_topics=*/0, topic, &answer, timeout_ms);
  Metadata metadata(answer);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return metadata;
  const std::string of = topic == nullptr ? "" : std::string(" of ") + rd_kafka_topic_name(topic);
  return failure_of(error, "metadata" + of);
}

Result<bool> topic_exists(rd_kafka_t* client, const std::string& name) {
  Handle<rd_kafka_topic_t, rd_kafka_topic_destroy> topic(
      rd_kafka_topic_new(client, name.c_str(), nullptr));
  TRUC_TRY(const auto metadata, ask_metadata(client, topic.get(), kAdminTimeoutMs));
  if (metadata->topic_cnt != 1 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return false;
  const auto& topic_answer = metadata->topics[0];
  const std::span partitions(topic_answer.partitions,
                             static_cast<std::size_t>(topic_answer.partition_cnt));
  // One without a leader answers nothing yet.
  const auto is_led = [](const rd_kafka_metadata_partition& one) { return one.leader >= 0; };
  return !partitions.empty() && std::ranges::all_of(partitions, is_led);
}

Result<NewTopic> new_topic(const TopicWish& wish) {
  std::array<char, 512> why{};
  NewTopic topic(rd_kafka_NewTopic_new(wish.name.c_str(), wish.partitions, wish.replication,
                                       why.data(), why.size()));
  if (!topic) return Failure(ErrorCode::malformed_config).at("kafka topics").because(why.data());
  for (const auto& [name, value] : wish.options)
    rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  return topic;
}

Result<void> create(rd_kafka_t* client, const TopicWish& wish) {
  TRUC_TRY(const auto topic, new_topic(wish));
  const AdminOptions options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  const Queue queue(rd_kafka_queue_new(client));
  std::array<rd_kafka_NewTopic_t*, 1> topics = {topic.get()};
  rd_kafka_CreateTopics(client, topics.data(), topics.size(), options.get(), queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), kAdminTimeoutMs));
  if (!event) return failure_of(RD_KAFKA_RESP_ERR__TIMED_OUT, "creating " + wish.name);
  if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return failure_of(error, "creating " + wish.name);
  std::size_t count = 0;
  const auto* answer = rd_kafka_event_CreateTopics_result(event.get());
  const auto* const* results = rd_kafka_CreateTopics_result_topics(answer, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    // Another hub may have been faster.
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      return failure_of(error, "creating " + wish.name);
  }
  return success();
}

// A topic that was just made is not in every broker's answer at once, and who subscribes before it
// is gets no partition of it until the next refresh of metadata. So wait until it is seen.
Result<void> await_topic(rd_kafka_t* client, const std::string& name) {
  const auto deadline = std::chrono::steady_clock::now() + kTopicVisibleWithin;
  while (true) {
    TRUC_TRY(const auto exists, topic_exists(client, name));
    if (exists) return success();
    if (std::chrono::steady_clock::now() >= deadline) {
      return Failure(ErrorCode::event_log_failed).because("topic " + name + " does not appear");
    }
    std::this_thread::sleep_for(kTopicLookEvery);
  }
}

// librdkafka calls from its own threads; the log is made for that.
void write_log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  auto& log = *static_cast<const Context*>(rd_kafka_opaque(client))->log;
  if (level <= kSyslogWarning) {
    log.warn("kafka.client", {{"facility", facility}, {"text", text}});
  } else {
    log.debug("kafka.client", {{"facility", facility}, {"text", text}});
  }
}

}  // namespace

Failure failure_of(rd_kafka_resp_err_t error, std::string what) {
  return Failure(ErrorCode::event_log_failed)
      .because(std::move(what) + ": " + rd_kafka_err2str(error));
}

std::string topic_of(const KafkaSettings& settings, Level level) {
  return settings.topic_prefix + std::to_string(number(level));
}

Result<Conf> make_conf(const KafkaSettings& settings, const Properties& properties) {
  Conf conf(rd_kafka_conf_new());
  TRUC_TRY(set(conf.get(), "bootstrap.servers", settings.bootstrap_servers));
  TRUC_TRY(set(conf.get(), "client.id", "truc-hub"));
  TRUC_TRY(set(conf.get(), "log.connection.close", "false"));
  TRUC_TRY(set(conf.get(), "socket.timeout.ms", kAnswerTimeoutMs));
  // Another name for a topic would be a quiet loss; ours are made on purpose.
  TRUC_TRY(set(conf.get(), "allow.auto.create.topics", "false"));
  for (const auto& [name, value] : settings.security) {
    const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
    if (!std::ranges::any_of(kTakenPrefixes, begins)) {
      return Failure(ErrorCode::malformed_config)
          .at("kafka " + name)
          .expected("a name that begins with ssl., sasl. or security.");
    }
    TRUC_TRY(set(conf.get(), name, value));
  }
  for (const auto& [name, value] : properties) {
    TRUC_TRY(set(conf.get(), name, value));
  }
  return conf;
}

Result<Client> make_client(rd_kafka_type_t type, Conf conf, Context& context) {
  rd_kafka_conf_set_opaque(conf.get(), &context);
  rd_kafka_conf_set_log_cb(conf.get(), write_log);
  std::array<char, 512> why{};
  Client client(rd_kafka_new(type, conf.get(), why.data(), why.size()));
  if (!client) return Failure(ErrorCode::malformed_config).at("kafka").because(why.data());
  static_cast<void>(conf.release());
  return client;
}

bool is_beyond_repair(rd_kafka_t* client) {
  return rd_kafka_fatal_error(client, nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

Result<bool> is_record(rd_kafka_t* client, const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  if (!is_beyond_repair(client)) return false;
  return failure_of(message.err, "read");
}

Result<void> find_offsets(rd_kafka_t* client, rd_kafka_topic_partition_list_t* places,
                          int timeout_ms) {
  const auto error = rd_kafka_offsets_for_times(client, places, timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return failure_of(error, "the log's ends");
  return success();
}

Result<void> find_anybody(rd_kafka_t* client, int timeout_ms) {
  TRUC_TRY(ask_metadata(client, nullptr, timeout_ms));
  return success();
}

Result<void> ensure_topic(rd_kafka_t* client, const TopicWish& wish) {
  TRUC_TRY(const auto exists, topic_exists(client, wish.name));
  if (exists) return success();
  TRUC_TRY(create(client, wish));
  return await_topic(client, wish.name);
}

Result<void> ensure_topics(rd_kafka_t* client, const KafkaSettings& settings) {
  const auto retention = std::chrono::milliseconds(settings.retention).count();
  for (const auto level : kLevels) {
    TRUC_TRY(ensure_topic(client, {.name = topic_of(settings, level),
                                   .partitions = settings.partitions,
                                   .replication = settings.replication,
                                   .options = {{"retention.ms", std::to_string(retention)},
                                               {"cleanup.policy", "delete"}}}));
  }
  return success();
}

}  // namespace kafka
}  // namespace truc::hub
