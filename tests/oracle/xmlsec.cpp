#include <fstream>

#include "tests/oracle/oracle.hpp"
#include "tests/support/envelopes.hpp"
#include "tests/support/run_program.hpp"

namespace truc::testing {
namespace {

std::string write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string transform_text(const std::string& algorithm) {
  const std::string open = "          <Transform Algorithm=\"" + algorithm + "\"";
  if (algorithm == kXpath)
    return open +
           "><XPath>not(ancestor-or-self::*[local-name()='edXMLBody'])</XPath></Transform>\n";
  if (algorithm == kXslt) {
    return open +
           "><xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\">"
           "<xsl:template match=\"@*|node()\"><xsl:copy><xsl:apply-templates "
           "select=\"@*|node()\"/></xsl:copy></xsl:template></xsl:stylesheet></Transform>\n";
  }
  return open + "/>\n";
}

std::string reference_text(const Wish& wish, const std::string& uri) {
  std::string transforms;
  for (const auto& algorithm : wish.transforms) transforms += transform_text(algorithm);
  return "      <Reference URI=\"" + uri + "\">\n        <Transforms>\n" + transforms +
         "        </Transforms>\n        <DigestMethod Algorithm=\"" + wish.digest +
         "\"/>\n        <DigestValue/>\n      </Reference>\n";
}

// As people write templates: indented, with the default namespace of XMLDSig.
std::string template_of(const Wish& wish) {
  std::string text = "<Signature xmlns=\"" + kDsig + "\">\n    <SignedInfo>\n" +
                     "      <CanonicalizationMethod Algorithm=\"" + wish.c14n + "\"/>\n" +
                     "      <SignatureMethod Algorithm=\"" + wish.method + "\"/>\n";
  for (const auto& uri : wish.references) text += reference_text(wish, uri);
  text += "    </SignedInfo>\n    <SignatureValue/>\n";
  if (wish.key_info == "x509") text += "    <KeyInfo>\n      <X509Data/>\n    </KeyInfo>\n";
  if (wish.key_info == "value") text += "    <KeyInfo>\n      <KeyValue/>\n    </KeyInfo>\n";
  if (wish.has_object) text += "    <Object Id=\"object\">beside</Object>\n";
  return text + "  </Signature>\n";
}

std::string leaf_of(const TestPki& pki, const CredentialPaths& signer) {
  const std::string chain = file_text(signer.chain);
  const std::string end = "-----END CERTIFICATE-----\n";
  return write_file(pki.dir() + "/leaf.pem", chain.substr(0, chain.find(end) + end.size()));
}

std::string verdict_of(const ProgramResult& result) {
  return result.exit_code == 0 ? "accepted" : "refused: " + result.output;
}

std::vector<std::string> strictly(const TestPki& pki) {
  return {"xmlsec1", "--verify",      "--enabled-key-data", "x509", "--enabled-reference-uris",
          "empty",   "--trusted-pem", pki.anchors()};
}

}  // namespace

std::string Xmlsec::sign(const Wish& wish, const CredentialPaths& signer,
                         const std::string& document) {
  const std::string end = "</edXML:" + wish.parent + ">";
  const auto prepared =
      write_file(pki_.dir() + "/template.xml", with(document, end, template_of(wish) + end));
  const std::string done = pki_.dir() + "/done.xml";
  std::vector<std::string> command = {"xmlsec1", "--sign",       "--output",
                                      done,      "--id-attr:Id", kDsig + ":Object"};
  if (wish.secret.empty()) {
    command.insert(command.end(), {"--privkey-pem", signer.key + "," + leaf_of(pki_, signer) + "," +
                                                        pki_.dir() + "/ca/issuing.pem"});
  } else {
    command.insert(command.end(), {"--hmackey", write_file(pki_.dir() + "/secret", wish.secret)});
  }
  command.push_back(prepared);
  require_program(command);
  return file_text(done);
}

std::string Xmlsec::judge(const std::string& document) {
  return judge_all({document});
}

std::string Xmlsec::judge_all(const std::vector<std::string>& documents) {
  auto command = strictly(pki_);
  for (const auto& document : documents) {
    command.push_back(
        write_file(pki_.dir() + "/judged-" + std::to_string(command.size()) + ".xml", document));
  }
  return verdict_of(run_program(command));
}

std::string Xmlsec::judge_leniently(const Wish& wish, const CredentialPaths& signer,
                                    const std::string& document) {
  std::vector<std::string> command = {"xmlsec1", "--verify", "--id-attr:Id", kDsig + ":Object"};
  if (wish.secret.empty()) {
    command.insert(command.end(), {"--pubkey-cert-pem", leaf_of(pki_, signer)});
  } else {
    command.insert(command.end(), {"--hmackey", write_file(pki_.dir() + "/secret", wish.secret)});
  }
  command.push_back(write_file(pki_.dir() + "/judged.xml", document));
  return verdict_of(run_program(command));
}

}  // namespace truc::testing
