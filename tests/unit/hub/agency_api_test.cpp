#include "hub/api/agency_api.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "hub/api/operator_api.hpp"
#include "hub/api/ranges.hpp"
#include "hub/api/views.hpp"
#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"
#include "tests/support/hub/hub_world.hpp"
#include "tests/support/hub/strand.hpp"
#include "tests/support/refusals.hpp"

namespace truc::hub {
namespace {

using namespace testing;
using channel::Method;
using channel::Request;
using channel::Response;
using pki::ReceiptKind;
namespace json = boost::json;

// A body in memory that tells its length, or not.
class Body final : public channel::BodyReader {
 public:
  Body(std::string bytes, std::optional<std::uint64_t> stated)
      : bytes_(std::move(bytes)), stated_(stated) {}
  asio::awaitable<Result<std::string>> read_some(std::size_t max) override {
    std::string part = bytes_.substr(at_, max);
    at_ += part.size();
    co_return part;
  }
  std::optional<std::uint64_t> length() const override { return stated_; }

 private:
  std::string bytes_;
  std::optional<std::uint64_t> stated_;
  std::size_t at_ = 0;
};

struct Ask {
  Method method = Method::get;
  std::string target;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::uint64_t> length;  // what the request states; the body's own by default
};

asio::awaitable<Response> ask_as(std::function<asio::awaitable<Response>(Request&)> handler,
                                 pki::PeerIdentity peer, Ask ask) {
  Body body(ask.body, ask.length.value_or(ask.body.size()));
  Request request;
  request.method = ask.method;
  request.target = channel::Target::parse(ask.target).value();
  for (auto& [name, value] : ask.headers) request.headers.set(name, value);
  request.peer = std::make_shared<const pki::PeerIdentity>(std::move(peer));
  request.peer_address = "127.0.0.1:5000";
  request.body = &body;
  Response response = co_await handler(request);
  if (response.source) {
    while (true) {  // ends at the source's end
      Result<std::string> chunk = co_await response.source();
      if (!chunk || chunk.value().empty()) break;
      response.body += chunk.value();
    }
  }
  if (response.shared_body) response.body = *response.shared_body;
  co_return response;
}

const SystemId kAnySystem = SystemId::parse(kOfficeSystem).value();
const Place kElsewhere{.where = Place::Where::elsewhere, .address = "h2.example:8443"};

// Of several hubs, this one; the test says who serves.
class FakePlacement final : public Placement {
 public:
  Place place_of(const SystemId&) const override {
    const std::lock_guard lock(mutex_);
    return place_;
  }
  bool is_serving() const override { return place_of(kAnySystem).where != Place::Where::nowhere; }
  std::vector<ServingHub> hubs() const override { return {{"h1", "h1.example:8443"}}; }
  void move_to(Place place) {
    const std::lock_guard lock(mutex_);
    place_ = std::move(place);
  }

 private:
  mutable std::mutex mutex_;
  Place place_{.where = Place::Where::here, .address = {}};
};

// The test says what there is to tell.
struct FakeBackups final : Backups {
  Result<void> ask() override { return success(); }
  BackupReport report() const override { return told; }
  BackupReport told;
};

struct ApiWorld : HubWorld {
  Response ask(const pki::PeerIdentity& peer, Ask ask) {
    return run_on_strand(loop, ask_as([this](Request& r) { return api.answer(r); }, peer, ask));
  }
  Response get(const std::string& agency, const std::string& target) {
    return ask(peer_of(agency), Ask{Method::get, target, {}, {}, {}});
  }
  Response submit(const std::string& agency, const std::string& bytes,
                  const std::string& path = "/v1/documents") {
    return ask(peer_of(agency), Ask{Method::post, path, bytes, {kXml}, {}});
  }
  Response put_receipt(const std::string& agency, const DeliveryId& delivery, ReceiptKind kind,
                       const std::string& text) {
    const auto target =
        "/v1/deliveries/" + delivery.text() + "/receipts/" + std::string(to_text(kind));
    return ask(peer_of(agency), Ask{Method::put, target, text, {kJose}, {}});
  }
  Response confirm(const std::string& agency, const std::string& lines) {
    return ask(peer_of(agency), Ask{Method::post, "/v1/deliveries", lines, {kText}, {}});
  }
  json::array open(const std::string& agency) {
    return json::parse(get(agency, "/v1/mailbox").body).at("entries").as_array();
  }
  Response as_operator(const std::string& target, Method method = Method::get) {
    return as_operator_of(operators, target, method);
  }
  Response as_operator_of(OperatorApi& of, const std::string& target, Method method) {
    return run_on_strand(loop, ask_as([&of](Request& r) { return of.answer(r); }, operator_peer(),
                                      Ask{method, target, {}, {}, {}}));
  }

  AgencyServices agency_services() {
    AgencyServices all(services(), admission, receipts, signals, verifiers, readers, adapters,
                       probe);
    all.placement = &placement;
    return all;
  }

