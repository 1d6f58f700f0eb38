#include "tests/fuzz/golden.hpp"

#include <algorithm>
#include <fstream>

#include "schemas/base/check.hpp"

namespace truc::fuzz {
namespace {

namespace fs = std::filesystem;

// A function: harnesses read these files before main.
fs::path folder() {
  return TRUC_SOURCE_DIR "/tests/fuzz";
}

std::string file_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  TRUC_CHECK(file, "the corpora lie in the source tree");
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::shared_ptr<const pki::TrustStore> golden_trust() {
  const auto trust = folder() / "trust";
  pki::TrustFiles files;
  files.anchor_files = {trust / "anchors.pem"};
  files.crl_files = {trust / "root.crl.pem", trust / "issuing.crl.pem"};
  return pki::TrustStore::load(files).value();
}

std::vector<pki::Certificate> golden_issuers() {
  return pki::Certificate::load_pem_file(folder() / "trust" / "issuing.pem").value();
}

Time golden_time() {
  return parse_rfc3339(file_text(folder() / "trust" / "checked-at")).value();
}

std::vector<std::string> golden_files(const std::string& target, const std::string& prefix) {
  std::vector<std::string> texts;
  for (const auto& entry : fs::directory_iterator(folder() / "corpus" / target)) {
    if (entry.path().filename().string().starts_with(prefix))
      texts.push_back(file_text(entry.path()));
  }
  TRUC_CHECK(!texts.empty(), "the corpora have what was signed");
  return texts;
}

}  // namespace truc::fuzz
