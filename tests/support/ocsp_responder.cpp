#include "tests/support/ocsp_responder.hpp"

#include <fstream>

#include "tests/support/run_program.hpp"

namespace truc::testing {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

void OcspResponder::know(const CredentialPaths& credential) {
  const auto line =
      require_program({"openssl", "x509", "-in", credential.chain, "-noout", "-serial"});
  const auto serial = line.substr(line.find('=') + 1, line.find('\n') - line.find('=') - 1);
  good_ += "V\t491231235959Z\t\t" + serial + "\tunknown\t/CN=" + serial + "\n";
}

CredentialPaths OcspResponder::signer_paths(Signer signer) {
  if (signer == Signer::authority)
    return {pki_.dir() + "/ca/issuing.key", pki_.dir() + "/ca/issuing.pem"};
  CustomCertificate wanted;
  wanted.name = "responder";
  if (signer != Signer::stranger) wanted.extended_usage = "OCSPSigning";
  if (signer != Signer::appointed_without_nocheck) wanted.more_extensions = "noCheck = ignored\n";
  return pki_.custom(wanted);
}

std::string OcspResponder::answer(const std::string& request, Signer signer, int minutes) {
  const std::string folder = pki_.dir();
  write(folder + "/ocsp.index", good_ + text_of(folder + "/ca/issuing.index"));
  write(folder + "/ocsp.request", request);
  const auto paths = signer_paths(signer);
  std::vector<std::string> arguments = {"openssl",  "ocsp",
                                        "-index",   folder + "/ocsp.index",
                                        "-CA",      folder + "/ca/issuing.pem",
                                        "-rsigner", paths.chain,
                                        "-rkey",    paths.key,
                                        "-reqin",   folder + "/ocsp.request",
                                        "-respout", folder + "/ocsp.response"};
  if (minutes > 0) arguments.insert(arguments.end(), {"-nmin", std::to_string(minutes)});
  require_program(arguments);
  return text_of(folder + "/ocsp.response");
}

}  // namespace truc::testing
