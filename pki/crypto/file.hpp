// Whole files of keys, certificates and revocation lists.
#pragma once

#include <string>
#include <string_view>

#include "schemas/base/result.hpp"

namespace truc::pki {

// Certificates, keys and lists are text of kilobytes; a national list of a million entries is below
// this. A larger file is the wrong file.
constexpr std::size_t kTrustFileBytesMax = 64 * 1024 * 1024;

enum class FileAccess : std::uint8_t { anyone, owner_only };

// Failure: file_failed, with the path as place. `owner_only` refuses a file whose mode lets anyone
// but its owner do anything with it, looking at the very file that is read.
Result<std::string> read_trust_file(const std::string& path, FileAccess access);

// Puts `bytes` in the place of what is at `path`, whole or not at all, readable by anyone. Failure:
// file_failed.
Result<void> replace_trust_file(const std::string& path, std::string_view bytes);

}  // namespace truc::pki
