// How RocksDB is set up: every choice in one place, with its reason.
#pragma once

#include <rocksdb/options.h>

#include "hub/store/database.hpp"

namespace truc::hub {

rocksdb::DBOptions database_options(const DatabaseSettings& settings);

// `block_cache` is shared by all families.
rocksdb::ColumnFamilyOptions family_options(Family family,
                                            const std::shared_ptr<rocksdb::Cache>& block_cache);

std::shared_ptr<rocksdb::Cache> make_block_cache(const DatabaseSettings& settings);

}  // namespace truc::hub
