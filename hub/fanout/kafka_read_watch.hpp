// Finds a consumer that reads no more although it could; a new one reads on. librdkafka 2.0.2 was
// seen, rarely, to leave a partition alone for good after a leader's death while it read the
// others; and to ask a broker that hangs again and again although the others had a new leader.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hub/fanout/kafka_handles.hpp"
#include "schemas/base/result.hpp"

namespace truc::hub::kafka {

// For the reading thread.
class ReadWatch {
 public:
  explicit ReadWatch(std::chrono::milliseconds every) : every_(every) {}

  // The partition is read from `next` on.
  void begin(std::string topic, std::int32_t partition, std::int64_t next);
  void has_read(std::string_view topic, std::int32_t partition, std::int64_t offset);
  void end(std::string_view topic, std::int32_t partition);

  // Asks the brokers, once in `every`, where the partitions end, or for anything while there are
  // none; takes a second at most. Failure: event_log_failed when one had records at the time of the
  // last answer and none was read since, or when two questions in a row got no answer and nothing
  // was read between them: the consumer has to be replaced, and everything begins anew.
  Result<void> look(rd_kafka_t* consumer);
  // For another consumer.
  void reset();

 private:
  struct Place {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t next = 0;
    bool is_waited_for = false;  // there were records at `next` at the last look, and none was read
  };
  Place* find(std::string_view topic, std::int32_t partition);
  Result<PartitionList> ask(rd_kafka_t* consumer) const;

  std::chrono::milliseconds every_;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
  std::vector<Place> places_;
  bool is_unanswered_ = false;  // the last question, and nothing was read since
};

}  // namespace truc::hub::kafka
