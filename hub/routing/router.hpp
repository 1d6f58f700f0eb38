// From the addressees that a package names to the agencies that receive it.
#pragma once

#include <chrono>
#include <vector>

#include "hub/directory/directory.hpp"
#include "hub/ports/document_store.hpp"
#include "schemas/base/faults.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::hub {

// One Addressee for each To, in order; closed agencies are replaced by their single successor on
// `day`. Failures, each at the XPath of the OrganId concerned: recipient_unknown, recipient_closed
// (with the successors), recipient_is_sender, recipient_repeated (two addressees have one
// recipient).
Result<std::vector<Addressee>> route_document(const Directory& directory, const Agency& sender,
                                              const edxml::DocumentContent& content,
                                              std::chrono::sys_days day);
// The same failures into `faults`, of every addressee; a null `sender` is nobody's addressee.
Result<void> find_routing_faults(const Directory& directory, const Agency* sender,
                                 const edxml::DocumentContent& content, std::chrono::sys_days day,
                                 Faults& faults);

// The agency that ResponseFor names; a status has no To. When the original sender asks to take a
// document back (13) and names itself there, every recipient of the document is asked. Failures:
// the same.
Result<std::vector<Addressee>> route_status(const Directory& directory, const Agency& sender,
                                            const edxml::StatusContent& content,
                                            const TransferRecord& regarded,
                                            std::chrono::sys_days day);

}  // namespace truc::hub
