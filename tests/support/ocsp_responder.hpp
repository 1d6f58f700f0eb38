// The openssl program as OCSP responder of a test's issuing authority.
#pragma once

#include <string>
#include <vector>

#include "tests/support/test_pki.hpp"

namespace truc::testing {

class OcspResponder {
 public:
  enum class Signer : std::uint8_t { authority, appointed, appointed_without_nocheck, stranger };

  explicit OcspResponder(TestPki& pki) : pki_(pki) {}

  // Certificates that it calls good; it does not know others, unless they are revoked.
  void know(const CredentialPaths& credential);
  // A response in DER to a request in DER, with nextUpdate after `minutes`; 0: without nextUpdate.
  std::string answer(const std::string& request, Signer signer = Signer::authority,
                     int minutes = 60);

 private:
  CredentialPaths signer_paths(Signer signer);
  TestPki& pki_;
  std::string good_;  // lines of an index
};

}  // namespace truc::testing
