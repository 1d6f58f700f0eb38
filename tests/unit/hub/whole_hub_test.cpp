// The hub as main starts it: real store, real TLS, loopback.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "hub/app/hub.hpp"
#include "pki/channel/http_client.hpp"
#include "pki/signature/sign.hpp"
#include "tests/support/hub/hub_world.hpp"
#include "tests/support/hub/strand.hpp"
#include "tests/support/refusals.hpp"

namespace truc::hub {
namespace {

using namespace testing;
using channel::ClientRequest;
using channel::ClientResponse;
using channel::Method;

class WholeHub {
 public:
  WholeHub() : folder_(shared_pki().dir() + "/whole-hub") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/directory.jsonl") << sample_directory();
  }
  ~WholeHub() {
    stop();
    std::filesystem::remove_all(folder_);
  }

  HubConfig config() const {
    const auto tls = shared_pki().hub("h1");
    const auto receipt = shared_pki().hub_receipts("h1");
    config::Reader reader("id = \"h1\"\ndata = \"" + folder_ + "/data\"\ndirectory = \"" + folder_ +
                              "/directory.jsonl\"\n[tls]\nkey = \"" + tls.key + "\"\nchain = \"" +
                              tls.chain + "\"\n[receipt]\nkey = \"" + receipt.key +
                              "\"\nchain = \"" + receipt.chain + "\"\n[trust]\nanchors = [\"" +
                              shared_pki().anchors() + "\"]\ncrls = [\"" +
                              shared_pki().root_list() + "\", \"" + shared_pki().issuing_list() +
                              "\"]\n[agency_listener]\nport = 0\n[operator_listener]\nport = 0\n",
                          "hub.toml");
    return read_hub_config(reader);
  }
  void start() {
    auto hub = Hub::start(config(), log_);
    REQUIRE_OK(hub);
    hub_ = std::move(hub).value();
  }
  void stop() {
    if (hub_) hub_->stop();
    hub_.reset();
  }
  Hub& hub() { return *hub_; }
  telemetry::Log& log() { return log_; }
  const std::string& folder() const { return folder_; }

  ClientResponse send(const CredentialPaths& who, std::uint16_t port, ClientRequest request) {
    const auto tls = channel::TlsContext::make(
        channel::TlsSettings(who.key, who.chain, shared_pki().trust()), channel::TlsRole::client);
    auto client = channel::HttpClient::make(
        loop_.executor(), channel::ClientSettings("127.0.0.1", port), tls.value());
    auto response = run_on_strand(loop_, client->send(std::move(request)));
    REQUIRE_OK(response);
    return std::move(response).value();
  }

 private:
  std::string folder_;
  telemetry::Log log_{telemetry::LogLevel::error};
  channel::Loop loop_;
  std::unique_ptr<Hub> hub_;
};

ClientRequest submission(const std::string& bytes) {
  ClientRequest request(Method::post, "/v1/documents");
  request.content_type = channel::kEnvelopeXml;
  request.body = std::make_shared<const std::string>(bytes);
  return request;
}

TEST_CASE("a document travels through a whole hub, and its receipt outlives a restart",
          "[hub][app]") {
  WholeHub whole;
  whole.start();
  const auto office = shared_pki().system(kOfficeSystem, {kOffice});
  const auto ministry = shared_pki().system(kMinistrySystem, {kMinistry, kTax});
  const auto bytes = sign(sample_document_xml(sample_document(kOffice, {kTax}, "d1"), {}), kOffice);
  const auto accepted = whole.send(office, whole.hub().agency_port(), submission(bytes));
  REQUIRE(accepted.status == 201);

  const auto mailbox = whole.send(ministry, whole.hub().agency_port(),
                                  ClientRequest(Method::get, "/v1/mailbox?wait=20"));
  const auto entries = boost::json::parse(mailbox.body).at("entries").as_array();
  REQUIRE(entries.size() == 1);
  const auto target = "/v1/deliveries/" + std::string(entries[0].at("delivery").as_string());
  const auto fetched =
      whole.send(ministry, whole.hub().agency_port(), ClientRequest(Method::get, target));
  REQUIRE(fetched.body == bytes);

  whole.stop();
  whole.start();
  const auto again = whole.send(office, whole.hub().agency_port(), submission(bytes));
  REQUIRE(again.status == 200);
  REQUIRE(again.body == accepted.body);
}

TEST_CASE("a reload takes all files or none", "[hub][app]") {
  WholeHub whole;
  whole.start();
  const auto office = shared_pki().system(kOfficeSystem, {kOffice});
  const auto look = [&](const std::string& code) {
    return whole
        .send(office, whole.hub().agency_port(), ClientRequest(Method::get, "/v1/agencies/" + code))
        .status;
  };
  const auto write = [&](const std::string& lines) {
    std::ofstream(whole.folder() + "/directory.jsonl") << lines;
    whole.hub().reload();
  };
  write(sample_directory() + R"({"code":"H01","name":"x","system":"00.09.W00"})");
  REQUIRE(look("H01") == 200);
  write("{]");
  REQUIRE(look("H01") == 200);
  write(sample_directory());
  REQUIRE(look("H01") == 404);
}

TEST_CASE("a hub that cannot start says why and leaves nothing running", "[hub][app]") {
  WholeHub whole;
  auto config = whole.config();
  SECTION("without a directory") {
    config.directory += ".gone";
    REQUIRE_REFUSED(Hub::start(config, whole.log()), file_failed);
    REQUIRE_REFUSED(check_hub(config), file_failed);
  }
  SECTION("with a receipt certificate of another hub") {
    config.id = "h2";
    REQUIRE_REFUSED(Hub::start(config, whole.log()), certificate_identity);
    REQUIRE_REFUSED(check_hub(config), certificate_identity);
  }
  SECTION("with an agency's certificate for its receipts") {
    const auto agency = shared_pki().agency_paths(kOffice);
    config.receipt = {agency.key, agency.chain};
    REQUIRE_REFUSED(Hub::start(config, whole.log()), certificate_identity);
  }
  SECTION("on a port that is taken") {
    whole.start();
    config.data = whole.folder() + "/other";
    config.agency_listener.port = whole.hub().agency_port();
    REQUIRE_REFUSED(Hub::start(config, whole.log()), peer_unreachable);
  }
  SECTION("on a store that another hub has open") {
    whole.start();
    REQUIRE_REFUSED(Hub::start(config, whole.log()), storage_failed);
  }
}

}  // namespace
}  // namespace truc::hub
