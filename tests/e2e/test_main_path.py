"""One signed document to all four levels, in both generations of codes, and everything that comes
back: the journey is made once, and each test looks at one of its traces."""

import hashlib
import json
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from packages import Document, document_id_of, status_code_of, status_xml
from waiting import wait_until

SENDER = "000.00.00.G22"


@dataclass(frozen=True)
class Target:
    addressee: str  # as written in To
    recipient: str  # under which code the directory keeps it
    level: int


TARGETS = [
    Target("000.00.00.G12", "000.00.00.G12", 1),
    Target("H37", "000.00.00.H37", 1),
    Target("000.00.13.H53", "000.00.13.H53", 2),
    Target("G12.18", "G12.18", 2),
    Target("000.20.32.H53", "000.20.32.H53", 3),
    Target("H37.02.02", "H37.02.02", 3),
    Target("001.20.32.H53", "001.20.32.H53", 4),
    Target("H37.30.06.01", "H37.30.06.01", 4),
]
RECIPIENTS = [target.recipient for target in TARGETS]
DOCUMENT = Document(SENDER, [target.addressee for target in TARGETS],
                    "000.00.00.G22,2026/11/20,7816/VPCP-TTĐT", number="7816")


@pytest.fixture(scope="module")
def journey(world):
    sender = world.agency(SENDER)
    signed = world.sign(DOCUMENT)
    sender.drop("cong-van-7816", signed)
    receipt = sender.wait_for_receipt("cong-van-7816")
    copies = {code: world.agency(code).wait_for_document(DOCUMENT.document_id)
              for code in RECIPIENTS}
    delivered = sender.wait_for_recipient_receipts("cong-van-7816", "delivered", RECIPIENTS)
    for code in RECIPIENTS:
        world.agency(code).drop("vao-so", status_xml(DOCUMENT, code, "03"))
    registered = sender.wait_for_recipient_receipts("cong-van-7816", "registered", RECIPIENTS)
    statuses = wait_until(lambda: statuses_at(sender, len(RECIPIENTS)), "the statuses at the sender")
    transfer = copies[RECIPIENTS[0]].delivery.rsplit(".", 1)[0]
    return SimpleNamespace(signed=signed, receipt=receipt, copies=copies, delivered=delivered,
                           registered=registered, statuses=statuses, transfer=transfer)


def statuses_at(agency, count):
    found = [one for one in agency.delivered() if status_code_of(one.package)]
    return found if len(found) >= count else None


def test_a_signed_document_arrives_byte_for_byte_on_all_four_levels(journey):
    assert {target.level for target in TARGETS} == {1, 2, 3, 4}
    for code in RECIPIENTS:
        assert journey.copies[code].package == journey.signed, code


def test_the_document_is_handed_to_nobody_else(world, journey):
    for code in (entry["code"] for entry in world.entries):
        expected = 1 if code in RECIPIENTS else 0
        assert len(world.agency(code).copies(DOCUMENT.document_id)) == expected, code


def test_the_sender_keeps_the_signed_bytes_with_the_hubs_receipt(world, journey):
    sender = world.agency(SENDER)
    assert (sender.sent / "cong-van-7816.edxml").read_bytes() == journey.signed
    assert list(sender.out.iterdir()) == []
    assert list(sender.refused.iterdir()) == []


def test_every_copy_comes_with_the_receipt_that_the_sender_holds(journey):
    for code, copy in journey.copies.items():
        assert copy.receipt == journey.receipt, code


def test_each_copy_has_a_delivery_of_its_own_of_one_transfer(journey):
    deliveries = {copy.delivery for copy in journey.copies.values()}
    assert deliveries == {f"{journey.transfer}.{index}" for index in range(len(TARGETS))}


def test_every_status_reaches_the_sender_with_its_code(journey):
    assert [status_code_of(one.package) for one in journey.statuses] == ["03"] * len(RECIPIENTS)


