// Which dropped package a transfer was: returning receipts are put beside it. Kept for ever.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "edge-adapter/spool/layout.hpp"
#include "schemas/base/bytes.hpp"

namespace truc::edge {

struct SentRecord {
  TransferId transfer;
  AgencyCode agency;
  std::string name;  // NAME in sent/
  DocumentId document_id;
  Sha256 sha256;
};

// <spool>/sent-index/<last two digits of the transfer>/<transfer>.json. Any thread.
class SentIndex {
 public:
  SentIndex(Files& files, const SpoolLayout& layout) : files_(files), root_(layout.sent_index()) {}

  // Durable when it returns; writing the same again changes nothing. Failure: file_failed.
  Result<void> record(const SentRecord& record);
  // Failures: file_failed, malformed_record.
  Result<std::optional<SentRecord>> find(const TransferId& transfer) const;
  // Those whose transfers the hub named at `since` or later. Reads no other record.
  Result<std::vector<SentRecord>> list(Time since) const;

 private:
  std::string path_of(const TransferId& transfer) const;
  Files& files_;
  std::string root_;
};

}  // namespace truc::edge
