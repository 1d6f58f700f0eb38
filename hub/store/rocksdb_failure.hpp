// The border: RocksDB's verdicts become ours here and nowhere else.
#pragma once

#include "schemas/base/failure.hpp"

namespace rocksdb {
class Status;
}  // namespace rocksdb

namespace truc::hub {

Failure failure_of(const rocksdb::Status& status);

}  // namespace truc::hub
