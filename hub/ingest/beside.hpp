// The attachments that travel beside a document.
#pragma once

#include <vector>

#include "schemas/base/faults.hpp"
#include "schemas/delivery/delivery_record.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::hub {

// Every attachment beside once, however often the manifest names its bytes. Faults:
// attachment_too_large, attachment_mismatch.
Result<std::vector<delivery::AttachmentReference>> attachments_of(
    const edxml::DocumentContent& content, Faults& faults);

}  // namespace truc::hub
