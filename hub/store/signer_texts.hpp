// Receipts without what all of one signer repeat: the certificates are two thirds of a receipt, and
// the store holds several receipts for every document, for ten years. They are kept once, under
// their digest (family `signers`), and put back when a receipt is read: its text is the exact one.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "hub/store/database.hpp"

namespace truc::hub {

// Safe from any thread.
class SignerTexts {
 public:
  explicit SignerTexts(const Database& database) : database_(database) {}

  // An octet 2, the digest in hexadecimal, what stands before the members `protected` and `header`,
  // an octet 2, what stands behind them; or `receipt` as it is. What it repeats is added to
  // `writes` unless it is durable already.
  std::string shorten(WriteSet& writes, std::string receipt);

  static bool is_short(std::string_view kept);
  // Of any text: one that is not short comes back as it is. `writes` is what is being written with
  // it; null when it was read from the disk. Failures: storage_corrupt, storage_failed.
  Result<std::string> lengthen(std::string kept, const WriteSet* writes);

 private:
  using Text = std::shared_ptr<const std::string>;
  std::string digest_of(std::string_view repeated);
  Result<Text> find(const std::string& digest);  // on the disk; null when there is none

  const Database& database_;
  std::mutex mutex_;
  std::unordered_map<std::string, Text> read_;  // by digest; durable. Guarded by mutex_
  // What was shortened last: the hub's own receipts all repeat the same, and one of a recipient is
  // shortened twice. Guarded by mutex_
  std::string last_repeated_;
  std::string last_digest_;
};

}  // namespace truc::hub
