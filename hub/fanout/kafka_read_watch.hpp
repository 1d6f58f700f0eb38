// Finds a consumer that reads no more although there is something to read. After a leader's death
// librdkafka 2.0.2 was seen, rarely, to leave a partition alone for good while it read the others;
// a new consumer reads on.
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

  // Asks the brokers, once in `every`, where the partitions end; takes a second at most. Failure:
  // event_log_failed when one had records at the time of the last answer and none was read since:
  // the consumer has to be replaced, and everything begins anew.
  Result<void> look(rd_kafka_t* consumer);
  void reset();

 private:
  struct Place {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t next = 0;
    bool is_waited_for = false;  // there were records at `next` at the last look, and none was read
  };
  Place* find(std::string_view topic, std::int32_t partition);

  std::chrono::milliseconds every_;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
  std::vector<Place> places_;
};

}  // namespace truc::hub::kafka
