// The authority of the corpora, its certificates and lists, and what it really signed. Its keys
// were thrown away (make_corpus.cpp), so that whatever else verifies is a forgery.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "pki/trust/trust_store.hpp"

namespace truc::fuzz {

std::shared_ptr<const pki::TrustStore> golden_trust();
// Its issuing authority, as a peer would present it.
std::vector<pki::Certificate> golden_issuers();
// A time at which all of it is in force.
Time golden_time();
// The files of a corpus whose names begin so.
std::vector<std::string> golden_files(const std::string& target, const std::string& prefix);

}  // namespace truc::fuzz
