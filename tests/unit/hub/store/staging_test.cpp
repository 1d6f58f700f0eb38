// Attachments beside the envelope: resumable, checked, taken over once, readable in parts.
#include <catch2/catch.hpp>

#include "pki/crypto/digest.hpp"
#include "tests/support/store/temp_store.hpp"

using namespace truc;
using namespace truc::test;
using hub::Durable;

namespace {

SystemId system_of(std::string_view text) {
  return SystemId::parse(text).value();
}
const SystemId kSystem = system_of("00.53.W00");

std::string content_of(std::size_t size, char seed = 'a') {
  std::string content(size, seed);
  for (std::size_t i = 0; i < size; i += 997) content[i] = static_cast<char>(i % 251);
  return content;
}

Result<hub::StagedUpload> stage(hub::RocksStore& store, const std::string& content,
                                std::size_t offset, std::size_t size,
                                const SystemId& system = kSystem) {
  return store.stage(system, pki::sha256(content), content.size(), offset,
                     content.substr(offset, size));
}

void stage_whole(hub::RocksStore& store, const std::string& content,
                 const SystemId& system = kSystem) {
  REQUIRE(stage(store, content, 0, content.size(), system).value().complete);
}

std::string read_whole(hub::RocksStore& store, const std::string& content) {
  std::string whole;
  for (;;) {
    const auto part = store.read_attachment(pki::sha256(content), whole.size()).value();
    if (part.empty()) return whole;
    REQUIRE(part.size() <= limits::kBlobChunkBytes);
    whole += part;
  }
}

}  // namespace

