#include <openssl/evp.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "pki/crypto/base64.hpp"
#include "pki/crypto/digest.hpp"
#include "pki/crypto/digest_stream.hpp"
#include "pki/crypto/key.hpp"
#include "tests/support/refusals.hpp"
#include "tests/support/run_program.hpp"
#include "tests/support/test_pki.hpp"

namespace truc::pki {
namespace {

using testing::CustomCertificate;
using testing::TestPki;

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("a signature that the library cannot make is a failure of ours", "[pki][key]") {
  TestPki pki;
  const auto credential = pki.agency("G22");
  REQUIRE(EVP_set_default_properties(nullptr, "provider=nobody") == 1);
  const auto made = credential.key().sign("text");
  REQUIRE(EVP_set_default_properties(nullptr, "") == 1);
  REQUIRE_REFUSED(made, crypto_failed);
  REQUIRE_FALSE(made.error().detail().empty());
  REQUIRE_OK(credential.key().sign("text"));
}

TEST_CASE("SHA-256 has the values of FIPS 180-4's examples", "[pki][digest]") {
  REQUIRE(sha256("abc").hex() ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  REQUIRE(sha256("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("a digest in pieces equals the digest at once, and the stream starts anew",
          "[pki][digest]") {
  Sha256Stream stream;
  for (const char c : std::string("abc")) stream.update(std::string_view(&c, 1));
  REQUIRE(stream.finish() == sha256("abc"));
  REQUIRE(stream.finish() == sha256(""));
}

TEST_CASE("each digest of the signature profile has its size", "[pki][digest]") {
  REQUIRE(DigestStream(DigestAlgorithm::sha256).finish().size() == 32);
  REQUIRE(DigestStream(DigestAlgorithm::sha384).finish().size() == 48);
  REQUIRE(DigestStream(DigestAlgorithm::sha512).finish().size() == 64);
}

TEST_CASE("base64 has the values of RFC 4648", "[pki][base64]") {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    REQUIRE(encode_base64(bytes) == text);
    REQUIRE(decode_base64(text) == bytes);
    const std::string bare = text.substr(0, text.find('='));
    REQUIRE(encode_base64url(bytes) == bare);
    REQUIRE(decode_base64url(bare) == bytes);
  }
  REQUIRE(encode_base64("\xfb\xff") == "+/8=");
  REQUIRE(encode_base64url("\xfb\xff") == "-_8");
}

TEST_CASE("base64 refuses every spelling but the canonical one", "[pki][base64]") {
  for (const auto* text : {"Zg", "Zg=", "Zg===", "====", "Zh==", "Zm9=", "Zm9v\n", " Zm9v",
                           "Zm9v=", "Zm-v", "Zg==Zg==", "Z===", "Zm9\0"})
    REQUIRE_FALSE(decode_base64(text));
  for (const auto* text : {"Zg==", "Zh", "Zm9", "Z", "Zm9v Zg", "Zm+v", "Zm/v"}) {
    CAPTURE(text);
    REQUIRE_FALSE(decode_base64url(text));
  }
}

TEST_CASE("a certificate tells its names, its URIs and its times", "[pki][certificate]") {
  TestPki pki;
  const auto client = pki.system("00.53.W00", {"000.00.00.G22", "H37.02"}).load();
  const auto& certificate = client.certificate();
  REQUIRE(certificate.subject() == "CN=system 00.53.W00,O=Truc pilot,C=VN");
  REQUIRE(certificate.issuer() == "CN=Truc pilot issuing authority,O=Truc pilot,C=VN");
  REQUIRE(certificate.uris() == std::vector<std::string>{"urn:truc:system:00.53.W00",
                                                         "urn:truc:agency:000.00.00.G22",
                                                         "urn:truc:agency:H37.02"});
  REQUIRE(certificate.not_before() < certificate.not_after());
  REQUIRE(certificate.serial_hex().size() == 32);
  REQUIRE(certificate.fingerprint() == sha256(certificate.der()));
  REQUIRE(client.chain().size() == 2);
}

TEST_CASE("a certificate is read from exactly its DER bytes", "[pki][certificate]") {
  TestPki pki;
  const std::string der = pki.agency("H37.02").certificate().der();
  REQUIRE(Certificate::from_der(der).value().der() == der);
  REQUIRE_REFUSED(Certificate::from_der(der + '\0'), certificate_malformed);
  REQUIRE_REFUSED(Certificate::from_der(der.substr(0, der.size() - 1)), certificate_malformed);
  REQUIRE_REFUSED(Certificate::from_der(""), certificate_malformed);
  REQUIRE_REFUSED(Certificate::from_der("not a certificate"), certificate_malformed);
  REQUIRE_REFUSED(Certificate::from_der(std::string(17 * 1024, '\x30')), certificate_malformed);
  // The same content with the outer length in a longer form than DER allows.
  REQUIRE(der.substr(0, 2) == "\x30\x82");
  const std::string ber = std::string("\x30\x83\x00", 3) + der.substr(2);
  REQUIRE_REFUSED(Certificate::from_der(ber), certificate_malformed);
}

TEST_CASE("a certificate with control characters in a URI is not read", "[pki][certificate]") {
  TestPki pki;
  CustomCertificate wanted;
  wanted.name = "nul";
  // IA5String "urn:truc:\0agency" under GeneralName [6].
  wanted.more_extensions =
      "2.5.29.17 = DER:30:12:86:10:75:72:6e:3a:74:72:75:63:3a:00:61:67:65:6e:63:79\n";
  REQUIRE_REFUSED(Certificate::load_pem_file(pki.custom(wanted).chain), certificate_malformed);
}

TEST_CASE("a PEM file that is broken or holds no certificate is refused", "[pki][certificate]") {
  TestPki pki;
  const std::string path = pki.dir() + "/some.pem";
  REQUIRE_REFUSED(Certificate::load_pem_file(path), file_failed);
  REQUIRE_REFUSED(Certificate::load_pem_file(pki.dir()), file_failed);
  write_file(path, "");
  REQUIRE_REFUSED(Certificate::load_pem_file(path), certificate_malformed);
  std::string text = file_text(pki.anchors());
  text.replace(text.size() / 2, 4, "****");
  write_file(path, file_text(pki.anchors()) + text);
  REQUIRE_REFUSED(Certificate::load_pem_file(path), certificate_malformed);
}

TEST_CASE("what a key signs its certificate verifies, and nothing else", "[pki][key]") {
  TestPki pki;
  const bool rsa = GENERATE(false, true);
  const auto paths = rsa ? pki.agency_rsa_paths("H37.02") : pki.agency_paths("H37.02");
  const auto signer = paths.load();
  const auto algorithm = signer.key().algorithm();
  REQUIRE(algorithm == (rsa ? SignatureAlgorithm::rsa_sha256 : SignatureAlgorithm::ecdsa_sha256));
  const std::string signature = signer.key().sign("text").value();
  REQUIRE(signature.size() == (rsa ? 256 : 64));
  const auto& certificate = signer.certificate();
  REQUIRE_OK(verify_signature(certificate, algorithm, "text", signature));
  REQUIRE_REFUSED(verify_signature(certificate, algorithm, "texT", signature), signature_invalid);
  std::string other = signature;
  other[other.size() / 2] = static_cast<char>(other[other.size() / 2] ^ 1);
  REQUIRE_REFUSED(verify_signature(certificate, algorithm, "text", other), signature_invalid);
  REQUIRE_REFUSED(verify_signature(certificate, algorithm, "text", signature + '\0'),
                  signature_invalid);
  REQUIRE_REFUSED(verify_signature(certificate, algorithm, "text", ""), signature_invalid);
  REQUIRE_REFUSED(verify_signature(certificate, algorithm, "text", signature.substr(1)),
                  signature_invalid);
  const auto foreign = rsa ? SignatureAlgorithm::ecdsa_sha256 : SignatureAlgorithm::rsa_sha256;
  REQUIRE_REFUSED(verify_signature(certificate, foreign, "text", signature), signature_algorithm);
}

TEST_CASE("an ECDSA signature in DER or with zero halves is refused", "[pki][key]") {
  TestPki pki;
  const auto signer = pki.agency("H37.02");
  const auto refuse = [&](const std::string& signature) {
    REQUIRE_REFUSED(
        verify_signature(signer.certificate(), SignatureAlgorithm::ecdsa_sha256, "text", signature),
        signature_invalid);
  };
  refuse(std::string(64, '\0'));
  refuse(std::string(64, '\xff'));
  const std::string raw = signer.key().sign("text").value();
  refuse("\x30\x44\x02\x20" + raw.substr(0, 32) + "\x02\x20" + raw.substr(32));
  refuse(std::string(1, '\0') + raw.substr(0, 32) + std::string(1, '\0') + raw.substr(32));
}

TEST_CASE("a key file that others may read is refused", "[pki][key]") {
  TestPki pki;
  const auto paths = pki.agency_paths("H37.02");
  namespace fs = std::filesystem;
  fs::permissions(paths.key, fs::perms::group_read, fs::perm_options::add);
  const auto refused = PrivateKey::load_pem_file(paths.key);
  REQUIRE_REFUSED(refused, key_unreadable);
  REQUIRE(refused.error().place() == paths.key);
  REQUIRE(refused.error().found() == "mode 640");
}

TEST_CASE("a key file that is missing, encrypted or no key is refused", "[pki][key]") {
  TestPki pki;
  const auto paths = pki.agency_paths("H37.02");
  REQUIRE_REFUSED(PrivateKey::load_pem_file(pki.dir() + "/none.key"), key_unreadable);
  const std::string encrypted = pki.dir() + "/encrypted.key";
  testing::require_program({"openssl", "pkcs8", "-topk8", "-in", paths.key, "-passout",
                            "pass:secret", "-out", encrypted});
  REQUIRE_REFUSED(PrivateKey::load_pem_file(encrypted), key_unreadable);
  write_file(paths.key, file_text(pki.anchors()));
  REQUIRE_REFUSED(PrivateKey::load_pem_file(paths.key), key_unreadable);
}

TEST_CASE("a weak key is refused", "[pki][key]") {
  TestPki pki;
  const std::string kind = GENERATE("rsa:1024", "ec:secp256k1", "ec:P-521", "ed25519");
  CAPTURE(kind);
  CustomCertificate wanted;
  wanted.name = "weak";
  wanted.key = kind;
  const auto paths = pki.custom(wanted);
  REQUIRE_REFUSED(PrivateKey::load_pem_file(paths.key), certificate_weak);
  const auto certificate = Certificate::load_pem_file(paths.chain).value().front();
  REQUIRE_REFUSED(verify_signature(certificate, SignatureAlgorithm::rsa_sha256, "", ""),
                  certificate_weak);
}

TEST_CASE("a key beside another one's certificate is refused", "[pki][key]") {
  TestPki pki;
  const auto one = pki.agency_paths("H37.02");
  const auto other = pki.agency_paths("H37.03");
  REQUIRE_REFUSED(Credential::load(one.key, other.chain), key_mismatch);
}

}  // namespace truc::pki
