#include "hub/store/signer_texts.hpp"

#include <optional>

#include "pki/crypto/digest.hpp"
#include "schemas/base/bytes.hpp"

namespace truc::hub {
namespace {

constexpr char kMark = '\2';
constexpr std::size_t kDigestDigits = 64;
constexpr std::size_t kWorthIt = 256;
constexpr std::size_t kReadMax = 4'096;  // some 2 KiB each; then it begins anew

struct Cut {
  std::size_t begin;
  std::size_t end;
};

// The members as the hub and the adapter write them (PR-RECEIPT): the payload before, the signature
// behind. Any other cut would give the same text back, only not a shorter one.
std::optional<Cut> repeated_in(std::string_view receipt) {
  const auto begin = receipt.find("\"protected\":");
  if (begin == std::string_view::npos) return std::nullopt;
  const auto end = receipt.find("\"signature\":", begin);
  if (end == std::string_view::npos || end - begin < kWorthIt) return std::nullopt;
  if (receipt.find(kMark) != std::string_view::npos) return std::nullopt;
  return Cut{begin, end};
}

Failure corrupt(std::string why) {
  return Failure(ErrorCode::storage_corrupt).at("signers").because(std::move(why));
}

}  // namespace

Result<SignerTexts::Text> SignerTexts::find(const std::string& digest) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = read_.find(digest); found != read_.end()) return found->second;
  }
  TRUC_TRY(auto row, database_.get(Family::signers, digest));
  if (!row) return Text();
  auto text = std::make_shared<const std::string>(std::move(*row));
  const std::lock_guard lock(mutex_);
  if (read_.size() >= kReadMax) read_.clear();
  read_.emplace(digest, text);
  return text;
}

std::string SignerTexts::digest_of(std::string_view repeated) {
  const std::lock_guard lock(mutex_);
  if (repeated != last_repeated_) {
    last_repeated_ = repeated;
    last_digest_ = pki::sha256(repeated).hex();
  }
  return last_digest_;
}

std::string SignerTexts::shorten(WriteSet& writes, std::string receipt) {
  const auto cut = repeated_in(receipt);
  if (!cut) return receipt;
  const auto repeated = std::string_view(receipt).substr(cut->begin, cut->end - cut->begin);
  const auto digest = digest_of(repeated);
  const auto kept_already = find(digest);
  if (!kept_already || !kept_already.value())
    database_.put(writes, Family::signers, digest, repeated);
  std::string kept(1, kMark);
  kept.reserve(2 + kDigestDigits + receipt.size() - repeated.size());
  kept.append(digest).append(receipt, 0, cut->begin).push_back(kMark);
  kept.append(receipt, cut->end);
  return kept;
}

bool SignerTexts::is_short(std::string_view kept) {
  return kept.starts_with(kMark);
}

Result<std::string> SignerTexts::lengthen(std::string kept, const WriteSet* writes) {
  if (!is_short(kept)) return kept;
  const auto middle = kept.find(kMark, 1);
  if (middle == std::string::npos || middle < 1 + kDigestDigits)
    return corrupt("a short receipt that ends too early");
  const auto digest = kept.substr(1, kDigestDigits);
  TRUC_TRY(auto repeated, find(digest));
  if (!repeated && writes != nullptr) {
    TRUC_TRY(auto row, database_.get(*writes, Family::signers, digest));
    if (row) repeated = std::make_shared<const std::string>(std::move(*row));
  }
  if (!repeated) return corrupt("no certificates under " + digest);
  std::string receipt;
  receipt.reserve(kept.size() + repeated->size());
  receipt.append(kept, 1 + kDigestDigits, middle - 1 - kDigestDigits);
  receipt.append(*repeated).append(kept, middle + 1);
  return receipt;
}

}  // namespace truc::hub
