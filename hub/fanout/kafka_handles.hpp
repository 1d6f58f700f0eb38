// librdkafka's objects as owned pointers; nothing else names a destroy function.
//
// rd_kafka_new() takes the configuration over when it succeeds, and only then.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace truc::hub::kafka {

template <auto Release>
struct Releaser {
  void operator()(auto* pointer) const noexcept { Release(pointer); }
};
template <class T, auto Release>
using Handle = std::unique_ptr<T, Releaser<Release>>;

using Conf = Handle<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using Client = Handle<rd_kafka_t, rd_kafka_destroy>;
using Queue = Handle<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Handle<rd_kafka_event_t, rd_kafka_event_destroy>;
using Message = Handle<rd_kafka_message_t, rd_kafka_message_destroy>;
using NewTopic = Handle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using AdminOptions = Handle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using PartitionList =
    Handle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using Metadata = Handle<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;
using Error = Handle<rd_kafka_error_t, rd_kafka_error_destroy>;

}  // namespace truc::hub::kafka
