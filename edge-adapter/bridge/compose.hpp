// Writes a package from a few values, as `truc-edge send` and `truc-edge status` do, and puts it
// into out/ as any document system would.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "edge-adapter/spool/files.hpp"
#include "edge-adapter/spool/ledger.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::edge {

enum class PaperCopy : std::uint8_t { none, follows };

struct ComposeRequest {
  AgencyCode from;
  std::string from_name;
  std::vector<AgencyCode> to;
  std::string number;    // "7816"
  std::string notation;  // "VPCP-TTĐT"
  std::string subject;
  std::string content;
  std::string type_name;  // "Công văn"
  edxml::Priority priority = edxml::Priority::normal;
  std::vector<std::string> attachments;   // paths
  std::uint64_t beside_over = 0;          // larger files travel beside the envelope
  std::optional<DocumentId> document_id;  // else made from sender, day and code
  std::optional<DocumentId> recalls;      // one of the two at most
  std::optional<DocumentId> updates;
  PaperCopy paper = PaperCopy::none;
};

struct BesideSource {
  std::string path;
  std::string name;  // in the manifest and in the dropped folder
};

struct ComposedPackage {
  std::string envelope;  // unsigned
  std::vector<BesideSource> beside;
};

// Failures: file_failed, the 31xx codes of values that cannot be written, attachment_empty,
// attachment_too_large.
Result<ComposedPackage> compose_document(const Files& files, const ComposeRequest& request,
                                         Time now);

// A status of the agency that received the document.
Result<std::string> compose_status(const ReceivedRecord& document, edxml::StatusCode code,
                                   const std::string& description, const std::string& from_name,
                                   Time now);

// Under a hidden name first, then renamed: the adapter never sees half of it. Failures:
// file_failed, also when NAME stands there already.
Result<void> drop_package(Files& files, const std::string& out, const std::string& name,
                          const ComposedPackage& package);

}  // namespace truc::edge
