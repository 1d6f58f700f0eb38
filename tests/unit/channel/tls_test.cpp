// Who gets in: the server's verdict on the client's certificate.
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <catch2/catch.hpp>

#include <cstdio>
#include <memory>

#include "tests/unit/channel/world.hpp"

namespace truc::channel {
namespace {

// Shows a certificate; true when a request is answered afterwards.
bool gets_in(World& world, RawClient& client,
             const std::optional<testing::CredentialPaths>& credential) {
  if (!client.handshake(credential)) return false;
  client.send(get_text("/who"));
  return status_of(client.read_answer()) == 200 && world.probe.refused.now() == 0;
}

void require_kept_out(World& world, const std::optional<testing::CredentialPaths>& credential,
                      ErrorCode code, const std::string& alert) {
  RawClient client(world.server->port());
  REQUIRE(!gets_in(world, client, credential));
  REQUIRE(world.probe.refused.reaches(1));
  CHECK(describe(world.probe.last_refusal()).name == describe(code).name);
  CHECK_THAT(client.error(), Catch::Contains(alert));
  CHECK(world.probe.answers.now() == 0);
}

struct Release {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// The same certificate as it would be after its last day: only the authority can make one.
testing::CredentialPaths make_expired(testing::TestPki& pki, testing::CredentialPaths paths) {
  using File = std::unique_ptr<std::FILE, Release>;
  const File chain(std::fopen(paths.chain.c_str(), "r"));
  const std::unique_ptr<X509, Release> leaf(PEM_read_X509(chain.get(), nullptr, nullptr, nullptr));
  const std::unique_ptr<X509, Release> issuer(
      PEM_read_X509(chain.get(), nullptr, nullptr, nullptr));
  const File key_file(std::fopen((pki.dir() + "/ca/issuing.key").c_str(), "r"));
  const std::unique_ptr<EVP_PKEY, Release> key(
      PEM_read_PrivateKey(key_file.get(), nullptr, nullptr, nullptr));
  X509_gmtime_adj(X509_getm_notBefore(leaf.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(leaf.get()), -3600);
  REQUIRE(X509_sign(leaf.get(), key.get(), EVP_sha256()) > 0);
  paths.chain = pki.dir() + "/expired.pem";
  const File out(std::fopen(paths.chain.c_str(), "w"));
  PEM_write_X509(out.get(), leaf.get());
  PEM_write_X509(out.get(), issuer.get());
  return paths;
}

TEST_CASE("a client without a certificate is kept out", "[channel][tls]") {
  World world;
  require_kept_out(world, std::nullopt, ErrorCode::identity_required, "certificate required");
}

TEST_CASE("a certificate of another authority is kept out", "[channel][tls]") {
  World world;
  require_kept_out(world, world.stranger(), ErrorCode::certificate_untrusted, "unknown ca");
}

TEST_CASE("a revoked certificate is kept out", "[channel][tls]") {
  World world;
  world.pki.revoke(world.client());
  REQUIRE_OK(world.tls->reload(world.server_tls()));
  require_kept_out(world, world.client(), ErrorCode::certificate_revoked, "certificate revoked");
}

TEST_CASE("an expired certificate is kept out", "[channel][tls]") {
  World world;
  const auto expired = make_expired(world.pki, world.client());
  require_kept_out(world, expired, ErrorCode::certificate_expired, "certificate expired");
}

TEST_CASE("a certificate for servers is no client's", "[channel][tls]") {
  World world;
  require_kept_out(world, world.pki.hub("hub-2"), ErrorCode::certificate_usage,
                   "unsupported certificate");
}

TEST_CASE("a trusted certificate that names nobody is kept out", "[channel][tls]") {
  World world;
  testing::CustomCertificate nobody;
  nobody.name = "nobody";
  nobody.extended_usage = "clientAuth";
  nobody.alternative_names = "DNS:example.vn";
  require_kept_out(world, world.pki.custom(nobody), ErrorCode::certificate_identity, "alert");
}

TEST_CASE("TLS 1.1 and suites without forward secrecy are refused", "[channel][tls]") {
  World world;
  RawClient old(world.server->port());
  CHECK(!old.handshake(world.client(), TLS1_1_VERSION, "ALL:@SECLEVEL=0"));
  RawClient weak(world.server->port());
  CHECK(!weak.handshake(world.client(), TLS1_2_VERSION, "AES128-GCM-SHA256:AES256-SHA"));
  RawClient block(world.server->port());
  CHECK(!block.handshake(world.client(), TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256"));
  CHECK(world.probe.refused.reaches(3));
}

TEST_CASE("TLS 1.3 is taken when offered, 1.2 when it is all that is", "[channel][tls]") {
  World world;
  RawClient modern(world.server->port());
  REQUIRE(modern.handshake(world.client()));
  CHECK(std::string(modern.version()) == "TLSv1.3");
  RawClient older(world.server->port());
  REQUIRE(older.handshake(world.client(), TLS1_2_VERSION));
  older.send(get_text("/who"));
  CHECK(body_of(older.read_answer()) == "system:00.53.W00");
}

TEST_CASE("a session cannot be resumed, so that every connection is judged", "[channel][tls]") {
  World world;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawClient client(world.server->port());
    REQUIRE(client.handshake(world.client(), version));
    client.send(get_text("/who"));
    REQUIRE(status_of(client.read_answer()) == 200);
    CHECK(!client.resumable());
  }
}

TEST_CASE("plain HTTP to the TLS port is refused", "[channel][tls]") {
  ServerSettings settings("127.0.0.1", 0);
  World world(settings);
  {
    RawClient gone(world.server->port());
    gone.half_close();
    REQUIRE(world.probe.refused.reaches(1));
  }
  CHECK(world.probe.closed.reaches(1));
}

TEST_CASE("a handshake that never begins is given up", "[channel][tls]") {
  ServerSettings settings("127.0.0.1", 0);
  settings.timeouts.handshake = std::chrono::milliseconds(20);
  World world(settings);
  const RawClient silent(world.server->port());
  REQUIRE(world.probe.refused.reaches(1));
  CHECK(world.probe.last_refusal() == ErrorCode::deadline_exceeded);
}

TEST_CASE("after a reload the new trust judges new connections and open ones", "[channel][tls]") {
  World world;
  const auto before = world.raw();
  before->send(get_text("/who"));
  REQUIRE(status_of(before->read_answer()) == 200);
  REQUIRE_OK(world.tls->reload(world.server_tls()));
  before->send(get_text("/who"));
  CHECK(status_of(before->read_answer()) == 200);

  world.pki.revoke(world.client());
  REQUIRE_OK(world.tls->reload(world.server_tls()));
  before->send(get_text("/who"));
  CHECK(before->read_answer().empty());
  CHECK(world.probe.last_refusal() == ErrorCode::certificate_revoked);
  RawClient after(world.server->port());
  CHECK(!gets_in(world, after, world.client()));
}

TEST_CASE("a long poll of a peer that lost our trust meanwhile gets no answer", "[channel][tls]") {
  World world;
  const auto waiting = world.raw();
  waiting->send(get_text("/gate"));
  REQUIRE(world.waiting.reaches(1));
  world.pki.revoke(world.client());
  REQUIRE_OK(world.tls->reload(world.server_tls()));
  world.gate = true;
  CHECK(waiting->read_answer().empty());
}

TEST_CASE("a reload that fails leaves the old certificates in force", "[channel][tls]") {
  World world;
  auto settings = world.server_tls();
  settings.key_path = world.pki.hub("hub-2").key;
  const auto failed = world.tls->reload(settings);
  REQUIRE_REFUSED(failed, key_mismatch);
  RawClient client(world.server->port());
  CHECK(gets_in(world, client, world.client()));
}

TEST_CASE("a context cannot be made of files that are not there", "[channel][tls]") {
  testing::TestPki pki;
  const TlsSettings settings("/nowhere/key", "/nowhere/chain", pki.trust());
  CHECK(!TlsContext::make(settings, TlsRole::server));
}

}  // namespace
}  // namespace truc::channel