def test_truc_verify_accepts_every_document_and_every_receipt_offline(world, journey):
    sender = world.agency(SENDER)
    receipts = [sender.receipt_path("cong-van-7816")]
    receipts += sorted(sender.sent.glob("*.delivered.*.receipt.json"))
    receipts += sorted(sender.sent.glob("*.registered.*.receipt.json"))
    assert len(receipts) == 1 + 2 * len(RECIPIENTS)
    for path in receipts:
        done = world.verify("--receipt", path, "--document", sender.sent / "cong-van-7816.edxml")
        assert done.returncode == 0, done.stdout + done.stderr
    for copy in journey.copies.values():
        done = world.verify(copy.path)
        assert done.returncode == 0, done.stdout + done.stderr


def test_truc_verify_refuses_a_receipt_that_speaks_of_another_document(world, journey, tmp_path):
    other = tmp_path / "other.edxml"
    other.write_bytes(journey.signed.replace(b"7816</edXML:CodeNumber>", b"7817</edXML:CodeNumber>"))
    done = world.verify("--receipt", world.agency(SENDER).receipt_path("cong-van-7816"),
                        "--document", other)
    assert done.returncode == 1, done.stdout + done.stderr


def test_the_senders_history_shows_every_delivery_with_its_receipts(world, journey):
    history = world.client_of(SENDER).history(journey.transfer)
    assert history["sender"] == SENDER
    assert history["document_id"] == DOCUMENT.document_id
    assert history["notation"] == "7816/VPCP-TTĐT"
    assert history["sha256"] == hashlib.sha256(journey.signed).hexdigest()
    assert history["size"] == len(journey.signed)
    assert history["receipt"] == json.loads(journey.receipt)
    by_recipient = {one["recipient"]: one for one in history["deliveries"]}
    assert set(by_recipient) == set(RECIPIENTS)
    for target in TARGETS:
        delivery = by_recipient[target.recipient]
        assert delivery["state"] == "registered"
        assert delivery["level"] == target.level
        assert delivery["addressee"] == target.addressee
        times = [history["accepted_at"], delivery["mailed_at"], delivery["delivered_at"],
                 delivery["registered_at"]]
        assert times == sorted(times), delivery
        assert delivery["delivered_receipt"] == json.loads(journey.delivered[target.recipient])
        assert delivery["registered_receipt"] == json.loads(journey.registered[target.recipient])


def test_the_history_tells_the_events_in_order_with_their_actors(world, journey):
    events = world.client_of(SENDER).history(journey.transfer)["events"]
    assert (events[0]["event"], events[0]["actor"]) == ("accepted", "hub:h1")
    assert {event["actor"] for event in events[1:]} == {f"agency:{code}" for code in RECIPIENTS}
    for code in RECIPIENTS:
        own = [event for event in events if event["actor"] == f"agency:{code}"]
        assert [event["event"] for event in own] == ["delivered", "status", "registered"]
        assert own[1]["detail"] == "03"
        assert [event["at"] for event in own] == sorted(event["at"] for event in own)


def test_a_recipient_sees_only_its_own_part_of_the_history(world, journey):
    entry = world.system_of("G12.18")
    own = set(world.systems[entry])
    history = world.client_of("G12.18").history(journey.transfer)
    assert {one["recipient"] for one in history["deliveries"]} == own & set(RECIPIENTS)
    actors = {event["actor"] for event in history["events"]}
    assert actors.isdisjoint({f"agency:{code}" for code in RECIPIENTS if code not in own})


def test_the_history_is_found_by_the_senders_own_identifier(world, journey):
    done = world.adapters[world.system_of(SENDER)].run(
        "history", "--sender", SENDER, "--document-id", DOCUMENT.document_id, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["transfer"] == journey.transfer


def test_the_inbox_command_lists_what_arrived(world, journey):
    done = world.adapters[world.system_of("G12.18")].run("inbox", "--agency", "G12.18", "--json")
    assert done.returncode == 0, done.stderr
    [row] = [one for one in json.loads(done.stdout)
             if one.get("notation") == "7816/VPCP-TTĐT"]
    assert row["sender"] == SENDER
    assert document_id_of(journey.copies["G12.18"].package) == DOCUMENT.document_id
