// The files that travel beside a package, held against its manifest.
#pragma once

#include <string>
#include <vector>

#include "edge-adapter/spool/files.hpp"
#include "edge-adapter/spool/outbound_item.hpp"
#include "schemas/base/faults.hpp"
#include "schemas/edxml/envelope.hpp"

namespace truc::edge {

// The digest of a file, read piece by piece. Failure: file_failed.
Result<Sha256> digest_file(const Files& files, const std::string& path);

// A drop as it stands on the disk: `path` is its folder when it has one.
struct DropPlace {
  std::string path;
  DropForm form;
};

// What the manifest places beside stands in the folder (else beside_missing) under its name
// (attachment_name), as the manifest says (attachment_mismatch, attachment_too_large), and nothing
// else does (attachment_unlisted). All that the manifest lists. Failures also: file_failed.
Result<std::vector<BesideFile>> check_beside(const Files& files, const DropPlace& drop,
                                             const edxml::PackageContent& content, Faults& faults);

}  // namespace truc::edge
