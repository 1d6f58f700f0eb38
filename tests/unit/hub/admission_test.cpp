#include "hub/ingest/admission.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include "pki/crypto/digest.hpp"
#include "schemas/base/limits.hpp"
#include "tests/support/hub/hub_world.hpp"
#include "tests/support/refusals.hpp"

namespace truc::hub {
namespace {

using namespace testing;
using edxml::Business;
using edxml::PackageKind;
using edxml::StatusCode;

edxml::DocumentContent document(const std::string& id = "d1",
                                const std::vector<std::string>& to = {kTax, kProvince},
                                const std::string& from = kOffice) {
  return sample_document(from, to, id);
}

edxml::StatusContent status(StatusCode code, const std::string& from = kProvince,
                            const std::string& id = "d1", const std::string& owner = kOffice) {
  return sample_status(code, id, from, owner);
}

std::string signed_document(const edxml::DocumentContent& content) {
  return sign(sample_document_xml(content, {}), content.from.organ_id.text());
}

std::vector<std::string> recipients(const TransferRecord& record) {
  std::vector<std::string> codes;
  for (const Addressee& one : record.addressees) codes.push_back(one.recipient.text());
  return codes;
}

HistoryEvent last_event(HubWorld& world, const TransferId& id) {
  return world.store.history(id).value().back();
}

TEST_CASE("a good document becomes a record with a receipt that others can verify",
          "[hub][ingest]") {
  HubWorld world;
  const std::string bytes = signed_document(document());
  const auto accepted = world.admission.admit(peer_of(kOffice), bytes, PackageKind::document);
  REQUIRE_OK(accepted);
  const TransferRecord& record = accepted.value().record();
  REQUIRE(record.sender.text() == kOffice);
  REQUIRE(record.document_id.text() == "d1");
  REQUIRE(record.notation == "7816/VPCP-TTĐT");
  REQUIRE(record.sha256 == pki::sha256(bytes));
  REQUIRE(record.size == bytes.size());
  REQUIRE(recipients(record) == std::vector<std::string>{kTax, kProvince});
  REQUIRE(record.addressees[0].level == Level::two);

  const auto receipt =
      pki::verify_receipt(pki::Receipt(record.receipt), *shared_pki().trust(), world.clock.now());
  REQUIRE_OK(receipt);
  const auto& claims = receipt.value().claims();
  REQUIRE(claims.kind == pki::ReceiptKind::accepted);
  REQUIRE(claims.transfer == record.id);
  REQUIRE(claims.document_sha256 == record.sha256);
  REQUIRE(claims.issuer == "hub:h1");
  REQUIRE(claims.recipients == std::vector{agency(kTax), agency(kProvince)});
  REQUIRE(claims.revocation_known_at.has_value());
}

TEST_CASE("the received bytes are what is kept", "[hub][ingest]") {
  HubWorld world;
  const std::string bytes = signed_document(document());
  auto accepted = world.admission.admit(peer_of(kOffice), bytes, PackageKind::document);
  REQUIRE_OK(accepted);
  const NewTransfer transfer = std::move(accepted).value().release();
  REQUIRE(*transfer.bytes == bytes);
  REQUIRE(transfer.history_of == transfer.record.id);
  REQUIRE(transfer.history.event == "accepted");
}

TEST_CASE("what may not pass is refused, and nothing is kept", "[hub][ingest]") {
  struct Case {
    const char* name;
    ErrorCode code;
    pki::PeerIdentity peer;
    edxml::DocumentContent content;
  };
  pki::PeerIdentity hub_peer;
  hub_peer.hub = "h1";
  const auto c = GENERATE_COPY(
      Case{"an operator", ErrorCode::identity_refused, operator_peer(), document()},
      Case{"a hub", ErrorCode::identity_refused, hub_peer, document()},
      Case{"another system", ErrorCode::agency_not_spoken_for, peer_of(kTax), document()},
      Case{"a system that the directory does not register for the agency",
           ErrorCode::agency_not_spoken_for, system_peer("00.66.W00", {kOffice}), document()},
      Case{"an unknown sender", ErrorCode::sender_unknown, system_peer(kOfficeSystem, {kUnknown}),
           document("d1", {kTax}, kUnknown)},
      Case{"a sender that is not open yet", ErrorCode::sender_unknown, peer_of(kFuture),
           document("d1", {kTax}, kFuture)},
      Case{"a closed sender", ErrorCode::sender_closed, peer_of(kMerged),
           document("d1", {kTax}, kMerged)},
      Case{"an unknown addressee", ErrorCode::recipient_unknown, peer_of(kOffice),
           document("d1", {kTax, kUnknown})},
      Case{"an addressee that is not open yet", ErrorCode::recipient_unknown, peer_of(kOffice),
           document("d1", {kFuture})},
      Case{"an addressee with two successors", ErrorCode::recipient_closed, peer_of(kOffice),
           document("d1", {kSplit})},
      Case{"an addressee without successor", ErrorCode::recipient_closed, peer_of(kOffice),
           document("d1", {kEnded})},
      Case{"the sender itself", ErrorCode::recipient_is_sender, peer_of(kOffice),
           document("d1", {kOffice})},
      Case{"the sender under its other code", ErrorCode::recipient_is_sender, peer_of(kOffice),
           document("d1", {kTax, "G22"})},
      Case{"one agency under two codes", ErrorCode::recipient_repeated, peer_of(kOffice),
           document("d1", {kTax, "000.00.18.G12"})},
      Case{"an agency and the one that it follows", ErrorCode::recipient_repeated, peer_of(kOffice),
           document("d1", {kTown, kMerged})});
  HubWorld world;
  const auto bytes = signed_document(c.content);
  const auto admitted = world.admission.admit(c.peer, bytes, PackageKind::document);
  INFO(c.name);
  REQUIRE(!admitted);
  REQUIRE(describe(admitted.error().code()).name == describe(c.code).name);
  const auto linted = world.admission.lint(c.peer, bytes);
  if (c.code != ErrorCode::identity_refused) {
    REQUIRE_OK(linted);
    REQUIRE(std::ranges::count(linted.value().faults, c.code, &Failure::code) == 1);
  }
  REQUIRE(world.store.transfers() == 0);
}

TEST_CASE("a refused addressee is named by its place", "[hub][ingest]") {
  HubWorld world;
  const auto refused = world.admit(document("d1", {kTax, kUnknown}));
  REQUIRE_REFUSED(refused, recipient_unknown);
  REQUIRE(refused.error().found() == kUnknown);
  REQUIRE(refused.error().place() ==
          "/edXML:edXML/edXML:edXMLEnvelope/edXML:edXMLHeader/edXML:MessageHeader/edXML:To[2]/"
          "edXML:OrganId");
}

TEST_CASE("a merged addressee is reached at its successor", "[hub][ingest]") {
  HubWorld world;
  const auto accepted = world.admit(document("d1", {kMerged}));
  REQUIRE_OK(accepted);
  const Addressee& one = accepted.value().record().addressees.at(0);
  REQUIRE(one.addressee.text() == kMerged);
  REQUIRE(one.recipient.text() == kTown);
  REQUIRE(one.level == Level::three);
}

TEST_CASE("form, secrecy and signature are checked before anything is routed", "[hub][ingest]") {
  HubWorld world;
  const auto admit = [&](const std::string& bytes) {
    return world.admission.admit(peer_of(kOffice), bytes, PackageKind::document);
  };
  const std::string good = signed_document(document());
  REQUIRE_REFUSED(admit("<a>"), not_xml);
  REQUIRE_REFUSED(admit(std::string(limits::kEnvelopeBytesMax + 1, ' ')), body_too_large);
  REQUIRE_REFUSED(admit(sample_document_xml(document(), {})), signature_missing);
  REQUIRE_REFUSED(admit(with(good, "Trần Văn Bình", "Trần Văn Bính")), digest_mismatch);
  REQUIRE_REFUSED(admit(sign(sample_document_xml(document(), {}), kTax)), signer_is_not_sender);
}

TEST_CASE("a package goes only through the door of its kind", "[hub][ingest]") {
  HubWorld world;
  world.accept(document());
  const std::string bytes = signed_document(document("d2"));
  const std::string about = sign(sample_status_xml(status(StatusCode::registered)), kProvince);
  REQUIRE_REFUSED(world.admission.admit(peer_of(kOffice), bytes, PackageKind::status),
                  not_a_status);
  REQUIRE_REFUSED(world.admission.admit(peer_of(kProvince), about, PackageKind::document),
                  not_a_document);
}

TEST_CASE("the same bytes meet what was accepted before, whatever the directory says today",
          "[hub][ingest]") {
  HubWorld world;
  const std::string bytes = signed_document(document());
  auto first = world.admission.admit(peer_of(kOffice), bytes, PackageKind::document);
  REQUIRE_OK(first);
  const std::string receipt = first.value().record().receipt;
  world.store.commit(std::move(first).value().release(), [](const auto&) {});
  world.directory.replace(directory_from(R"({"code":"H01","name":"x","system":"00.09.W00"})"));

  auto again = world.admission.admit(peer_of(kOffice), bytes, PackageKind::document);
  REQUIRE_OK(again);
  REQUIRE(again.value().record().receipt == receipt);
  REQUIRE_REFUSED(world.admission.admit(peer_of(kOffice), bytes, PackageKind::status),
                  not_a_status);
  SECTION("but not for a system that does not speak for the sender") {
    REQUIRE_REFUSED(world.admission.admit(peer_of(kTax), bytes, PackageKind::document),
                    agency_not_spoken_for);
  }
}

TEST_CASE("what was accepted before is not told to a system that the directory does not confirm",
          "[hub][ingest]") {
  HubWorld world;
  world.accept(document());
  const std::string bytes = signed_document(document());
  const auto claimant = system_peer(kProvinceSystem, {kOffice});
  REQUIRE_REFUSED(world.admission.admit(claimant, bytes, PackageKind::document),
                  agency_not_spoken_for);
}

TEST_CASE("a system speaks for every code of an agency, a signature for the one that it names",
          "[hub][ingest]") {
  HubWorld world;
  const auto as_g22 = sample_document_xml(sample_document("G22", {kTax}, "d1"), {});
  const auto admit = [&](const std::string& bytes) {
    return world.admission.admit(peer_of(kOffice), bytes, PackageKind::document);
  };
  REQUIRE_REFUSED(admit(sign(as_g22, kOffice)), signer_is_not_sender);
  auto accepted = admit(sign(as_g22, "G22"));
  REQUIRE_OK(accepted);
  const NewTransfer transfer = std::move(accepted).value().release();
  REQUIRE(transfer.record.sender.text() == "G22");
  REQUIRE(transfer.other_codes == std::vector{AgencyCode::parse(kOffice).value()});
}

TEST_CASE("attachments beside are listed once with the system that uploaded them",
          "[hub][ingest]") {
  HubWorld world;
  auto content = document();
  const Sha256 digest = pki::sha256("the bytes");
  for (const char* id : {"a", "b"}) {
    content.beside_attachments.push_back(
        edxml::BesideAttachment{id, std::string(id) + ".pdf", "", "application/pdf", digest, 9});
  }
  auto accepted = world.admit(content);
  REQUIRE_OK(accepted);
  const NewTransfer transfer = std::move(accepted).value().release();
  REQUIRE(transfer.record.attachments == std::vector{delivery::AttachmentReference{digest, 9}});
  REQUIRE(transfer.uploader->text() == kOfficeSystem);

  content.beside_attachments.back().size = 10;
  REQUIRE_REFUSED(world.admit(content), attachment_mismatch);
}

TEST_CASE("a status goes to the sender and into the history of its document", "[hub][ingest]") {
  HubWorld world;
  const TransferId about = world.accept(document());
  auto accepted = world.admit(status(StatusCode::registered));
  REQUIRE_OK(accepted);
  const NewTransfer transfer = std::move(accepted).value().release();
  REQUIRE(transfer.record.kind == delivery::ItemKind::status);
  REQUIRE(recipients(transfer.record) == std::vector<std::string>{kOffice});
  REQUIRE(transfer.record.regarding->document_id.text() == "d1");
  REQUIRE(transfer.history_of == about);
  REQUIRE(transfer.history.event == "status");
  REQUIRE(transfer.history.detail == "03");
  REQUIRE(transfer.history.actor == std::string("agency:") + kProvince);
}

TEST_CASE("a status finds its document also under the sender's other code", "[hub][ingest]") {
  HubWorld world;
  const TransferId about = world.accept(document());
  auto accepted = world.admit(status(StatusCode::arrived, kProvince, "d1", "G22"));
  REQUIRE_OK(accepted);
  REQUIRE(std::move(accepted).value().release().history_of == about);
}

TEST_CASE("who has no part in a document does not learn that it exists", "[hub][ingest]") {
  HubWorld world;
  world.accept(document());
  const auto stranger = world.admit(status(StatusCode::registered, kTown));
  const auto nothing = world.admit(status(StatusCode::registered, kProvince, "no such"));
  REQUIRE_REFUSED(stranger, document_unknown);
  REQUIRE_REFUSED(nothing, document_unknown);
  REQUIRE(stranger.error().place() == nothing.error().place());
  REQUIRE(stranger.error().expected() == nothing.error().expected());
  REQUIRE(stranger.error().found() == nothing.error().found());
}

TEST_CASE("a take-back comes from the sender only", "[hub][ingest]") {
  HubWorld world;
  world.accept(document());
  SECTION("to one recipient") {
    auto asked = world.admit(status(StatusCode::take_back, kOffice, "d1", kProvince));
    REQUIRE_OK(asked);
    REQUIRE(recipients(asked.value().record()) == std::vector<std::string>{kProvince});
  }
  SECTION("to all of them, when it names itself") {
    auto asked = world.admit(status(StatusCode::take_back, kOffice, "d1", kOffice));
    REQUIRE_OK(asked);
    REQUIRE(recipients(asked.value().record()) == std::vector<std::string>{kProvince, kTax});
  }
  SECTION("not to somebody who never had it") {
    REQUIRE_REFUSED(world.admit(status(StatusCode::take_back, kOffice, "d1", kTown)),
                    document_unknown);
  }
  SECTION("not from a recipient") {
    REQUIRE_REFUSED(world.admit(status(StatusCode::take_back, kProvince, "d1", kOffice)),
                    document_unknown);
  }
}

TEST_CASE("a recipient may not contradict its own word", "[hub][ingest]") {
  HubWorld world;
  world.accept(document());
  SECTION("finished before registered") {
    REQUIRE_REFUSED(world.admit(status(StatusCode::finished)), status_not_allowed);
  }
  SECTION("finished after registered") {
    world.accept(status(StatusCode::registered));
    REQUIRE_OK(world.admit(status(StatusCode::finished)));
  }
  SECTION("the word of another recipient does not count") {
    world.accept(status(StatusCode::registered, kTax));
    REQUIRE_REFUSED(world.admit(status(StatusCode::finished)), status_not_allowed);
  }
  SECTION("refused after registered") {
    world.accept(status(StatusCode::registered));
    REQUIRE_REFUSED(world.admit(status(StatusCode::refused)), status_not_allowed);
  }
  SECTION("02 as the answer to a recall after registering") {
    world.accept(status(StatusCode::registered));
    auto recall = document("recall");
    recall.business.type = Business::recall;
    recall.responses_for = {status(StatusCode::arrived).response_for};
    world.accept(recall);
    REQUIRE_OK(world.admit(status(StatusCode::refused)));
  }
  SECTION("01, 04, 05, 15 and 16 at any time") {
    const auto code = GENERATE(StatusCode::arrived, StatusCode::assigned, StatusCode::in_progress,
                               StatusCode::change_agreed, StatusCode::change_refused);
    REQUIRE_OK(world.admit(status(code)));
  }
}

TEST_CASE("recall, update and replacement are noted with the document that they name",
          "[hub][ingest]") {
  HubWorld world;
  const TransferId original = world.accept(document());
  auto change = document("change");
  const auto [type, event] =
      GENERATE(table<Business, std::string>({{Business::recall, "recall"},
                                             {Business::update, "update"},
                                             {Business::replace, "replace"}}));
  change.business.type = type;
  if (type == Business::recall) change.responses_for = {status(StatusCode::arrived).response_for};
  if (type == Business::update) change.business.document_id = document_id("d1");
  if (type == Business::replace)
    change.business.replacements = {edxml::Replacement{document_id("d1"), {agency(kTax)}}};
  const TransferId changed = world.accept(change);
  const HistoryEvent noted = last_event(world, original);
  REQUIRE(noted.event == event);
  REQUIRE(noted.actor == std::string("agency:") + kOffice);
  REQUIRE(noted.transfer == changed);
  REQUIRE(world.store.transfer(changed).value()->regarding->document_id.text() == "d1");
}

TEST_CASE("nobody recalls another agency's document", "[hub][ingest]") {
  HubWorld world;
  world.accept(document());
  auto recall = document("recall", {kProvince}, kTax);
  recall.business.type = Business::recall;
  recall.responses_for = {status(StatusCode::arrived).response_for};
  REQUIRE_REFUSED(world.admit(recall), document_unknown);
}

TEST_CASE("a recall of a document that this hub does not hold is delivered all the same",
          "[hub][ingest]") {
  HubWorld world;
  auto recall = document("recall");
  recall.business.type = Business::recall;
  recall.responses_for = {status(StatusCode::arrived, kProvince, "elsewhere").response_for};
  const TransferId id = world.accept(recall);
  REQUIRE(last_event(world, id).event == "accepted");
}

TEST_CASE("a store that cannot be read refuses instead of guessing", "[hub][ingest]") {
  HubWorld world;
  world.accept(document());
  world.directory.replace(directory_from(R"({"code":"H01","name":"x","system":"00.09.W00"})"));
  world.store.fail_reads(ErrorCode::storage_failed);
  // Whether it is a repetition, which today's directory does not touch, cannot be known.
  REQUIRE_REFUSED(world.admit(document()), storage_failed);
}

}  // namespace
}  // namespace truc::hub
