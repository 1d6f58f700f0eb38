// Where the Kafka cluster is and how its topics are made.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace truc::hub {

struct KafkaSettings {
  std::string bootstrap_servers;               // "host:port,host:port"
  std::string topic_prefix = "truc.level";     // the level's number follows
  std::string journal_topic = "truc.journal";  // of several hubs; ".beats" follows for heartbeats
  std::string group = "truc-hub";              // hubs of one group share the partitions
  // librdkafka's own names; only those that begin with "ssl.", "sasl." or "security." are taken:
  // the rest decides what is lost and what is repeated, and is not a matter of taste.
  std::map<std::string, std::string> security;

  // For topics that are not there yet.
  int partitions = 8;
  int replication = -1;                                        // -1: the brokers' default
  std::chrono::hours retention = std::chrono::hours(24 * 14);  // what a hub may be down for

  std::chrono::milliseconds append_timeout = std::chrono::seconds(30);
  // Between two looks whether a consumer reads what there is; one that does not is replaced at the
  // second.
  std::chrono::milliseconds read_look_every = std::chrono::seconds(10);
};

// Names the log for the store's offsets. Other brokers are another log: offsets of one mean nothing
// in the other, and reading from the beginning repeats records but loses none.
std::string log_name(const KafkaSettings& settings);

}  // namespace truc::hub
