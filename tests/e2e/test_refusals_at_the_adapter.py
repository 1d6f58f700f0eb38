"""What the adapter can see is wrong it refuses itself, and writes down why for a person to read."""

import pytest
from hostile import MALFORMED, RECIPIENT, SENDER
from packages import Document, File
from refusals import CATALOGUE, check_problem
from waiting import wait_until

STATUS_SENDER = RECIPIENT


def refused(agency, name, package, code, number, places, files=()):
    agency.drop(name, package, files)
    check_problem(agency.wait_for_refusal(name), code, number, **places)
    text = (agency.refused / f"{name}.refusal.txt").read_text()
    entry = CATALOGUE[code]
    assert f"TRUC-{number}" in text
    assert text.index(entry.text["vi"]) < text.index(entry.text["en"])
    assert entry.remedy["vi"] in text
    assert entry.remedy["en"] in text


@pytest.mark.parametrize("case", MALFORMED, ids=str)
def test_the_adapter_refuses(world, case):
    agency = world.agency(STATUS_SENDER if case.kind == "statuses" else SENDER)
    refused(agency, case.name, case.package, case.code, case.number, case.places)
    assert (agency.refused / f"{case.name}.edxml").read_bytes() == case.package
    assert not (agency.out / f"{case.name}.edxml").exists()
    assert not (agency.sent / f"{case.name}.edxml").exists()


def test_a_package_of_an_agency_that_the_adapter_does_not_serve_never_leaves(world):
    package = Document("000.00.13.H53", [RECIPIENT], "not-served").xml()
    refused(world.agency(SENDER), "not-served", package, "agency_not_configured", 7001,
            {"found": "000.00.13.H53"})


def test_a_signed_package_that_was_changed_is_refused(world):
    signed = world.sign(Document(SENDER, [RECIPIENT], "edge-tampered"))
    refused(world.agency(SENDER), "tampered", signed.replace(b"2026/11/20", b"2026/11/21", 1),
            "digest_mismatch", 4006, {})


def test_an_unknown_addressee_is_refused_by_the_hub_and_told_at_the_adapter(world):
    package = Document(SENDER, ["H99.99"], "edge-unknown").xml()
    refused(world.agency(SENDER), "unknown", package, "recipient_unknown", 5007,
            {"found": "H99.99"})


def test_another_content_under_a_used_document_id_is_refused(world):
    sender = world.agency(SENDER)
    sender.drop("first", Document(SENDER, [RECIPIENT], "edge-conflict").xml())
    sender.wait_for_receipt("first")
    package = Document(SENDER, [RECIPIENT], "edge-conflict", subject="Nội dung khác").xml()
    refused(sender, "second", package, "document_conflict", 6001, {})
    assert len(world.agency(RECIPIENT).copies("edge-conflict")) <= 1


def test_the_same_signed_package_dropped_again_gets_the_same_receipt(world):
    sender = world.agency(SENDER)
    signed = world.sign(Document(SENDER, [RECIPIENT], "edge-again"))
    sender.drop("again-1", signed)
    first = sender.wait_for_receipt("again-1")
    sender.drop("again-2", signed)
    assert sender.wait_for_receipt("again-2") == first
    world.agency(RECIPIENT).wait_for_document("edge-again")


def test_a_second_drop_of_a_used_name_replaces_nothing(world):
    sender = world.agency(SENDER)
    sender.drop("same-name", Document(SENDER, [RECIPIENT], "name-1").xml())
    first = sender.wait_for_receipt("same-name")
    sender.drop("same-name", Document(SENDER, [RECIPIENT], "name-2").xml())
    second = sender.sent / "same-name~2.edxml"
    wait_until(second.exists, "the second drop under its own name")
    assert b"name-2" in second.read_bytes()
    assert sender.receipt_path("same-name").read_bytes() == first
    assert b"name-1" in (sender.sent / "same-name.edxml").read_bytes()


def test_a_folder_without_its_attachment_is_refused(world):
    wanted = File("a.pdf", b"content", beside=True)
    package = Document(SENDER, [RECIPIENT], "edge-beside-missing", files=[wanted]).xml()
    other = File("b.pdf", b"content", beside=True)
    refused(world.agency(SENDER), "beside-missing", package, "beside_missing", 7004,
            {"expected": "a.pdf"}, [other])


def test_a_folder_whose_attachment_is_another_is_refused(world):
    bound = File("a.pdf", b"content", beside=True)
    package = Document(SENDER, [RECIPIENT], "edge-beside-other", files=[bound]).xml()
    other = File("a.pdf", b"CONTENT", beside=True)
    refused(world.agency(SENDER), "beside-other", package, "attachment_mismatch", 6004, {}, [other])


def test_an_empty_attachment_beside_is_refused(world):
    empty = File("a.pdf", b"", beside=True)
    package = Document(SENDER, [RECIPIENT], "edge-beside-empty", files=[empty]).xml()
    agency = world.agency(SENDER)
    agency.drop("beside-empty", package, [empty])
    problem = agency.wait_for_refusal("beside-empty")
    check_problem(problem, "attachment_empty", 3117)


def test_a_name_that_is_not_a_package_is_refused(world):
    agency = world.agency(SENDER)
    (agency.out / ".photo.tmp").write_bytes(b"\xff\xd8\xff")
    (agency.out / ".photo.tmp").rename(agency.out / "photo.jpg")
    check_problem(agency.wait_for_refusal("photo.jpg"), "drop_name", 7003)
    assert (agency.refused / "photo.jpg").read_bytes() == b"\xff\xd8\xff"


def test_names_still_being_written_are_left_alone(world):
    agency = world.agency(SENDER)
    package = Document(SENDER, [RECIPIENT], "edge-unfinished").xml()
    for name in (".hidden.edxml", "half.edxml.tmp", "half.edxml.part"):
        (agency.out / name).write_bytes(package[:100])
    agency.drop("finished", Document(SENDER, [RECIPIENT], "edge-finished").xml())
    agency.wait_for_receipt("finished")
    left = {".hidden.edxml", "half.edxml.tmp", "half.edxml.part"}
    assert left <= {path.name for path in agency.out.iterdir()}
    for name in left:
        (agency.out / name).unlink()


def test_a_refused_document_does_not_hold_up_the_next_one(world):
    agency = world.agency(SENDER)
    agency.drop("bad", b"<broken")
    agency.drop("good", Document(SENDER, [RECIPIENT], "edge-next").xml())
    agency.wait_for_receipt("good")
    agency.wait_for_refusal("bad")