TEST_CASE("an upload goes on where it stopped, over a restart", "[hub][staging]") {
  TempStore store;
  const auto content = content_of(3 * limits::kMiB + 12'345);
  REQUIRE(stage(*store, content, 0, 1'500'000).value().received == 1'500'000);
  const auto reopened = GENERATE(false, true);
  if (reopened) store.reopen();
  REQUIRE(store->staged(kSystem, pki::sha256(content)).value().received == 1'500'000);
  REQUIRE_FALSE(store->staged(kSystem, pki::sha256(content)).value().complete);
  const auto done = stage(*store, content, 1'500'000, content.size()).value();
  REQUIRE(done.complete);
  REQUIRE(store->staged(kSystem, pki::sha256(content)).value().complete);
}

TEST_CASE("a part that does not continue the upload is refused", "[hub][staging]") {
  TempStore store;
  const auto content = content_of(10'000);
  const auto refused = [&](std::size_t offset, std::size_t size) {
    const auto result = stage(*store, content, offset, size);
    REQUIRE(result.error().code() == ErrorCode::malformed_range);
    return result.error().expected();
  };
  REQUIRE(refused(1, 10) == "0");
  stage(*store, content, 0, 4'000).value();
  REQUIRE(refused(0, 4'000) == "4000");
  REQUIRE(refused(3'999, 10) == "4000");
  REQUIRE(refused(4'001, 10) == "4000");
  const auto sha256 = pki::sha256(content);
  REQUIRE(store->stage(kSystem, sha256, 20'000, 4'000, "x").error().place() == "total");
  REQUIRE(store->stage(kSystem, sha256, 10'000, 4'000, std::string(6'001, 'x')).error().code() ==
          ErrorCode::malformed_range);
  REQUIRE(store->staged(kSystem, sha256).value().received == 4'000);
}

TEST_CASE("sizes out of bounds are refused", "[hub][staging]") {
  TempStore store;
  const Sha256 sha256{};
  REQUIRE(store->stage(kSystem, sha256, 0, 0, "").error().code() == ErrorCode::attachment_empty);
  REQUIRE(store->stage(kSystem, sha256, limits::kAttachmentBytesMax + 1, 0, "x").error().code() ==
          ErrorCode::attachment_too_large);
  REQUIRE(store->stage(kSystem, sha256, limits::kAttachmentBytesMax, 0, "x").value().received == 1);
  const std::string part(limits::kAttachmentPartBytesMax + 1, 'x');
  REQUIRE(store->stage(kSystem, sha256, limits::kAttachmentBytesMax, 1, part).error().code() ==
          ErrorCode::body_too_large);
}

TEST_CASE("an upload whose digest does not hold is dropped", "[hub][staging]") {
  TempStore store;
  const auto content = content_of(10'000);
  stage(*store, content, 0, 4'000).value();
  const auto wrong =
      store->stage(kSystem, pki::sha256(content), 10'000, 4'000, std::string(6'000, '?'));
  REQUIRE(wrong.error().code() == ErrorCode::attachment_mismatch);
  REQUIRE(wrong.error().expected() == pki::sha256(content).hex());
  REQUIRE(store->staged(kSystem, pki::sha256(content)).value().received == 0);
  stage_whole(*store, content);
}

TEST_CASE("a document takes its attachments over, and they are kept once", "[hub][staging]") {
  TempStore store;
  const auto content = content_of(2 * limits::kMiB + 1);
  stage_whole(*store, content);
  const auto now = store.clock().now();
  commit_now(*store, new_transfer({.document_id = "1", .attachments = {content}}, now)).value();
  REQUIRE(read_whole(*store, content) == content);
  REQUIRE(store->staged(kSystem, pki::sha256(content)).value().received == 0);

  stage_whole(*store, content);
  commit_now(*store, new_transfer({.document_id = "2", .attachments = {content}}, now)).value();
  store.reopen();
  store.database().flush().value();
  REQUIRE(read_whole(*store, content) == content);
  REQUIRE(store->read_attachment(pki::sha256(content), content.size() - 1).value().size() == 1);
  REQUIRE(store->read_attachment(pki::sha256(content), content.size() + 1).value().empty());
}

TEST_CASE("small parts are read back as one content", "[hub][staging]") {
  TempStore store;
  const auto content = content_of(1'000);
  for (std::size_t offset = 0; offset < content.size(); offset += 100)
    stage(*store, content, offset, 100).value();
  commit_now(*store, new_transfer({.attachments = {content}}, store.clock().now())).value();
  REQUIRE(read_whole(*store, content) == content);
  REQUIRE(store->read_attachment(pki::sha256(content), 150).value() == content.substr(150, 50));
}

TEST_CASE("a document without its uploads is refused and names them", "[hub][staging]") {
  TempStore store;
  const auto whole = content_of(1'000, 'w');
  const auto part = content_of(1'000, 'p');
  const auto absent = content_of(1'000, 'x');
  stage_whole(*store, whole);
  stage(*store, part, 0, 999).value();
  const Draft draft{.attachments = {whole, part, absent}};
  const auto refused = commit_now(*store, new_transfer(draft, store.clock().now()));
  REQUIRE(refused.error().code() == ErrorCode::attachment_missing);
  REQUIRE(refused.error().expected() == pki::sha256(part).hex() + ", " + pki::sha256(absent).hex());
  REQUIRE(store->staged(kSystem, pki::sha256(whole)).value().complete);
  REQUIRE(store->outbox_depth() == 0);
  stage(*store, part, 999, 1).value();
  stage_whole(*store, absent);
  REQUIRE(commit_now(*store, new_transfer(draft, store.clock().now())));
}

TEST_CASE("what one system uploaded another cannot send", "[hub][staging]") {
  TempStore store;
  const auto content = content_of(1'000);
  stage_whole(*store, content);
  const auto now = store.clock().now();
  const Draft thief{.document_id = "stolen", .attachments = {content}, .uploader = "00.01.W00"};
  REQUIRE(commit_now(*store, new_transfer(thief, now)).error().code() ==
          ErrorCode::attachment_missing);
  commit_now(*store, new_transfer({.attachments = {content}}, now)).value();
  REQUIRE(commit_now(*store, new_transfer(thief, now)).error().code() ==
          ErrorCode::attachment_missing);
}

TEST_CASE("an attachment of another size than stated is missing", "[hub][staging]") {
  TempStore store;
  const auto content = content_of(1'000);
  stage_whole(*store, content);
  auto item = new_transfer({.attachments = {content}}, store.clock().now());
  item.record.attachments[0].size = 999;
  REQUIRE(commit_now(*store, item).error().code() == ErrorCode::attachment_missing);
}

TEST_CASE("a document that names one attachment twice takes it once", "[hub][staging]") {
  TempStore store;
  const auto content = content_of(1'000);
  stage_whole(*store, content);
  commit_now(*store, new_transfer({.attachments = {content, content}}, store.clock().now()))
      .value();
  REQUIRE(read_whole(*store, content) == content);
}

TEST_CASE("a repeated document needs no upload", "[hub][staging]") {
  TempStore store;
  const auto content = content_of(1'000);
  stage_whole(*store, content);
  const Draft draft{.attachments = {content}};
  commit_now(*store, new_transfer(draft, store.clock().now())).value();
  const auto again = commit_now(*store, new_transfer(draft, store.clock().now())).value();
  REQUIRE(again.outcome() == Durable::Outcome::repeated);
}

TEST_CASE("an attachment that nobody sent cannot be read", "[hub][staging]") {
  TempStore store;
  const auto content = content_of(1'000);
  stage_whole(*store, content);
  REQUIRE(store->read_attachment(pki::sha256(content), 0).error().code() == ErrorCode::not_found);
}

TEST_CASE("a system stages only so much, and gets it back", "[hub][staging]") {
  TempStore store;
  const auto announce = [&](int i, const SystemId& system) {
    return store->stage(system, pki::sha256(std::to_string(i)), limits::kAttachmentBytesMax, 0,
                        "x");
  };
  constexpr int kFits = limits::kStagedBytesPerSystemMax / limits::kAttachmentBytesMax;
  for (int i = 0; i < kFits; ++i) announce(i, kSystem).value();
  REQUIRE(announce(kFits, kSystem).error().code() == ErrorCode::staging_full);
  store.reopen();
  REQUIRE(announce(kFits, kSystem).error().code() == ErrorCode::staging_full);
  REQUIRE(announce(kFits, system_of("00.01.W00")));
  store.clock().pass(limits::kStagedAgeMax + std::chrono::hours(1));
  REQUIRE(store->remove_stale_uploads(store.clock().now()).value() == kFits + 1);
  REQUIRE(announce(kFits, kSystem));
}

TEST_CASE("only uploads that nothing was added to for long are removed", "[hub][staging]") {
  TempStore store;
  const auto old_one = content_of(1'000, 'o');
  const auto young = content_of(1'000, 'y');
  stage(*store, old_one, 0, 10).value();
  stage(*store, young, 0, 10).value();
  store.clock().pass(limits::kStagedAgeMax);
  stage(*store, young, 10, 10).value();
  store.clock().pass(std::chrono::milliseconds(1));
  REQUIRE(store->remove_stale_uploads(store.clock().now()).value() == 1);
  REQUIRE(store->staged(kSystem, pki::sha256(old_one)).value().received == 0);
  REQUIRE(store->staged(kSystem, pki::sha256(young)).value().received == 20);
}
