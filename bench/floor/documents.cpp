// The steps from a package's bytes to its verified signature, by the shortest road that libxml2 and
// OpenSSL offer: contexts are made once, nothing is copied, nothing is asked twice.
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "bench/floor/floor.hpp"
#include "pki/crypto/base64.hpp"
#include "pki/crypto/handles.hpp"
#include "schemas/edxml/reading_schema.hpp"
#include "schemas/xml/handles.hpp"

namespace truc::bench {
namespace {

constexpr int kParse = XML_PARSE_NONET | XML_PARSE_COMPACT;
constexpr std::size_t kOperations = 4 * kFloorDocuments;  // of a round
using Sha256Octets = std::array<unsigned char, 32>;

Failure broken(const char* step) {
  return Failure(ErrorCode::internal).at(std::string("floor: ") + step);
}

xmlNode* find(xmlNode* from, std::string_view name) {
  for (xmlNode* node = from; node; node = node->next) {
    if (node->type != XML_ELEMENT_NODE) continue;
    if (xml::view(node->name) == name) return node;
    if (xmlNode* below = find(node->children, name)) return below;
  }
  return nullptr;
}

std::string text_of(xmlNode* node) {
  const xml::TextHandle text(xmlNodeGetContent(node));
  std::string octets(xml::view(text.get()));
  std::erase_if(octets, [](unsigned char c) { return std::isspace(c); });
  return octets;
}

// A package taken apart: the document without its signature, SignedInfo alone, what was signed.
struct Package {
  xml::TreeHandle document;
  xml::TreeHandle signed_info;
  std::string canonical;
  std::string canonical_info;
  std::string digest;     // octets
  std::string signature;  // octets
  EVP_PKEY_CTX* verifier = nullptr;
};

std::string canonical(xmlDoc* tree) {
  xml::OutputHandle output(xmlAllocOutputBuffer(nullptr));
  if (!output ||
      xmlC14NExecute(tree, nullptr, nullptr, XML_C14N_EXCLUSIVE_1_0, nullptr, 0, output.get()) < 0)
    return {};
  return std::string(reinterpret_cast<const char*>(xmlOutputBufferGetContent(output.get())),
                     xmlOutputBufferGetSize(output.get()));
}

// The same without the copy.
bool canonicalize(xmlDoc* tree) {
  const xml::OutputHandle output(xmlAllocOutputBuffer(nullptr));
  return output && xmlC14NExecute(tree, nullptr, nullptr, XML_C14N_EXCLUSIVE_1_0, nullptr, 0,
                                  output.get()) >= 0;
}

xmlDoc* parse(xmlParserCtxt* parser, std::string_view bytes) {
  return xmlCtxtReadMemory(parser, bytes.data(), static_cast<int>(bytes.size()), nullptr, nullptr,
                           kParse);
}

Result<Package> take_apart(xmlParserCtxt* parser, std::string_view bytes) {
  Package package;
  package.document.reset(parse(parser, bytes));
  if (!package.document) return broken("parse");
  xmlNode* signature = find(package.document->children, "Signature");
  if (signature == nullptr) return broken("signature");
  const auto decoded = [&](std::string_view name) {
    xmlNode* node = find(signature, name);
    return pki::decode_base64(node ? text_of(node) : std::string()).value_or("");
  };
  package.digest = decoded("DigestValue");
  package.signature = decoded("SignatureValue");
  package.signed_info.reset(xmlNewDoc(nullptr));
  xmlNode* info = xmlDocCopyNode(find(signature, "SignedInfo"), package.signed_info.get(), 1);
  xmlDocSetRootElement(package.signed_info.get(), info);
  xmlUnlinkNode(signature);
  xmlFreeNode(signature);
  package.canonical = canonical(package.document.get());
  package.canonical_info = canonical(package.signed_info.get());
  return package;
}

class Hash {
 public:
  Hash() : method_(EVP_MD_fetch(nullptr, "SHA256", nullptr)) {}
  Sha256Octets of(std::string_view octets) const {
    Sha256Octets digest{};
    EVP_Digest(octets.data(), octets.size(), digest.data(), nullptr, method_.get(), nullptr);
    return digest;
  }
  const EVP_MD* method() const { return method_.get(); }

