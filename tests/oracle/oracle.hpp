// Implementations of XMLDSig that we did not write: as judges of our signatures, and as signers.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/test_pki.hpp"

namespace truc::testing {

inline const std::string kDsig = "http://www.w3.org/2000/09/xmldsig#";
inline const std::string kDsig11 = "http://www.w3.org/2009/xmldsig11#";
inline const std::string kMore = "http://www.w3.org/2001/04/xmldsig-more#";
inline const std::string kMore2007 = "http://www.w3.org/2007/05/xmldsig-more#";
inline const std::string kEnc = "http://www.w3.org/2001/04/xmlenc#";
inline const std::string kExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
inline const std::string kInclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
inline const std::string kEnveloped = kDsig + "enveloped-signature";
inline const std::string kXpath = "http://www.w3.org/TR/1999/REC-xpath-19991116";
inline const std::string kXslt = "http://www.w3.org/TR/1999/REC-xslt-19991116";

// The signature that a signer is asked for; what is not said is inside our profile.
struct Wish {
  std::string method;
  std::string digest = kEnc + "sha256";
  std::string c14n = kExclusive;
  std::vector<std::string> transforms = {kEnveloped, kExclusive};
  std::vector<std::string> references = {""};  // "#object" is the Object with that Id
  std::string parent = "edXMLHeader";  // the element that receives the signature, as its last
  std::string key_info = "x509";       // or "value", "none"
  bool has_object = false;
  std::string secret = "";  // of an HMAC
};

class Oracle {
 public:
  Oracle() = default;
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;
  virtual ~Oracle() = default;

  virtual std::string name() const = 0;
  // The document with a signature. Aborts the test when the oracle cannot make it.
  virtual std::string sign(const Wish& wish, const CredentialPaths& signer,
                           const std::string& document) = 0;
  // "accepted", or why not: one signature, of a certificate that leads to the anchor.
  virtual std::string judge(const std::string& document) = 0;
  // The same with everything enabled that the oracle knows, and the signer's key known already.
  virtual std::string judge_leniently(const Wish& wish, const CredentialPaths& signer,
                                      const std::string& document) = 0;
};

// An oracle as a program that runs as long as this object, and answers questions in their order.
class OracleProgram final : public Oracle {
 public:
  OracleProgram(std::string name, const std::vector<std::string>& command);
  ~OracleProgram() override;

  // judge() in two halves, so that several oracles think at once.
  void ask(std::string_view question, std::string_view document);
  std::string answer();

  std::string name() const override { return name_; }
  std::string sign(const Wish& wish, const CredentialPaths& signer,
                   const std::string& document) override;
  std::string judge(const std::string& document) override;
  std::string judge_leniently(const Wish& wish, const CredentialPaths& signer,
                              const std::string& document) override;

 private:
  std::string name_;
  pid_t child_ = 0;
  int to_child_ = -1;
  int from_child_ = -1;
};

// xmlsec1, started for every question; `pki` outlives it.
class Xmlsec final : public Oracle {
 public:
  explicit Xmlsec(const TestPki& pki) : pki_(pki) {}

  std::string name() const override { return "xmlsec1"; }
  std::string sign(const Wish& wish, const CredentialPaths& signer,
                   const std::string& document) override;
  std::string judge(const std::string& document) override;
  std::string judge_leniently(const Wish& wish, const CredentialPaths& signer,
                              const std::string& document) override;
  // One start for many: "accepted", or what is said about the first that is not.
  std::string judge_all(const std::vector<std::string>& documents);

 private:
  const TestPki& pki_;
};

std::unique_ptr<OracleProgram> start_jdk(const TestPki& pki);
std::unique_ptr<OracleProgram> start_xml_crypto(const TestPki& pki);

}  // namespace truc::testing
