// The packages that are attacked, and our judgement on what became of them.
#pragma once

#include <string>

#include "pki/signature/verify.hpp"
#include "tests/support/test_pki.hpp"

namespace truc::testing {

inline constexpr const char* kSender = "000.00.00.G22";        // of the document
inline constexpr const char* kStatusSender = "000.00.13.H53";  // of the status

// Unsigned; with every element that the product writes.
std::string full_document();
std::string full_status();

// A certificate of the agency with a key of the kind: "rsa", "p256" or "p384".
CredentialPaths signer_with(TestPki& pki, const std::string& agency, const std::string& kind);
// What such a key signs with, as XMLDSig names it.
std::string method_of(const std::string& kind);

// Reads, checks and verifies, as the hub does it.
Result<pki::SignedEnvelope> judge(const std::string& bytes, const pki::TrustStore& trust);
// The verifier alone: no word of edXML is read.
Result<void> judge_signature(const std::string& bytes);

// Do both say the same?
bool same(const edxml::PackageContent& one, const edxml::PackageContent& other);

}  // namespace truc::testing