 private:
  pki::DigestHandle method_;
};

bool verifies(const Hash& hash, const Package& package) {
  const auto digest = hash.of(package.canonical_info);
  return EVP_PKEY_verify(package.verifier,
                         reinterpret_cast<const unsigned char*>(package.signature.data()),
                         package.signature.size(), digest.data(), digest.size()) == 1;
}

Result<pki::KeyContextHandle> verifier_of(const pki::Certificate& certificate, const Hash& hash) {
  pki::KeyContextHandle context(EVP_PKEY_CTX_new(X509_get0_pubkey(certificate.native()), nullptr));
  if (context && EVP_PKEY_verify_init(context.get()) == 1 &&
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
      EVP_PKEY_CTX_set_signature_md(context.get(), hash.method()) == 1)
    return context;
  return broken("verify");
}

xml::SchemaHandle compile_schema() {
  const auto text = edxml::kReadingSchema;
  const xml::SchemaParserHandle parser(
      xmlSchemaNewMemParserCtxt(text.data(), static_cast<int>(text.size())));
  return xml::SchemaHandle(parser ? xmlSchemaParse(parser.get()) : nullptr);
}

Result<void> require_verified(const Hash& hash, const Package& package) {
  const auto digest = hash.of(package.canonical);
  const std::string_view found(reinterpret_cast<const char*>(digest.data()), digest.size());
  if (found != package.digest) return broken("digest");
  if (!verifies(hash, package)) return broken("verify");
  return success();
}

}  // namespace

Result<std::vector<StepCost>> measure_documents(const FloorMaterial& material) {
  const Hash hash;
  const xml::ParserHandle parser(xmlNewParserCtxt());
  const auto schema = compile_schema();
  const xml::SchemaCheckHandle check(xmlSchemaNewValidCtxt(schema.get()));
  if (!parser || !check) return broken("schema");

  std::vector<pki::KeyContextHandle> verifiers;
  for (const Sender& sender : material.senders) {
    TRUC_TRY(verifiers.emplace_back(), verifier_of(sender.signing.certificate(), hash));
  }
  std::vector<Package> packages;
  std::vector<xml::TreeHandle> whole;
  for (std::size_t i = 0; i < kFloorDocuments; ++i) {
    const SignedDocument& document = material.documents[i];
    TRUC_TRY(auto package, take_apart(parser.get(), document.bytes()));
    package.verifier = verifiers[document.sender].get();
    TRUC_TRY(require_verified(hash, package));
    packages.push_back(std::move(package));
    whole.emplace_back(parse(parser.get(), document.bytes()));
    if (xmlSchemaValidateDoc(check.get(), whole.back().get()) != 0) return broken("schema");
  }

  const Rounds rounds{kOperations, material.rounds};
  std::size_t failures = 0;
  const auto at = [&](std::size_t i) -> const Package& { return packages[i % kFloorDocuments]; };
  std::vector<StepCost> costs;
  costs.push_back(measure_on_thread("parse", rounds, [&](std::size_t i) {
    const auto bytes = material.documents[i % kFloorDocuments].bytes();
    const xml::TreeHandle tree(parse(parser.get(), bytes));
    failures += tree == nullptr;
  }));
  costs.push_back(measure_on_thread("schema", rounds, [&](std::size_t i) {
    failures += xmlSchemaValidateDoc(check.get(), whole[i % kFloorDocuments].get()) != 0;
  }));
  costs.push_back(measure_on_thread("canonicalise", rounds, [&](std::size_t i) {
    failures += !canonicalize(at(i).document.get()) || !canonicalize(at(i).signed_info.get());
  }));
  costs.push_back(measure_on_thread("digest", rounds, [&](std::size_t i) {
    failures +=
        hash.of(at(i).canonical).front() != static_cast<unsigned char>(at(i).digest.front());
  }));
  costs.push_back(measure_on_thread("verify", rounds,
                                    [&](std::size_t i) { failures += !verifies(hash, at(i)); }));
  if (failures > 0) return broken("a step failed while it was measured");
  return costs;
}

Result<StepCost> measure_receipt(const FloorMaterial& material) {
  constexpr std::size_t kClaimsBytes = 1'024;
  const Hash hash;
  const pki::KeyHandle key(EVP_EC_gen("P-256"));
  const pki::KeyContextHandle context(key ? EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr);
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context.get(), hash.method()) != 1)
    return broken("receipt");
  const std::string claims(kClaimsBytes, 'x');
  std::size_t failures = 0;
  auto cost = measure_on_thread("receipt", Rounds{kOperations, material.rounds}, [&](std::size_t) {
    const auto digest = hash.of(claims);
    std::array<unsigned char, 128> signature{};
    std::size_t size = signature.size();
    failures +=
        EVP_PKEY_sign(context.get(), signature.data(), &size, digest.data(), digest.size()) != 1;
  });
  if (failures > 0) return broken("receipt");
  return cost;
}

}  // namespace truc::bench
