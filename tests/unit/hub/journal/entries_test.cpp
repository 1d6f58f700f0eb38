#include <catch2/catch.hpp>

#include "hub/store/entries.hpp"
#include "hub/store/records.hpp"
#include "tests/support/refusals.hpp"
#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;
using hub::Entry;
using hub::parse_entry;

namespace {

const Time kNow(std::chrono::milliseconds(1'795'333'352'473));
const auto kDigest = Sha256::parse_hex(std::string(64, 'a')).value();
const auto kSystem = SystemId::parse("00.53.W00").value();

template <class T>
T read(const std::string& entry) {
  auto parsed = parse_entry(entry);
  REQUIRE(parsed);
  REQUIRE(std::holds_alternative<T>(parsed.value()));
  return std::get<T>(std::move(parsed).value());
}

std::string one_part(std::string_view text) {
  std::string part = {0, 0, 0, static_cast<char>(text.size())};
  return part.append(text);
}

ErrorCode refused(const std::string& entry) {
  const auto parsed = parse_entry(entry);
  REQUIRE_FALSE(parsed);
  return parsed.error().code();
}

}  // namespace

TEST_CASE("an accepted item comes back as it was", "[hub][entries]") {
  Draft draft;
  draft.content = std::string("<edXML>\0\xff</edXML>", 17);
  draft.recipients = {"H37.02", "H53.01"};
  draft.attachments = {"content"};
  auto item = new_transfer(draft, kNow);
  item.other_codes = {agency("G22"), agency("G22.9")};
  const auto read_back = read<hub::NewTransfer>(hub::to_entry(item));
  CHECK(hub::records::encode(read_back.record) == hub::records::encode(item.record));
  CHECK(hub::records::encode(read_back.history) == hub::records::encode(item.history));
  CHECK(*read_back.bytes == *item.bytes);
  CHECK(read_back.history_of == item.history_of);
  CHECK(read_back.uploader == item.uploader);
  CHECK(read_back.other_codes == item.other_codes);
}

TEST_CASE("a recipient's receipt comes back as it was", "[hub][entries]") {
  const DeliveryId delivery{new_transfer_id(kNow), 3};
  const auto receipt = registered_receipt(delivery, "{\"signed\":1}", kNow);
  const auto read_back = read<hub::RecipientReceipt>(hub::to_entry(receipt));
  CHECK(read_back.delivery == delivery);
  CHECK(read_back.is_registered);
  CHECK(read_back.at == kNow);
  CHECK(read_back.receipt == receipt.receipt);
  CHECK(*read_back.to_sender.bytes == receipt.receipt);
  CHECK(hub::records::encode(read_back.to_sender.record) ==
        hub::records::encode(receipt.to_sender.record));
}

TEST_CASE("the small entries come back as they were", "[hub][entries]") {
  const std::vector<DeliveryId> deliveries = {{new_transfer_id(kNow), 0},
                                              {new_transfer_id(kNow), 7}};
  CHECK(read<hub::Acknowledgement>(hub::to_entry(hub::Acknowledgement{deliveries})).deliveries ==
        deliveries);

  const hub::StagedPart part{
      .system = kSystem, .sha256 = kDigest, .total = 10, .offset = 7, .bytes = "abc"};
  const auto staged = read<hub::StagedPart>(hub::to_entry(part));
  CHECK(staged.system == kSystem);
  CHECK(staged.sha256 == kDigest);
  CHECK((staged.total == 10 && staged.offset == 7 && staged.bytes == "abc"));

  const auto upload = read<hub::AbandonedUpload>(hub::to_entry(
      hub::AbandonedUpload{.system = kSystem, .sha256 = kDigest, .upload = 5, .received = 9}));
  CHECK((upload.system == kSystem && upload.sha256 == kDigest));
  CHECK((upload.upload == 5 && upload.received == 9));

  CHECK(read<hub::Relayed>(hub::to_entry(hub::Relayed{12})).sequence == 12);

  const auto joined = read<hub::MemberChange>(
      hub::to_entry(hub::MemberChange{true, "h1", "run", "h1.example:8443"}));
  CHECK((joined.has_joined && joined.hub == "h1" && joined.run == "run"));
  CHECK(joined.address == "h1.example:8443");
  CHECK_FALSE(
      read<hub::MemberChange>(hub::to_entry(hub::MemberChange{false, "h1", "run", ""})).has_joined);
}

TEST_CASE("the bytes of an entry are frozen", "[hub][entries]") {
  CHECK(hub::to_entry(hub::Relayed{12}) ==
        one_part(R"({"truc":1,"change":"relayed","sequence":12})"));
  CHECK(hub::to_entry(hub::MemberChange{true, "h1", "r", "a:1"}) ==
        one_part(R"({"truc":1,"change":"join","hub":"h1","run":"r","address":"a:1"})"));
}

TEST_CASE("an entry of a newer version is named, whatever it holds", "[hub][entries]") {
  CHECK(refused(one_part(R"({"truc":2,"change":"merge"})")) == ErrorCode::journal_version);
}

TEST_CASE("what is no entry is refused", "[hub][entries]") {
  for (const std::string text :
       {"", "{", "[]", "{}", R"({"truc":1})", R"({"truc":-1,"change":"relayed","sequence":1})",
        R"({"truc":1,"change":"other"})", R"({"truc":1,"change":"relayed"})",
        R"({"truc":1,"change":"relayed","sequence":"1"})",
        R"({"truc":1,"change":"acknowledge","deliveries":[]})",
        R"({"truc":1,"change":"acknowledge","deliveries":["x"]})",
        R"({"truc":1,"change":"join","hub":"h1","run":"r"})", R"({"truc":1,"change":"accept"})",
        R"({"truc":1,"change":"receipt"})", R"({"truc":1,"change":"stage"})"}) {
    CAPTURE(text);
    CHECK(refused(one_part(text)) == ErrorCode::malformed_record);
  }
}

TEST_CASE("an entry that was cut anywhere is refused", "[hub][entries]") {
  const auto whole = hub::to_entry(new_transfer(Draft(), kNow));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    REQUIRE(refused(whole.substr(0, size)) == ErrorCode::malformed_record);
  }
  CHECK(refused(whole + one_part("more")) == ErrorCode::malformed_record);
}

TEST_CASE("a part beyond its attachment is refused", "[hub][entries]") {
  hub::StagedPart part{
      .system = kSystem, .sha256 = kDigest, .total = 10, .offset = 8, .bytes = "abc"};
  CHECK(refused(hub::to_entry(part)) == ErrorCode::malformed_record);
  part.bytes.clear();
  CHECK(refused(hub::to_entry(part)) == ErrorCode::malformed_record);
}

TEST_CASE("an item with attachments says who has uploaded them", "[hub][entries]") {
  Draft draft;
  draft.attachments = {"content"};
  auto item = new_transfer(draft, kNow);
  item.uploader = std::nullopt;
  CHECK(refused(hub::to_entry(item)) == ErrorCode::malformed_record);
}
