#include "hub/fanout/kafka_read_watch.hpp"

#include <algorithm>
#include <utility>

#include "hub/fanout/kafka_client.hpp"

namespace truc::hub::kafka {
namespace {

constexpr int kAnswerWithinMs = 1'000;  // reading waits for it

}  // namespace

ReadWatch::Place* ReadWatch::find(std::string_view topic, std::int32_t partition) {
  const auto found = std::ranges::find_if(places_, [&](const Place& place) {
    return place.partition == partition && place.topic == topic;
  });
  return found == places_.end() ? nullptr : &*found;
}

void ReadWatch::begin(std::string topic, std::int32_t partition, std::int64_t next) {
  end(topic, partition);
  places_.push_back({std::move(topic), partition, next});
}

void ReadWatch::has_read(std::string_view topic, std::int32_t partition, std::int64_t offset) {
  is_unanswered_ = false;
  auto* place = find(topic, partition);
  if (place == nullptr) return;
  place->next = offset + 1;
  place->is_waited_for = false;
}

void ReadWatch::end(std::string_view topic, std::int32_t partition) {
  std::erase_if(places_, [&](const Place& place) {
    return place.partition == partition && place.topic == topic;
  });
}

void ReadWatch::reset() {
  places_.clear();
  is_unanswered_ = false;
}

Result<PartitionList> ReadWatch::ask(rd_kafka_t* consumer) const {
  PartitionList ends(rd_kafka_topic_partition_list_new(static_cast<int>(places_.size())));
  for (const auto& place : places_) {
    rd_kafka_topic_partition_list_add(ends.get(), place.topic.c_str(), place.partition)->offset =
        RD_KAFKA_OFFSET_END;
  }
  TRUC_TRY(places_.empty() ? find_anybody(consumer, kAnswerWithinMs)
                           : find_offsets(consumer, ends.get(), kAnswerWithinMs));
  return ends;
}

Result<void> ReadWatch::look(rd_kafka_t* consumer) {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < every_) return success();
  looked_ = now;
  const auto answer = ask(consumer);
  if (!answer) {
    if (std::exchange(is_unanswered_, true)) return answer.error();
    return success();  // once may be an election
  }
  is_unanswered_ = false;
  const auto& ends = answer.value();
  for (int i = 0; i < ends->cnt; ++i) {
    const auto& found = ends->elems[i];
    auto* place = find(found.topic, found.partition);
    if (place == nullptr || found.err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (place->is_waited_for) {
      return Failure(ErrorCode::event_log_failed)
          .at(place->topic + " partition " + std::to_string(place->partition))
          .expected("the record at " + std::to_string(place->next))
          .found("none read, though there are some to " + std::to_string(found.offset));
    }
    place->is_waited_for = found.offset > place->next;
  }
  return success();
}

}  // namespace truc::hub::kafka
