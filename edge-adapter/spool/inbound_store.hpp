// Deliveries on their way from the hub into in/: every durable step can be repeated after a crash.
//
//   fetching ──▶ sealed ──▶ handed over ──▶ gone
//       └──▶ quarantine/
//
// fetching:     no item.json; the package is fetched anew, attachments go on where they stopped.
// sealed:       item.json names what goes where; everything is staged and durable.
// handed over:  the staged package is gone from stage/: the rename into in/ was the commit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edge-adapter/spool/layout.hpp"
#include "edge-adapter/spool/ledger.hpp"
#include "edge-adapter/spool/names.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/failure.hpp"

namespace truc::edge {

// Documents with attachments beside go to in/ as a folder, all others as one file.
enum class HandOverForm : std::uint8_t { file, folder };

struct SealedItem {
  ReceivedRecord
      record;  // for the ledger; without our receipt, which is signed after the hand-over
  HandOverForm form = HandOverForm::file;
};

// <spool>/inbound/<delivery>/: item.json, parts/<sha256>, stage/{envelope.edxml, receipt.json,
// attachments}. Any thread; one delivery is worked on by one caller at a time. Failures:
// file_failed, malformed_record.
class InboundStore {
 public:
  InboundStore(Files& files, const SpoolLayout& layout, FoldersByAgency agencies)
      : files_(files), layout_(layout), agencies_(std::move(agencies)) {}

  // Folders for a delivery that is about to be fetched.
  Result<void> begin(const DeliveryId& delivery);
  Result<std::uint64_t> part_size(const DeliveryId& delivery, const Sha256& sha256) const;
  Result<void> write_part(const DeliveryId& delivery, const Sha256& sha256, std::uint64_t offset,
                          std::string_view bytes);
  Result<void> drop_part(const DeliveryId& delivery, const Sha256& sha256);
  std::string part_path(const DeliveryId& delivery, const Sha256& sha256) const;
  // A part that was checked becomes an attachment under `name` (from NameSet, so safe).
  Result<void> stage_attachment(const DeliveryId& delivery, const Sha256& sha256,
                                const std::string& name);
  Result<std::optional<FileInfo>> find_staged(const DeliveryId& delivery,
                                              const std::string& name) const;
  Result<void> stage_package(const DeliveryId& delivery, std::string_view package,
                             std::string_view receipt);
  // From here on the item will be handed over, whatever happens.
  Result<void> seal(const SealedItem& item);

  // At start: sealed items, to be finished even if the hub does not list them any more. What was
  // being fetched is kept, and removed when nothing has happened to it for `kStagedAgeMax`.
  Result<std::vector<SealedItem>> recover(Time now);
  // nullopt while fetching or unknown.
  Result<std::optional<SealedItem>> find_sealed(const DeliveryId& delivery) const;
  // The same by the document: is it on its way into in/, or there and not yet in the ledger?
  Result<std::optional<SealedItem>> find_sealed(const ReceivedKey& key) const;
  // Puts the staged package into in/, once; success also when it was done before.
  Result<void> hand_over(const SealedItem& item);
  Result<void> forget(const DeliveryId& delivery);

  // Keeps what was fetched, with the reason; the delivery is left alone until a person removes
  // quarantine/<delivery>.
  Result<void> quarantine(const DeliveryId& delivery, const Failure& reason);
  Result<std::optional<FileInfo>> find_quarantined(const DeliveryId& delivery) const;

 private:
  std::string stage(const DeliveryId& delivery) const {
    return layout_.inbound(delivery) + "/stage";
  }
  Result<void> hand_over_file(const SealedItem& item, const std::string& in);
  Result<void> hand_over_folder(const SealedItem& item, const std::string& in);
  Result<std::string> free_name(const std::string& in, const DeliveryId& delivery) const;

  Files& files_;
  SpoolLayout layout_;
  FoldersByAgency agencies_;
};

}  // namespace truc::edge
