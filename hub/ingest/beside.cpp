#include "hub/ingest/beside.hpp"

#include <algorithm>

#include "schemas/base/limits.hpp"

namespace truc::hub {

Result<std::vector<delivery::AttachmentReference>> attachments_of(
    const edxml::DocumentContent& content, Faults& faults) {
  std::vector<delivery::AttachmentReference> attachments;
  for (const edxml::BesideAttachment& beside : content.beside_attachments) {
    if (beside.size > limits::kAttachmentBytesMax) {
      TRUC_TRY(faults.add(
          Failure(ErrorCode::attachment_too_large)
              .expected("at most " + std::to_string(limits::kAttachmentBytesMax) + " bytes")
              .found(std::to_string(beside.size))));
    }
    const auto known =
        std::ranges::find(attachments, beside.sha256, &delivery::AttachmentReference::sha256);
    if (known == attachments.end()) {
      attachments.push_back(delivery::AttachmentReference{beside.sha256, beside.size});
    } else if (known->size != beside.size) {
      TRUC_TRY(faults.add(Failure(ErrorCode::attachment_mismatch)
                              .expected("one size for one digest")
                              .found(beside.sha256.hex())));
    }
  }
  return attachments;
}

}  // namespace truc::hub
