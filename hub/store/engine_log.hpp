// RocksDB's own log, which goes into ours. By itself RocksDB would write a file beside the store;
// on a full disk that file fails first, and a RocksDB with assertions ends the process over it.
#pragma once

#include <rocksdb/env.h>

#include <memory>

#include "schemas/telemetry/log.hpp"

namespace truc::hub {

// What RocksDB warns of becomes the event store.engine; without a log nothing is kept. `log`
// outlives the database.
std::shared_ptr<rocksdb::Logger> make_engine_log(telemetry::Log* log);

}  // namespace truc::hub
