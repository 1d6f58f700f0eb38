// What the writer and the reader share: a configured client, its log, and the four topics.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hub/fanout/kafka_handles.hpp"
#include "hub/fanout/kafka_settings.hpp"
#include "schemas/base/ids.hpp"
#include "schemas/base/result.hpp"
#include "schemas/telemetry/log.hpp"

namespace truc::hub::kafka {

using Properties = std::vector<std::pair<std::string, std::string>>;

Failure failure_of(rd_kafka_resp_err_t error, std::string what);

std::string topic_of(const KafkaSettings& settings, Level level);

// `properties` come on top of the settings. Failure: malformed_config.
Result<Conf> make_conf(const KafkaSettings& settings, const Properties& properties);

// What every callback of a client receives as its opaque pointer; outlives the client.
struct Context {
  telemetry::Log* log;
};

// librdkafka's own messages go to the context's log as "kafka.client". Failure: malformed_config.
Result<Client> make_client(rd_kafka_type_t type, Conf conf, Context& context);

// After a failure: the client will never work again, and another one has to be made.
bool is_beyond_repair(rd_kafka_t* client);

// Whether what a consumer was given is a record; else it tells of something that librdkafka mends
// itself. Failure: event_log_failed, when the client will never work again.
Result<bool> is_record(rd_kafka_t* client, const rd_kafka_message_t& message);

// In every element the offset that its RD_KAFKA_OFFSET_BEGINNING or RD_KAFKA_OFFSET_END stands for,
// or its error. Not by rd_kafka_query_watermark_offsets: below 2.3.0 it waits for a leader that has
// died for minutes, whatever its timeout. Failure: event_log_failed.
Result<void> find_offsets(rd_kafka_t* client, rd_kafka_topic_partition_list_t* places,
                          int timeout_ms);

// Whether any broker answers. Failure: event_log_failed.
Result<void> find_anybody(rd_kafka_t* client, int timeout_ms);

// A topic as it is to be made where it is not there yet.
struct TopicWish {
  std::string name;
  int partitions = 1;
  int replication = -1;  // -1: the brokers' default
  Properties options;    // Kafka's names
};
// Sees to it that the topic exists. Failure: event_log_failed.
Result<void> ensure_topic(rd_kafka_t* client, const TopicWish& wish);
// The same for the four level topics.
Result<void> ensure_topics(rd_kafka_t* client, const KafkaSettings& settings);

}  // namespace truc::hub::kafka
