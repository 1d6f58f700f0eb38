// The document that another package is about: where it is kept, and who may say what about it.
#pragma once

#include <memory>
#include <vector>

#include "hub/directory/directory.hpp"
#include "hub/ports/document_store.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::hub {

// Found under `sender` as written, else under the other codes of that agency. Null when it is not
// here.
Result<std::shared_ptr<const TransferRecord>> find_document(DocumentStore& store,
                                                            const Directory& directory,
                                                            const AgencyCode& sender,
                                                            const DocumentId& document_id);

// The document that a status of `sender` is about. document_unknown when it is not here, or
// `sender` is neither its sender (13) nor one of its recipients (all others): who has no part in a
// document does not learn that it exists.
Result<std::shared_ptr<const TransferRecord>> regarded_by_status(
    DocumentStore& store, const Directory& directory, const Agency& sender,
    const edxml::StatusContent& content, std::chrono::sys_days day);

// Refuses only what contradicts the recipient's own word (status_not_allowed): 02 after it has
// registered, 06 before it has. A recall, update or take-back opens both again, since some systems
// answer one with 02 or 03 instead of 15 or 16.
Result<void> require_allowed(DocumentStore& store, const Directory& directory,
                             const TransferRecord& regarded, const Agency& sender,
                             const edxml::StatusContent& content);

// The documents that a recall, update or replacement names, as (sender, DocumentId). Failure:
// document_unknown when it names one of another agency.
Result<std::vector<Regarding>> originals_of(const Directory& directory, const Agency& sender,
                                            const edxml::DocumentContent& content,
                                            std::chrono::sys_days day);

}  // namespace truc::hub