  inline static const std::pair<std::string, std::string> kXml{"Content-Type", "application/xml"};
  inline static const std::pair<std::string, std::string> kText{"Content-Type", "text/plain"};
  inline static const std::pair<std::string, std::string> kJose{"Content-Type",
                                                                "application/jose+json"};
  channel::Loop loop;
  MailboxSignals signals;
  channel::WorkerPool verifiers{2, 4};
  channel::WorkerPool readers{2, 64};
  AdaptersOnline adapters{clock};
  telemetry::Metrics metrics;
  HubProbe probe{metrics};
  FakePlacement placement;
  AgencyApi api{agency_services()};
  OperatorServices operator_services() {
    OperatorServices all(directory, store, readers, adapters, probe, metrics, clock);
    all.placement = &placement;
    return all;
  }
  HubFacts facts() { return HubFacts{"h1", "1", "embedded", clock.now()}; }
  OperatorApi operators{operator_services(), facts(), [] {}};
};

std::string signed_document(const std::string& id = "d1",
                            const std::vector<std::string>& to = {kTax, kProvince}) {
  return sign(sample_document_xml(sample_document(kOffice, to, id), {}), kOffice);
}

std::string error_name(const Response& response) {
  return std::string(json::parse(response.body).at("name").as_string());
}

DeliveryId first_delivery(const Response& submitted) {
  const auto location = std::string(*submitted.headers.find("Location"));
  return DeliveryId{TransferId::parse(location.substr(location.rfind('/') + 1)).value(), 0};
}

TEST_CASE("a document is answered with its receipt, and again with the same", "[hub][api]") {
  ApiWorld world;
  const auto bytes = signed_document();
  const auto first = world.submit(kOffice, bytes);
  REQUIRE(first.status == 201);
  REQUIRE(first.content_type == channel::kReceiptJson);
  const auto again = world.submit(kOffice, bytes);
  REQUIRE(again.status == 200);
  REQUIRE(again.body == first.body);
  REQUIRE(again.headers.find("Location") == first.headers.find("Location"));
  REQUIRE(world.store.transfers() == 1);
}

TEST_CASE("lint answers with every fault in the form of a refusal, and keeps nothing",
          "[hub][api]") {
  ApiWorld world;
  const auto good = world.submit(kOffice, signed_document(), "/v1/lint");
  REQUIRE(good.status == 200);
  REQUIRE(good.body == R"({"faults":[],"complete":true})");
  const auto bad = world.submit(kOffice, signed_document("d1", {kUnknown, kEnded}), "/v1/lint");
  REQUIRE(bad.status == 200);
  const auto answer = json::parse(bad.body);
  const auto& faults = answer.at("faults").as_array();
  REQUIRE(faults.size() == 2);
  REQUIRE(faults[0].at("code") == "TRUC-5007");
  REQUIRE(faults[1].at("name") == "recipient_closed");
  REQUIRE(faults[1].at("remedy").as_object().contains("vi"));
  REQUIRE(world.store.transfers() == 0);
}

TEST_CASE("lint is bounded like a submission", "[hub][api]") {
  ApiWorld world;
  const auto typeless =
      world.ask(peer_of(kOffice), Ask{Method::post, "/v1/lint", signed_document(), {}, {}});
  REQUIRE(error_name(typeless) == "unsupported_media_type");
  const Ask large{Method::post, "/v1/lint", "", {ApiWorld::kXml}, limits::kEnvelopeBytesMax + 1};
  REQUIRE(error_name(world.ask(peer_of(kOffice), large)) == "body_too_large");
  const Ask got{Method::get, "/v1/lint", "", {}, {}};
  REQUIRE(error_name(world.ask(peer_of(kOffice), got)) == "method_not_allowed");
  REQUIRE(world.api.free_body_bytes() == limits::kEnvelopeBytesInFlightMax);
}

TEST_CASE("no receipt leaves when the write fails", "[hub][api]") {
  ApiWorld world;
  world.store.fail_next_commit(ErrorCode::storage_failed);
  const auto refused = world.submit(kOffice, signed_document());
  REQUIRE(refused.status == 503);
  REQUIRE(error_name(refused) == "storage_failed");
  REQUIRE(refused.headers.find("Retry-After"));
  REQUIRE(world.store.transfers() == 0);
}

TEST_CASE("requests that are no requests are told so", "[hub][api]") {
  struct Case {
    Ask ask;
    std::string name;
  };
  const std::string id(64, 'a');
  const auto c = GENERATE_COPY(
      Case{{Method::get, "/", {}, {}, {}}, "not_found"},
      Case{{Method::get, "/v2/documents", {}, {}, {}}, "not_found"},
      Case{{Method::get, "/v1/nothing", {}, {}, {}}, "not_found"},
      Case{{Method::get, "/v1/mailbox/more", {}, {}, {}}, "not_found"},
      Case{{Method::del, "/v1/documents", {}, {}, {}}, "method_not_allowed"},
      Case{{Method::get, "/v1/statuses", {}, {}, {}}, "method_not_allowed"},
      Case{{Method::post, "/v1/mailbox", {}, {}, {}}, "method_not_allowed"},
      Case{{Method::put, "/v1/health", {}, {}, {}}, "method_not_allowed"},
      Case{{Method::get, "/v1/attachments/" + id, {}, {}, {}}, "method_not_allowed"},
      Case{{Method::post, "/v1/documents", "<a/>", {{"Content-Type", "text/html"}}, {}},
           "unsupported_media_type"},
      Case{{Method::post, "/v1/documents", "<a/>", {}, {}}, "unsupported_media_type"},
      Case{{Method::post, "/v1/documents", "<a/>", {ApiWorld::kXml}, limits::kEnvelopeBytesMax + 1},
           "body_too_large"},
      Case{{Method::get, "/v1/documents", {}, {}, {}}, "malformed_request"},
      Case{{Method::get, "/v1/documents/x", {}, {}, {}}, "malformed_transfer_id"},
      Case{{Method::get, "/v1/deliveries/x", {}, {}, {}}, "malformed_delivery_id"},
      Case{{Method::head, "/v1/attachments/x", {}, {}, {}}, "malformed_digest"},
      Case{{Method::put, "/v1/attachments/" + id, "x", {}, {}}, "malformed_range"},
      Case{{Method::put, "/v1/attachments/" + id, "xy", {{"Content-Range", "bytes 0-0/1"}}, {}},
           "body_too_large"},
      Case{{Method::put, "/v1/attachments/" + id, "x", {{"Content-Range", "bytes 0-1/2"}}, {}},
           "malformed_range"},
      Case{{Method::get, "/v1/mailbox?wait=31", {}, {}, {}}, "malformed_request"},
      Case{{Method::get, "/v1/mailbox?wait=-1", {}, {}, {}}, "malformed_request"},
      Case{{Method::get, "/v1/mailbox?max=0", {}, {}, {}}, "malformed_request"},
      Case{{Method::get, "/v1/mailbox?max=65", {}, {}, {}}, "malformed_request"},
      Case{{Method::get, "/v1/mailbox?items=-1", {}, {}, {}}, "malformed_request"},
      Case{{Method::get, "/v1/mailbox?items=1048577", {}, {}, {}}, "malformed_request"},
      Case{{Method::get, "/v1/agencies?level=5", {}, {}, {}}, "malformed_request"},
      Case{{Method::get, "/v1/agencies/H99.99", {}, {}, {}}, "not_found"},
      Case{{Method::get, "/v1/agencies/x", {}, {}, {}}, "malformed_agency_code"});
  ApiWorld world;
  CAPTURE(c.ask.target);
  REQUIRE(error_name(world.ask(peer_of(kOffice), c.ask)) == c.name);
}

TEST_CASE("only systems are answered by the agencies' listener, only operators by theirs",
          "[hub][api]") {
  ApiWorld world;
  pki::PeerIdentity hub;
  hub.hub = "h1";
  for (const auto& peer : {operator_peer(), hub}) {
    for (const char* target : {"/v1/health", "/v1/mailbox", "/v1/agencies", "/nothing"}) {
      const auto refused = world.ask(peer, Ask{Method::get, target, {}, {}, {}});
      REQUIRE(error_name(refused) == "identity_refused");
    }
  }
  for (const char* target : {"/", "/metrics", "/v1/overview", "/v1/health", "/nothing"}) {
    const auto refused =
        run_on_strand(world.loop, ask_as([&](Request& r) { return world.operators.answer(r); },
                                         peer_of(kOffice), Ask{Method::get, target, {}, {}, {}}));
    REQUIRE(error_name(refused) == "identity_refused");
  }
}

TEST_CASE("a system that the directory does not know is answered nothing", "[hub][api]") {
  ApiWorld world;
  const auto unlisted = system_peer("00.99.W00", {kOffice});
  for (const char* target : {"/v1/health", "/v1/mailbox", "/v1/agencies", "/nothing"}) {
    const auto refused = world.ask(unlisted, Ask{Method::get, target, {}, {}, {}});
    REQUIRE(error_name(refused) == "identity_refused");
  }
  world.directory.replace(
      directory_from(R"({"code":"H01","name":"x","system":"00.99.W00","closed":"2025-01-01"})"));
  REQUIRE(world.ask(unlisted, Ask{Method::get, "/v1/health", {}, {}, {}}).status == 200);
}

TEST_CASE("a method that a path does not know is told which ones it does", "[hub][api]") {
  ApiWorld world;
  const auto put = world.ask(peer_of(kOffice), Ask{Method::put, "/v1/documents", {}, {}, {}});
  REQUIRE(put.status == 405);
  REQUIRE(put.headers.find("Allow") == "POST, GET");
  const auto post = world.as_operator("/v1/overview", Method::post);
  REQUIRE(post.headers.find("Allow") == "GET");
}

TEST_CASE("a recipient lists, fetches and acknowledges its delivery", "[hub][api]") {
  ApiWorld world;
  const auto bytes = signed_document();
  const auto submitted = world.submit(kOffice, bytes);
  const auto delivery = first_delivery(submitted);

  const auto listed = json::parse(world.get(kTax, "/v1/mailbox").body).at("entries").as_array();
  REQUIRE(listed.size() == 1);
  REQUIRE(listed[0].at("delivery").as_string() == delivery.text());
  REQUIRE(json::serialize(listed[0].at("receipt")) == submitted.body);

  const auto fetched = world.get(kTax, "/v1/deliveries/" + delivery.text());
  REQUIRE(fetched.content_type == channel::kEnvelopeXml);
  REQUIRE(fetched.body == bytes);

  const auto receipt = world.receipt(ReceiptKind::delivered, delivery, kTax);
  REQUIRE(world.put_receipt(kTax, delivery, ReceiptKind::delivered, receipt).status == 200);
  REQUIRE(world.put_receipt(kTax, delivery, ReceiptKind::delivered, receipt).status == 200);
  REQUIRE(world.get(kTax, "/v1/mailbox").body == R"({"entries":[]})");
  REQUIRE(world.probe.deliveries(Level::two, DeliveryStep::delivered) == 1);
}

TEST_CASE("a page brings documents when it is asked to, byte for byte", "[hub][api]") {
  ApiWorld world;
  const auto bytes = signed_document();
  const auto submitted = world.submit(kOffice, bytes);
  const auto entry = [&](const std::string& target) {
    return json::parse(world.get(kTax, target).body).at("entries").at(0).as_object();
  };
  REQUIRE_FALSE(entry("/v1/mailbox").contains("item"));
  REQUIRE_FALSE(entry("/v1/mailbox?items=" + std::to_string(bytes.size() - 1)).contains("item"));
  const auto with_it = entry("/v1/mailbox?items=" + std::to_string(bytes.size()));
  REQUIRE(with_it.at("item").as_string() == bytes);
  REQUIRE(json::serialize(with_it.at("receipt")) == submitted.body);
}

TEST_CASE("an item that is no text is left out of the page", "[hub][api]") {
  ApiWorld world;
  const auto delivery = first_delivery(world.submit(kOffice, signed_document()));
  const auto record = world.store.transfer(delivery.transfer).value();
  const auto shown = [&](const std::string& bytes) {
    const MailboxEntry entry{record, 0, std::make_shared<const std::string>(bytes)};
    return json::parse(mailbox_json({entry})).at("entries").at(0).as_object();
  };
  REQUIRE(shown("<a>\"\\\t Đ</a>").at("item").as_string() == "<a>\"\\\t Đ</a>");
  REQUIRE_FALSE(shown("<a>\xc0</a>").contains("item"));
}

TEST_CASE("the sender gets the recipient's receipt, and takes it off with DELETE", "[hub][api]") {
  ApiWorld world;
  const auto delivery = first_delivery(world.submit(kOffice, signed_document()));
  const auto receipt = world.receipt(ReceiptKind::delivered, delivery, kTax);
  world.put_receipt(kTax, delivery, ReceiptKind::delivered, receipt);

  const auto entries = json::parse(world.get(kOffice, "/v1/mailbox").body).at("entries").as_array();
  REQUIRE(entries.size() == 1);
  REQUIRE(entries[0].at("kind").as_string() == "receipt");
  REQUIRE_FALSE(entries[0].as_object().contains("receipt"));
  REQUIRE(json::serialize(entries[0].at("item")) == receipt);
  const auto target = "/v1/deliveries/" + std::string(entries[0].at("delivery").as_string());
  const auto fetched = world.get(kOffice, target);
  REQUIRE(fetched.content_type == channel::kReceiptJson);
  REQUIRE(fetched.body == receipt);
  for (int i = 0; i < 2; ++i)
    REQUIRE(world.ask(peer_of(kOffice), Ask{Method::del, target, {}, {}, {}}).status == 200);
  REQUIRE(world.get(kOffice, "/v1/mailbox").body == R"({"entries":[]})");
}

TEST_CASE("a document is not taken off without a receipt", "[hub][api]") {
  ApiWorld world;
  const auto delivery = first_delivery(world.submit(kOffice, signed_document()));
  const auto target = "/v1/deliveries/" + delivery.text();
  REQUIRE(error_name(world.ask(peer_of(kTax), Ask{Method::del, target, {}, {}, {}})) ==
          "method_not_allowed");
}

TEST_CASE("many confirmations go in one request, and each has an outcome of its own",
          "[hub][api]") {
  ApiWorld world;
  std::string lines;
  std::vector<DeliveryId> deliveries;
  for (const char* id : {"d1", "d2", "d3"}) {
    deliveries.push_back(first_delivery(world.submit(kOffice, signed_document(id, {kTax}))));
    lines += deliveries.back().text() + "/delivered " +
             world.receipt(ReceiptKind::delivered, deliveries.back(), kTax) + '\n';
  }
  lines += deliveries[0].text() + "/registered " +
           world.receipt(ReceiptKind::registered, deliveries[0], kTax);
  for (int i = 0; i < 2; ++i) {
    const auto answer = world.confirm(kTax, lines);
    REQUIRE(answer.status == 200);
    REQUIRE(answer.body == R"({"outcomes":[{},{},{},{}]})");
  }
  REQUIRE(world.probe.deliveries(Level::two, DeliveryStep::delivered) == 3);
  REQUIRE(world.probe.deliveries(Level::two, DeliveryStep::registered) == 1);
  REQUIRE(world.open(kTax).empty());

  const auto entries = world.open(kOffice);
  REQUIRE(entries.size() == 4);
  std::string taken;
  for (const auto& entry : entries)
    taken += std::string(entry.at("delivery").as_string()) + "/taken\n";
  for (int i = 0; i < 2; ++i)
    REQUIRE(world.confirm(kOffice, taken).body == R"({"outcomes":[{},{},{},{}]})");
  REQUIRE(world.open(kOffice).empty());
}

TEST_CASE("a confirmation that is refused holds up no other", "[hub][api]") {
  ApiWorld world;
  const auto first = first_delivery(world.submit(kOffice, signed_document("d1", {kTax})));
  const auto second = first_delivery(world.submit(kOffice, signed_document("d2", {kTax})));
  const auto third = first_delivery(world.submit(kOffice, signed_document("d3", {kTax})));
  const auto of = [&](const DeliveryId& delivery) {
    return world.receipt(ReceiptKind::delivered, delivery, kTax);
  };
  const DeliveryId nobodys{world.ids.next(), 0};
  const auto outcomes = [&](const std::string& lines) {
    std::vector<std::string> names;
    const auto answer = json::parse(world.confirm(kTax, lines).body);
    for (const auto& outcome : answer.at("outcomes").as_array()) {
      const auto* name = outcome.as_object().if_contains("name");
      names.emplace_back(name == nullptr ? std::string() : std::string(name->as_string()));
    }
    return names;
  };
  CHECK(outcomes(first.text() + "/delivered " + of(second) + '\n' +   //
                 second.text() + "/delivered " + of(second) + '\n' +  //
                 second.text() + "/delivered {}\n" +                  //
                 third.text() + "/taken\n" +                          //
                 nobodys.text() + "/delivered " + of(third) + '\n' +  //
                 nobodys.text() + "/taken") ==
        std::vector<std::string>{"receipt_mismatch", "", "receipt_malformed", "method_not_allowed",
                                 "delivery_unknown", "delivery_unknown"});
  CHECK(world.open(kTax).size() == 2);
  world.clock.advance(std::chrono::seconds(1));
  CHECK(outcomes(second.text() + "/delivered " + of(second)) ==
        std::vector<std::string>{"receipt_conflict"});
  // Two of one kind for one delivery at once: the first of them stands.
  const auto one = of(third);
  world.clock.advance(std::chrono::seconds(1));
  CHECK(outcomes(third.text() + "/delivered " + one + '\n' + third.text() + "/delivered " +
                 of(third)) == std::vector<std::string>{"", "receipt_conflict"});
}

TEST_CASE("confirmations that are none are told so, and nothing is done", "[hub][api]") {
  ApiWorld world;
  const auto delivery = first_delivery(world.submit(kOffice, signed_document("d1", {kTax})));
  const auto good =
      delivery.text() + "/delivered " + world.receipt(ReceiptKind::delivered, delivery, kTax);
  const auto name = [&](const std::string& lines) {
    return error_name(world.confirm(kTax, lines));
  };
  CHECK(name("") == "malformed_request");
  CHECK(name("\n") == "malformed_request");
  CHECK(name(good + "\n\n") == "malformed_request");
  CHECK(name(good + "\n" + delivery.text()) == "malformed_request");
  CHECK(name(good + "\n" + delivery.text() + "/read") == "malformed_request");
  CHECK(name(good + "\n" + delivery.text() + "/delivered") == "malformed_request");
  CHECK(name(good + "\n" + delivery.text() + "/taken {}") == "malformed_request");
  CHECK(name(good + "\n" + delivery.text() + " /taken") == "malformed_request");
  CHECK(name(good + "\nx/taken") == "malformed_delivery_id");
  std::string many = good;
  for (std::size_t i = 0; i < pki::kConfirmationsMax; ++i)
    many += '\n' + delivery.text() + "/taken";
  CHECK(name(many) == "malformed_request");
  CHECK(json::parse(world.confirm(kTax, many).body).at("place").as_string() == "line 65");
  const Ask as_json{Method::post, "/v1/deliveries", good, {ApiWorld::kJose}, {}};
  CHECK(error_name(world.ask(peer_of(kTax), as_json)) == "unsupported_media_type");
  const Ask large{
      Method::post, "/v1/deliveries", good, {ApiWorld::kText}, pki::kConfirmationsBytesMax + 1};
  CHECK(error_name(world.ask(peer_of(kTax), large)) == "body_too_large");
  CHECK(world.open(kTax).size() == 1);
  CHECK(world.confirm(kTax, good + "\n").body == R"({"outcomes":[{}]})");
}

TEST_CASE("what belongs to another is answered like what does not exist", "[hub][api]") {
  ApiWorld world;
  const auto delivery = first_delivery(world.submit(kOffice, signed_document("d1", {kTax})));
  const DeliveryId nothing{world.ids.next(), 0};
  const std::string digest(64, 'a');
  struct Way {
    Method method;
    std::string before;
    std::string after;
    bool of_document;
  };
  const auto way =
      GENERATE_COPY(Way{Method::get, "/v1/deliveries/", "", false},
                    Way{Method::del, "/v1/deliveries/", "", false},
                    Way{Method::get, "/v1/deliveries/", "/attachments/" + digest, false},
                    Way{Method::put, "/v1/deliveries/", "/receipts/delivered", false},
                    Way{Method::put, "/v1/deliveries/", "/receipts/registered", false},
                    Way{Method::get, "/v1/documents/", "", true});
  const auto ask = [&](const DeliveryId& id, const std::string& agency) {
    const auto name = way.of_document ? id.transfer.text() : id.text();
    return world.ask(peer_of(agency),
                     Ask{way.method, way.before + name + way.after, "{}", {ApiWorld::kJose}, {}});
  };
  const auto seen = ask(delivery, kProvince);
  const auto unknown = ask(nothing, kProvince);
  REQUIRE(seen.status == 404);
  REQUIRE(seen.body == unknown.body);
  if (!way.of_document) REQUIRE(ask(delivery, kOffice).body == unknown.body);
}

TEST_CASE("a mailbox of another cannot be named", "[hub][api]") {
  ApiWorld world;
  const auto others = world.get(kProvince, std::string("/v1/mailbox?agency=") + kTax);
  REQUIRE(others.status == 404);
  REQUIRE(others.body == world.get(kProvince, "/v1/mailbox?agency=H99.99").body);
}

TEST_CASE("a successor empties the mailbox of the agency that it follows, asked by name",
          "[hub][api]") {
  // Delivered while the agency was open: the directory learns of the closure afterwards.
  ApiWorld world;
  auto before = sample_directory();
  before = with(before, R"(,"closed":"2025-07-01","successors":["000.20.32.H53"])", "");
  world.directory.replace(directory_from(before));
  const auto delivery = first_delivery(world.submit(kOffice, signed_document("d1", {kMerged})));
  world.directory.replace(directory_from(sample_directory()));

  const auto town = system_peer(kProvinceSystem, {kTown});
  const auto list = [&](const std::string& target) {
    return json::parse(world.ask(town, Ask{Method::get, target, {}, {}, {}}).body)
        .at("entries")
        .as_array();
  };
  REQUIRE(list("/v1/mailbox").empty());
  REQUIRE(list(std::string("/v1/mailbox?agency=") + kMerged).size() == 1);
  const auto receipt = world.receipt(ReceiptKind::delivered, delivery, kTown);
  const auto target = "/v1/deliveries/" + delivery.text() + "/receipts/delivered";
  REQUIRE(world.ask(town, Ask{Method::put, target, receipt, {ApiWorld::kJose}, {}}).status == 200);
  REQUIRE(list(std::string("/v1/mailbox?agency=") + kMerged).empty());
}

TEST_CASE("a receipt that speaks of something else is refused", "[hub][api]") {
  ApiWorld world;
  const auto delivery = first_delivery(world.submit(kOffice, signed_document("d1", {kTax})));
  const auto other = first_delivery(world.submit(kOffice, signed_document("d2", {kTax})));
  const auto put = [&](ReceiptKind kind, const std::string& text) {
    return error_name(world.put_receipt(kTax, delivery, kind, text));
  };
  const auto good = world.receipt(ReceiptKind::delivered, delivery, kTax);
  REQUIRE(put(ReceiptKind::delivered, world.receipt(ReceiptKind::delivered, other, kTax)) ==
          "receipt_mismatch");
  REQUIRE(put(ReceiptKind::delivered, world.receipt(ReceiptKind::registered, delivery, kTax)) ==
          "receipt_mismatch");
  REQUIRE(put(ReceiptKind::registered, good) == "receipt_mismatch");
  REQUIRE(put(ReceiptKind::delivered, world.receipt(ReceiptKind::delivered, delivery, kProvince)) ==
          "receipt_mismatch");
  REQUIRE(put(ReceiptKind::delivered, world.store.transfer(delivery.transfer).value()->receipt) ==
          "receipt_mismatch");
  REQUIRE(put(ReceiptKind::delivered, "{}") == "receipt_malformed");
  REQUIRE(put(ReceiptKind::delivered, std::string(limits::kHttpSmallBodyBytesMax + 1, ' ')) ==
          "body_too_large");
  world.clock.advance(std::chrono::hours(1));
  const auto ahead = world.receipt(ReceiptKind::delivered, delivery, kTax);
  world.clock.advance(-std::chrono::hours(1));
  REQUIRE(put(ReceiptKind::delivered, ahead) == "receipt_ahead");
  REQUIRE(world.put_receipt(kTax, delivery, ReceiptKind::delivered, good).status == 200);
}

TEST_CASE("a second receipt of a kind is refused and the first stands", "[hub][api]") {
  ApiWorld world;
  const auto delivery = first_delivery(world.submit(kOffice, signed_document("d1", {kTax})));
  const auto first = world.receipt(ReceiptKind::delivered, delivery, kTax);
  REQUIRE(world.put_receipt(kTax, delivery, ReceiptKind::delivered, first).status == 200);
  world.clock.advance(std::chrono::seconds(1));
  const auto second = world.receipt(ReceiptKind::delivered, delivery, kTax);
  REQUIRE(error_name(world.put_receipt(kTax, delivery, ReceiptKind::delivered, second)) ==
          "receipt_conflict");
  REQUIRE(world.put_receipt(kTax, delivery, ReceiptKind::delivered, first).status == 200);
}

TEST_CASE("only documents are registered", "[hub][api]") {
  ApiWorld world;
  world.submit(kOffice, signed_document("d1", {kTax}));
  const auto status =
      sample_status_xml(sample_status(edxml::StatusCode::registered, "d1", kTax, kOffice));
  const auto delivery = first_delivery(world.submit(kTax, sign(status, kTax), "/v1/statuses"));
  const auto registered = world.receipt(ReceiptKind::registered, delivery, kOffice);
  REQUIRE(error_name(world.put_receipt(kOffice, delivery, ReceiptKind::registered, registered)) ==
          "receipt_mismatch");
  const auto delivered = world.receipt(ReceiptKind::delivered, delivery, kOffice);
  REQUIRE(world.put_receipt(kOffice, delivery, ReceiptKind::delivered, delivered).status == 200);
}

TEST_CASE("the history shows everything to the sender, and its own part to a recipient",
          "[hub][api]") {
  ApiWorld world;
  const auto submitted = world.submit(kOffice, signed_document());
  const auto delivery = first_delivery(submitted);
  world.put_receipt(kTax, delivery, ReceiptKind::delivered,
                    world.receipt(ReceiptKind::delivered, delivery, kTax));
  const auto target = "/v1/documents/" + delivery.transfer.text();
  const auto senders = json::parse(world.get(kOffice, target).body);
  REQUIRE(senders.at("deliveries").as_array().size() == 2);
  REQUIRE(senders.at("events").as_array().size() == 2);
  REQUIRE(json::serialize(senders.at("receipt")) == submitted.body);
  REQUIRE(senders.at("deliveries").at(0).at("state").as_string() == "delivered");
  REQUIRE(senders.at("deliveries").at(0).as_object().contains("delivered_receipt"));

  const auto province = json::parse(world.get(kProvince, target).body);
  REQUIRE(province.at("deliveries").as_array().size() == 1);
  REQUIRE(province.at("deliveries").at(0).at("recipient").as_string() == kProvince);
  REQUIRE(province.at("events").as_array().size() == 1);
  const auto found = world.get(kOffice, std::string("/v1/documents?sender=G22&document_id=d1"));
  REQUIRE(json::parse(found.body) == senders);
}

TEST_CASE("attachments are uploaded in order, bound, and read in ranges", "[hub][api]") {
  ApiWorld world;
  std::string content(2'500, 'x');
  content.back() = '!';
  const Sha256 digest = pki::sha256(content);
  const auto upload = "/v1/attachments/" + digest.hex();
  const auto put = [&](const std::string& part, const std::string& range) {
    return world.ask(peer_of(kOffice),
                     Ask{Method::put, upload, part, {{"Content-Range", range}}, {}});
  };
  REQUIRE(put(content.substr(0, 1'000), "bytes 0-999/2500").status == 200);
  REQUIRE(error_name(put(content.substr(2'000), "bytes 2000-2499/2500")) == "malformed_range");
  const auto state = world.ask(peer_of(kOffice), Ask{Method::head, upload, {}, {}, {}});
  REQUIRE(state.headers.find("Upload-Offset") == "1000");
  REQUIRE(state.headers.find("Upload-Complete") == "false");
  REQUIRE(put(content.substr(1'000), "bytes 1000-2499/2500").headers.find("Upload-Complete") ==
          "true");
  const auto strangers = world.ask(peer_of(kTax), Ask{Method::head, upload, {}, {}, {}});
  REQUIRE(strangers.headers.find("Upload-Offset") == "0");

  auto document = sample_document(kOffice, {kTax}, "d1");
  document.beside_attachments.push_back(
      edxml::BesideAttachment{"a", "a.pdf", "", "application/pdf", digest, content.size()});
  const auto submitted = world.submit(kOffice, sign(sample_document_xml(document, {}), kOffice));
  REQUIRE(submitted.status == 201);
  const auto target = "/v1/deliveries/" + first_delivery(submitted).text() + "/attachments/";
  REQUIRE(world.get(kTax, target + digest.hex()).body == content);
  REQUIRE(error_name(world.get(kTax, target + std::string(64, 'b'))) == "delivery_unknown");
  const auto range = [&](const std::string& wanted) {
    return world.ask(peer_of(kTax),
                     Ask{Method::get, target + digest.hex(), {}, {{"Range", wanted}}, {}});
  };
  const auto tail = range("bytes=2499-");
  REQUIRE(tail.status == 206);
  REQUIRE(tail.body == "!");
  REQUIRE(tail.headers.find("Content-Range") == "bytes 2499-2499/2500");
  REQUIRE(range("bytes=10-1209").body == content.substr(10, 1'200));
  REQUIRE(error_name(range("bytes=2500-")) == "malformed_range");
}

TEST_CASE("a body over what is free in memory is told to come later", "[hub][api]") {
  ApiWorld world;
  AgencyApi small(AgencyServices(world.services(), world.admission, world.receipts, world.signals,
                                 world.verifiers, world.readers, world.adapters, world.probe),
                  100);
  const auto answer = [&](std::size_t bytes) {
    return run_on_strand(
        world.loop,
        ask_as([&](Request& r) { return small.answer(r); }, peer_of(kOffice),
               Ask{Method::post, "/v1/documents", std::string(bytes, ' '), {ApiWorld::kXml}, {}}));
  };
  REQUIRE(error_name(answer(101)) == "busy");
  REQUIRE(error_name(answer(100)) != "busy");
  REQUIRE(small.free_body_bytes() == 100);
}

TEST_CASE("one system's bodies leave room for another's", "[hub][api]") {
  ApiWorld world;
  AgencyApi small(AgencyServices(world.services(), world.admission, world.receipts, world.signals,
                                 world.verifiers, world.readers, world.adapters, world.probe),
                  100, 60);
  const auto answer = [&](const std::string& agency, std::size_t bytes) {
    return error_name(run_on_strand(
        world.loop,
        ask_as([&](Request& r) { return small.answer(r); }, peer_of(agency),
               Ask{Method::post, "/v1/documents", std::string(bytes, ' '), {ApiWorld::kXml}, {}})));
  };
  REQUIRE(answer(kOffice, 61) == "busy");
  REQUIRE(answer(kOffice, 60) != "busy");
  REQUIRE(answer(kTax, 60) != "busy");
}

TEST_CASE("a long poll ends with the first entry", "[hub][api]") {
  ApiWorld world;
  auto waiting = start_on_strand(
      world.loop, ask_as([&](Request& r) { return world.api.answer(r); }, peer_of(kTax),
                         Ask{Method::get, "/v1/mailbox?wait=30", {}, {}, {}}));
  while (world.signals.subscriptions() == 0) std::this_thread::yield();
  world.accept(sample_document(kOffice, {kTax}, "d1"));
  world.signals.notify(std::vector{agency(kTax)});
  const auto answer = channel::finish(std::move(waiting));
  REQUIRE(json::parse(answer.body).at("entries").as_array().size() == 1);
}

TEST_CASE("a system that another hub serves is led there, and may still send", "[hub][api]") {
  ApiWorld world;
  world.placement.move_to(kElsewhere);
  const auto sent = world.submit(kOffice, signed_document());
  REQUIRE(sent.status == 201);
  const auto delivery = first_delivery(sent);
  CHECK(world.get(kOffice, "/v1/documents/" + delivery.transfer.text()).status == 200);
  CHECK(world.get(kTax, "/v1/deliveries/" + delivery.text()).status == 200);
  CHECK(world
            .put_receipt(kTax, delivery, ReceiptKind::delivered,
                         world.receipt(ReceiptKind::delivered, delivery, kTax))
            .status == 200);

  const std::string unknown = "01931b3c-8a00-7000-8000-000000000001";
  for (const std::string& target : {std::string("/v1/mailbox"), "/v1/documents/" + unknown,
                                    "/v1/deliveries/" + unknown + ".0"}) {
    CAPTURE(target);
    const auto led = world.get(kTax, target);
    CHECK(led.status == 421);
    CHECK(error_name(led) == "served_elsewhere");
    CHECK(led.headers.find("Location") == "https://h2.example:8443/");
  }
  CHECK(error_name(world.confirm(kTax, unknown + ".0/taken")) == "served_elsewhere");
  // What is not a matter of having it already is the same everywhere.
  CHECK(world.get(kTax, "/v1/agencies/H99").status == 404);
  CHECK(world.submit(kOffice, "<x/>").status == 422);
}

TEST_CASE("a hub that is cut off does nothing but say so", "[hub][api]") {
  ApiWorld world;
  const auto delivery = first_delivery(world.submit(kOffice, signed_document()));
  world.placement.move_to({});
  CHECK(error_name(world.submit(kOffice, signed_document("d2"))) == "cut_off");
  for (const std::string& target :
       {std::string("/v1/mailbox"), "/v1/documents/" + delivery.transfer.text(),
        "/v1/deliveries/" + delivery.text()}) {
    CAPTURE(target);
    const auto refused = world.get(kTax, target);
    CHECK(refused.status == 503);
    CHECK(error_name(refused) == "cut_off");
    CHECK(refused.headers.find("Retry-After"));
  }
  CHECK(world.get(kTax, "/v1/health").status == 200);
  const auto overview = json::parse(world.as_operator("/v1/overview").body).as_object();
  CHECK(overview.at("serving") == false);
  CHECK(overview.at("hubs").at(0).at("hub") == "h1");
}

TEST_CASE("a long poll ends when another hub serves from now on", "[hub][api]") {
  ApiWorld world;
  std::thread mover([&] {
    while (world.signals.subscriptions() == 0) std::this_thread::yield();
    world.placement.move_to(kElsewhere);
    world.signals.wake_all();
  });
  const auto led = world.get(kTax, "/v1/mailbox?wait=30");
  mover.join();
  CHECK(led.status == 421);
}

TEST_CASE("ranges are read strictly", "[hub][api]") {
  REQUIRE(parse_content_range("bytes 0-0/1").value().length == 1);
  REQUIRE(parse_content_range("bytes 5-9/10").value().first == 5);
  for (const char* bad :
       {"", "bytes", "bytes 0-0", "bytes 1-0/2", "bytes 0-1/1", "bytes -1-2/3", "bytes 0-0/*",
        "items 0-0/1", "bytes 0-0/1x", "bytes 0-18446744073709551616/2"}) {
    CAPTURE(bad);
    REQUIRE_REFUSED(parse_content_range(bad), malformed_range);
  }
  const auto most = std::to_string(limits::kAttachmentBytesMax);
  REQUIRE_OK(parse_content_range("bytes 0-0/" + most));
  REQUIRE_REFUSED(parse_content_range("bytes 0-0/" + most + "0"), attachment_too_large);
  for (const char* other : {"bytes=-5", "bytes=0-1,3-4", "items=0-", "bytes=5-4", "bytes=x-"}) {
    CAPTURE(other);
    REQUIRE_FALSE(parse_range(other, 10).value());
  }
  REQUIRE(parse_range("bytes=0-99", 10).value()->length == 10);
}

TEST_CASE("the overview says when the last backup was made, where the hub keeps any",
          "[hub][api]") {
  ApiWorld world;
  CHECK_FALSE(json::parse(world.as_operator("/v1/overview").body).as_object().contains("backup"));
  FakeBackups backups;
  const auto told = [&] {
    auto services = world.operator_services();
    services.backup.emplace(backups, std::vector<std::string>());
    OperatorApi operators(services, world.facts(), [] {});
    const auto text = world.as_operator_of(operators, "/v1/overview", Method::get).body;
    return json::parse(text).at("backup").as_object();
  };
  CHECK(told().empty());
  const Time first = world.clock.now();
  const Time second = first + std::chrono::hours(24);
  backups.told.backups = {Backup{.id = 1, .at = first, .hub = "h1"},
                          Backup{.id = 2, .at = second, .hub = "h1"}};
  CHECK(told() == json::object{{"made_at", to_rfc3339(second)}});
  backups.told.running_since = second;
  backups.told.last_failure = FailedBackup{first, Failure(ErrorCode::file_failed)};
  CHECK(told() == json::object{{"made_at", to_rfc3339(second)},
                               {"running_since", to_rfc3339(second)},
                               {"failed_at", to_rfc3339(first)}});
}

TEST_CASE("an operator sees who sent to whom and how far, never what", "[hub][api]") {
  ApiWorld world;
  const auto delivery = first_delivery(world.submit(kOffice, signed_document()));
  world.submit(kOffice, "<a/>");
  world.put_receipt(kTax, delivery, ReceiptKind::delivered,
                    world.receipt(ReceiptKind::delivered, delivery, kTax));
  const auto text = world.as_operator("/v1/overview").body;
  const auto overview = json::parse(text);
  REQUIRE(overview.at("items").at("documents").to_number<int>() == 1);
  REQUIRE(overview.at("items").at("refused").to_number<int>() == 1);
  REQUIRE(overview.at("items").at("receipts").to_number<int>() == 1);
  REQUIRE(overview.at("levels").at(1).at("accepted").to_number<int>() == 2);
  REQUIRE(overview.at("levels").at(1).at("delivered").to_number<int>() == 1);
  const auto& latest = overview.at("latest").at(0);
  REQUIRE(latest.at("sender_name").as_string() == "Văn phòng Chính phủ");
  REQUIRE(latest.at("deliveries").at(0).at("state").as_string() == "delivered");
  REQUIRE(overview.at("adapters").as_array().size() == 2);
  REQUIRE(text.find("Về việc") == std::string::npos);
  REQUIRE(text.find("Triển khai") == std::string::npos);
}

TEST_CASE("the page and its parts are served, and nothing else", "[hub][api]") {
  ApiWorld world;
  REQUIRE(world.as_operator("/").content_type == "text/html; charset=utf-8");
  REQUIRE(world.as_operator("/page.js").content_type == "text/javascript; charset=utf-8");
  REQUIRE(world.as_operator("/page.css").content_type == "text/css; charset=utf-8");
  REQUIRE(world.as_operator("/").headers.find("Content-Security-Policy"));
  REQUIRE(world.as_operator("/metrics").body.find("truc_hub_ingest_documents_total") !=
          std::string::npos);
  REQUIRE(error_name(world.as_operator("/page.png")) == "not_found");
  REQUIRE(error_name(world.as_operator("/", Method::post)) == "method_not_allowed");
}

TEST_CASE("an adapter is on line while it asks and a little longer", "[hub][api]") {
  FakeClock clock;
  AdaptersOnline adapters(clock);
  {
    const auto one = adapters.visit(peer_of(kOffice), "10.0.0.1:1");
    const auto other = adapters.visit(peer_of(kOffice), "10.0.0.1:2");
    clock.advance(AdaptersOnline::kPresenceTime * 3);
    REQUIRE(adapters.list().size() == 1);
    REQUIRE(adapters.list()[0].connections == 2);
  }
  clock.advance(AdaptersOnline::kPresenceTime);
  REQUIRE(adapters.list().size() == 1);
  clock.advance(std::chrono::milliseconds(1));
  REQUIRE(adapters.list().empty());
}

}  // namespace
}  // namespace truc::hub
