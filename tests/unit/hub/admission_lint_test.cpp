// What lint tells of a package that the hub would refuse, and that nothing is kept of it.
#include <catch2/catch.hpp>

#include "hub/ingest/admission.hpp"
#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"
#include "tests/support/hub/hub_world.hpp"
#include "tests/support/refusals.hpp"

namespace truc::hub {
namespace {

using namespace testing;
using edxml::StatusCode;
using Lines = std::vector<std::string>;

std::string unsigned_to(const std::vector<std::string>& to, const std::string& id = "d1") {
  return sample_document_xml(sample_document(kOffice, to, id), {});
}
std::string signed_to(const std::vector<std::string>& to, const std::string& id = "d1") {
  return sign(unsigned_to(to, id), kOffice);
}

// "name found" of each fault, in order.
Lines told(HubWorld& world, const std::string& peer, const std::string& bytes) {
  const auto list = world.admission.lint(peer_of(peer), bytes);
  REQUIRE_OK(list);
  REQUIRE(list.value().extent == FaultList::Extent::complete);
  REQUIRE(world.store.transfers() <= 1);
  Lines lines;
  for (const auto& fault : list.value().faults) {
    const std::string name(describe(fault.code()).name);
    lines.push_back(fault.found().empty() ? name : name + ' ' + fault.found());
  }
  return lines;
}

edxml::DocumentContent with_beside(const Sha256& sha256, std::uint64_t size) {
  auto content = sample_document(kOffice, {kTax}, "d1");
  content.beside_attachments.push_back({.content_id = "beside",
                                        .name = "Bảng.xlsx",
                                        .description = "",
                                        .content_type = "",
                                        .sha256 = sha256,
                                        .size = size});
  return content;
}

TEST_CASE("a package that would be accepted has no fault, and is not kept", "[hub][lint]") {
  HubWorld world;
  CHECK(told(world, kOffice, signed_to({kTax, kProvince})).empty());
  CHECK(world.store.transfers() == 0);
}

TEST_CASE("a package that was accepted has no fault whatever the directory says today",
          "[hub][lint]") {
  HubWorld world;
  auto content = sample_document(kOffice, {kTax}, "d1");
  const auto bytes = sign(sample_document_xml(content, {}), kOffice);
  auto accepted = world.admission.admit(peer_of(kOffice), bytes, edxml::PackageKind::document);
  world.store.commit(std::move(accepted).value().release(), [](const auto&) {});
  world.directory.replace(directory_from(R"({"code":"H01","name":"x","system":"00.09.W00"})"));
  CHECK(told(world, kOffice, bytes).empty());
}

TEST_CASE("every addressee that cannot be reached is told", "[hub][lint]") {
  HubWorld world;
  CHECK(told(world, kOffice, signed_to({kUnknown, kTax, kEnded, "H99.98", kOffice, kSplit})) ==
        Lines{"recipient_unknown H99.99", "recipient_closed 000.23.32.H53",
              "recipient_unknown H99.98", "recipient_is_sender 000.00.00.G22",
              "recipient_closed 000.22.32.H53"});
}

TEST_CASE("faults of form, signature, authority and addressees are told together", "[hub][lint]") {
  HubWorld world;
  auto secret = unsigned_to({kUnknown});
  secret = with(secret, "Về việc kết nối", "(Mật) Về việc kết nối");
  CHECK(told(world, kTax, secret) == Lines{"secret_marked a mark of secrecy",
                                           "agency_not_spoken_for 000.00.00.G22",
                                           "recipient_unknown H99.99"});
  CHECK(told(world, kTax, unsigned_to({kUnknown})) == Lines{"signature_missing none",
                                                            "agency_not_spoken_for 000.00.00.G22",
                                                            "recipient_unknown H99.99"});
}

TEST_CASE("what is wrong with a signature does not hide what is wrong with its signer",
          "[hub][lint]") {
  HubWorld world;
  auto bytes = sign(unsigned_to({kTax}), kProvince);
  bytes = with(bytes, "Trần Văn Bình", "Trần Văn Bính");
  const auto faults = told(world, kOffice, bytes);
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].starts_with("digest_mismatch "));
  CHECK(faults[1] == "signer_is_not_sender 000.00.13.H53");
}

TEST_CASE("attachments beside are asked for among the uploads", "[hub][lint]") {
  HubWorld world;
  const std::string content = "the bytes";
  const auto digest = pki::sha256(content);
  const auto bytes = sign(sample_document_xml(with_beside(digest, content.size()), {}), kOffice);
  const auto missing = told(world, kOffice, bytes);
  REQUIRE(missing.size() == 1);
  CHECK(missing.front().starts_with("attachment_missing "));
  const auto system = SystemId::parse(kOfficeSystem).value();
  REQUIRE_OK(world.store.stage(system, digest, content.size(), 0, content));
  CHECK(told(world, kOffice, bytes).empty());
}

TEST_CASE("another content under a DocumentId is told to its sender only", "[hub][lint]") {
  HubWorld world;
  world.accept(sample_document(kOffice, {kTax}, "d1"));
  const auto other = signed_to({kProvince});
  const auto conflict = told(world, kOffice, other);
  REQUIRE(conflict.size() == 1);
  CHECK(conflict.front().starts_with("document_conflict "));
  CHECK(told(world, kTax, other) == Lines{"agency_not_spoken_for 000.00.00.G22"});
}

TEST_CASE("a status is judged by the document that it is about", "[hub][lint]") {
  HubWorld world;
  const auto status = [](StatusCode code) {
    return sign(sample_status_xml(sample_status(code, "d1", kProvince, kOffice)), kProvince);
  };
  CHECK(told(world, kProvince, status(StatusCode::registered)) == Lines{"document_unknown"});
  world.accept(sample_document(kOffice, {kProvince}, "d1"));
  CHECK(told(world, kProvince, status(StatusCode::registered)).empty());
  CHECK(told(world, kProvince, status(StatusCode::finished)) == Lines{"status_not_allowed 06"});
  CHECK(told(world, kTax, status(StatusCode::registered)) ==
        Lines{"agency_not_spoken_for 000.00.13.H53"});
}

TEST_CASE("more faults than are kept are said to be more", "[hub][lint]") {
  HubWorld world;
  std::vector<std::string> unknown;
  for (std::size_t i = 0; i <= limits::kLintFaultsMax; ++i)
    unknown.push_back("H98." + std::to_string(10 + i));
  const auto more = world.admission.lint(peer_of(kOffice), signed_to(unknown));
  REQUIRE_OK(more);
  CHECK(more.value().faults.size() == limits::kLintFaultsMax);
  CHECK(more.value().extent == FaultList::Extent::first);
  unknown.pop_back();
  const auto all = world.admission.lint(peer_of(kOffice), signed_to(unknown));
  REQUIRE_OK(all);
  CHECK(all.value().extent == FaultList::Extent::complete);
}

TEST_CASE("lint is refused to whoever may not submit", "[hub][lint]") {
  HubWorld world;
  REQUIRE_REFUSED(world.admission.lint(operator_peer(), signed_to({kTax})), identity_refused);
}

}  // namespace
}  // namespace truc::hub
