// X.509 certificates as values (RFC 5280). Reading one says nothing about trusting it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/bytes.hpp"
#include "schemas/base/clock.hpp"
#include "schemas/base/ids.hpp"
#include "schemas/base/result.hpp"

struct evp_md_ctx_st;
struct x509_st;
struct X509_name_st;

namespace truc::pki {

// Immutable, cheap to copy, safe to read from any thread.
class Certificate {
 public:
  // Exactly one certificate and no byte behind it. Failure: certificate_malformed.
  static Result<Certificate> from_der(std::string_view der);
  // Takes a reference of its own. `native` is not null. Failure: certificate_malformed.
  static Result<Certificate> from_native(x509_st* native);
  // All certificates of a PEM file, in its order, at least one. Failures: file_failed,
  // certificate_malformed.
  static Result<std::vector<Certificate>> load_pem_file(const std::string& path);

  const std::string& der() const;
  const Sha256& fingerprint() const;  // SHA-256 of the DER form
  std::string subject() const;        // RFC 4514 text
  std::string issuer() const;
  std::string serial_hex() const;
  Time not_before() const;
  Time not_after() const;
  // URIs of the subject alternative name, in order.
  const std::vector<std::string>& uris() const;
  x509_st* native() const;  // borrowed; for pki only
  // Ready to verify with the certificate's key and its kind's own algorithm. Borrowed, and only to
  // be copied: to prepare one costs half of an RSA verification. Null unless it was made by
  // from_der(), as those of signed packages are, and its key is strong: it takes 5 KB, which is too
  // much for every open connection.
  const evp_md_ctx_st* prepared() const;

 private:
  struct State;
  explicit Certificate(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

std::string name_text(const X509_name_st* name);  // RFC 4514 text; for pki only

// Names that our certificates carry as subject alternative names (PR-TRUST):
//   urn:truc:system:<id>   a connected system (TLS)      urn:truc:agency:<code>  an agency
//   urn:truc:hub:<id>      the hub                        urn:truc:operator:<name> an operator
constexpr std::string_view kSystemUri = "urn:truc:system:";
constexpr std::string_view kAgencyUri = "urn:truc:agency:";
constexpr std::string_view kHubUri = "urn:truc:hub:";
constexpr std::string_view kOperatorUri = "urn:truc:operator:";

}  // namespace truc::pki
