// RocksDB's types by name only: its headers are included by the sources of this folder alone.
#pragma once

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class Iterator;
class WriteBatchWithIndex;
}  // namespace rocksdb
