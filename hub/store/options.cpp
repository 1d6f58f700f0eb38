#include "hub/store/options.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>

#include "hub/store/engine_log.hpp"

namespace truc::hub {
namespace {

using limits::kMiB;

// Debian's RocksDB has both; another build may not, and would refuse to open.
rocksdb::CompressionType first_supported(std::initializer_list<rocksdb::CompressionType> wanted) {
  const auto supported = rocksdb::GetSupportedCompressions();
  for (const auto type : wanted) {
    if (std::ranges::find(supported, type) != supported.end()) return type;
  }
  return rocksdb::kNoCompression;
}

void set_tables(rocksdb::ColumnFamilyOptions& options,
                const std::shared_ptr<rocksdb::Cache>& block_cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = block_cache;
  // Index and filters live in the bounded cache, in parts, so that ten years of history do not have
  // to fit into memory.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.block_size = 16 * limits::kKiB;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
}

// What stands before the first zero octet: an agency's mailbox, a sender's identities.
class UpToZeroOctet final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "truc.up_to_zero_octet"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    const std::string_view text(key.data(), key.size());
    return {key.data(), std::min(text.find('\0'), text.size())};
  }
  bool InDomain(const rocksdb::Slice&) const override { return true; }
};

// Documents and attachments are written once and read a few times: kept out of the tables, they are
// not copied by every compaction.
void set_blobs(rocksdb::ColumnFamilyOptions& options, std::size_t value_bytes_min,
               std::size_t write_buffer_bytes) {
  options.enable_blob_files = true;
  options.min_blob_size = value_bytes_min;
  options.blob_file_size = 256 * kMiB;
  options.write_buffer_size = write_buffer_bytes;
}

}  // namespace

std::shared_ptr<rocksdb::Cache> make_block_cache(const DatabaseSettings& settings) {
  return rocksdb::NewLRUCache(settings.block_cache_bytes);
}

rocksdb::DBOptions database_options(const DatabaseSettings& settings) {
  rocksdb::DBOptions options;
  if (settings.env != nullptr) options.env = settings.env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;

  // Damage is found, named and refused, never read around.
  options.paranoid_checks = true;
  options.flush_verify_memtable_count = true;
  // Kept of every table and blob file, in the manifest: a backup compares what it copies with what
  // was written, and knows without reading which files it has already.
  options.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  options.wal_recovery_mode = settings.wal_damage == WalDamage::refuse
                                  ? rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords
                                  : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // A recycled log file ends in old records, which cannot be told from damage; fdatasync of a new
  // one costs an allocation more and nothing else.
  options.recycle_log_file_num = 0;
  // What no log holds (Database::put_in_memory) need not outlive the process.
  options.avoid_flush_during_shutdown = true;

  // Bounds: memory of all families, log files kept alive by a quiet family, open files.
  options.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(settings.write_buffer_bytes);
  options.max_total_wal_size = 4 * settings.write_buffer_bytes;
  options.max_open_files = 4'096;
  options.info_log = make_engine_log(settings.log);

  options.max_background_jobs = 4;
  options.bytes_per_sync = 1 * kMiB;  // background writes reach the disk evenly, not in one stall
  return options;
}

rocksdb::ColumnFamilyOptions family_options(Family family,
                                            const std::shared_ptr<rocksdb::Cache>& block_cache) {
  rocksdb::ColumnFamilyOptions options;
  const auto fast = first_supported({rocksdb::kLZ4Compression});
  const auto dense = first_supported({rocksdb::kZSTD, rocksdb::kLZ4Compression});
  options.compression = fast;
  options.bottommost_compression = dense;
  options.write_buffer_size = 16 * kMiB;
  options.level_compaction_dynamic_level_bytes = true;
  options.force_consistency_checks = true;
  set_tables(options, block_cache);

  // Keys that rise, as a rule: found in the memory table from where the last one went.
  switch (family) {
    case Family::transfers:
    case Family::documents:
    case Family::deliveries:
    case Family::outbox:
    case Family::history:
    case Family::latest:
      options.memtable_insert_with_hint_prefix_extractor.reset(
          rocksdb::NewCappedPrefixTransform(1));
      break;
    // Keys that rise within each mailbox, and nearly so within what one agency sends.
    case Family::mailboxes:
    case Family::identities:
      options.memtable_insert_with_hint_prefix_extractor = std::make_shared<UpToZeroOctet>();
      break;
    default:
      break;
  }
  // Most lookups of an identity or a delivery are for one that is new: filters answer them without
  // looking, here those of the memory tables.
  if (family == Family::identities || family == Family::deliveries) {
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = 0.1;
  }

  switch (family) {
    case Family::documents:
      set_blobs(options, 1 * limits::kKiB, 64 * kMiB);
      options.blob_compression_type = rocksdb::kNoCompression;  // packing.hpp
      break;
    case Family::blobs:
      // Mostly PDF and ZIP, which do not compress again. Abandoned uploads are deleted, so garbage
      // collection gives their space back.
      // An upload fills one buffer while the one before is written out.
      set_blobs(options, 4 * limits::kKiB, 8 * kMiB);
      options.blob_compression_type = rocksdb::kNoCompression;
      options.enable_blob_garbage_collection = true;
      break;
    case Family::mailboxes:
    case Family::outbox:
      // Queues: what is taken leaves a deletion behind, and a reader at the head has to step over
      // them. A file dense in deletions is compacted at once.
      options.table_properties_collector_factories.push_back(
          rocksdb::NewCompactOnDeletionCollectorFactory(4'096, 2'048));
      break;
    default:
      break;
  }
  return options;
}

}  // namespace truc::hub
