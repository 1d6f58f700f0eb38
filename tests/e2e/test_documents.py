"""What documents may carry and ask for: signing by the adapter, attachments, names, urgency, changes."""

import hashlib
import json
import os

import pytest
from packages import Document, File, status_code_of, status_xml
from refusals import check_answer
from waiting import wait_until
from world import World

SENDER = "000.00.00.G22"
IDLE = "00.37.W00"  # its adapter is not started: its mailbox keeps what arrives


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with World(tmp_path_factory.mktemp("world"), idle=[IDLE]) as world:
        yield world


def test_an_unsigned_package_is_signed_by_the_adapter_and_accepted(world):
    sender = world.agency(SENDER)
    document = Document(SENDER, ["G12.18"], "unsigned-1")
    sender.drop("unsigned", document.xml())
    sender.wait_for_receipt("unsigned")
    signed = (sender.sent / "unsigned.edxml").read_bytes()
    assert b"SignatureValue" not in document.xml()
    assert b"SignatureValue" in signed
    assert world.agency("G12.18").wait_for_document("unsigned-1").package == signed
    done = world.verify(sender.sent / "unsigned.edxml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_three_attachments_inside_arrive_with_the_document(world):
    files = [File("Tờ trình số 5.pdf", os.urandom(40_000)),
             File("Phụ lục I.docx", b"PK\x03\x04" + os.urandom(1_000), "application/msword"),
             File("Danh sách đơn vị.txt", "Đường Lâm\nHảo Đước\n".encode(), "text/plain")]
    document = Document(SENDER, ["000.20.32.H53"], "three-inside", files=files)
    signed = world.sign(document)
    world.agency(SENDER).drop("three-inside", signed)
    copy = world.agency("000.20.32.H53").wait_for_document("three-inside")
    assert copy.package == signed
    assert copy.files == {}


def test_a_vietnamese_file_name_and_document_id_survive_the_way(world):
    name = "Công văn số 12 ngày 20-11 (Hỏa tốc)"
    document = Document(SENDER, ["G12.18"], "G22,2026/11/20,12/VPCP-TTĐT, Thượng khẩn")
    sender = world.agency(SENDER)
    sender.drop(name, document.xml())
    sender.wait_for_receipt(name)
    copy = world.agency("G12.18").wait_for_document(document.document_id)
    assert copy.package == (sender.sent / f"{name}.edxml").read_bytes()


def test_twenty_megabytes_travel_beside_the_envelope(world):
    content = os.urandom(20 * 1024 * 1024)
    file = File("Bản đồ quy hoạch tỉnh Tây Ninh.pdf", content, beside=True)
    document = Document(SENDER, ["000.00.13.H53", "G12.18"], "beside-20", files=[file])
    sender = world.agency(SENDER)
    sender.drop("beside-20", document.xml(), [file])
    sender.wait_for_receipt("beside-20", timeout=60)
    for code in document.recipients:
        copy = world.agency(code).wait_for_document("beside-20", timeout=60)
        assert copy.package == (sender.sent / "beside-20" / "envelope.edxml").read_bytes()
        digests = {name: hashlib.sha256(octets).hexdigest() for name, octets in copy.files.items()}
        assert digests == {file.name: file.sha256}
    sender.wait_for_recipient_receipts("beside-20", "delivered", document.recipients)


def test_an_attachment_uploaded_once_is_read_in_ranges(world):
    content = os.urandom(3_000_000)
    file = File("range.bin", content, beside=True)
    client = world.client_of(SENDER)
    digest = client.upload(content)
    document = Document(SENDER, ["H37.02"], "beside-range", files=[file])
    assert client.submit(world.sign(document)).status == 201
    reader = world.client_of("H37.02")
    entry = wait_until(lambda: entry_of(reader, "beside-range"), "the mailbox entry")
    assert entry["attachments"] == [{"sha256": digest, "size": len(content)}]
    target = f"/v1/deliveries/{entry['delivery']}/attachments/{digest}"
    whole = reader.get(target)
    assert (whole.status, whole.body) == (200, content)
    part = reader.get(target, Range="bytes=2999000-")
    assert (part.status, part.body) == (206, content[2_999_000:])
    assert part.headers["content-range"] == "bytes 2999000-2999999/3000000"
    check_answer(reader.get(target, Range="bytes=3000001-"), "malformed_range", 2009)


def entry_of(client, document_id):
    return next((one for one in client.mailbox() if one["document_id"] == document_id), None)


def test_an_upload_goes_on_where_it_stopped_and_nowhere_else(world):
    content = os.urandom(1_000_000)
    digest = hashlib.sha256(content).hexdigest()
    client = world.client_of(SENDER)
    target = f"/v1/attachments/{digest}"

    def state():
        answer = client.ask("HEAD", target)
        return answer.status, answer.headers["upload-offset"], answer.headers["upload-complete"]

    assert state() == (200, "0", "false")
    assert client.put_part(digest, content[:400_000], 0, len(content)).status == 200
    assert state() == (200, "400000", "false")
    check_answer(client.put_part(digest, content[500_000:], 500_000, len(content)),
                 "malformed_range", 2009)
    assert client.put_part(digest, content[400_000:], 400_000, len(content)).status == 200
    assert state() == (200, "1000000", "true")


def test_an_upload_with_another_content_than_its_digest_is_dropped(world):
    content = os.urandom(10_000)
    digest = hashlib.sha256(content).hexdigest()
    client = world.client_of(SENDER)
    answer = client.put_part(digest, content[:-1] + b"?", 0, len(content))
    check_answer(answer, "attachment_mismatch", 6004)
    assert client.ask("HEAD", f"/v1/attachments/{digest}").headers["upload-offset"] == "0"


def test_a_document_whose_attachment_was_not_uploaded_waits_for_it(world):
    file = File("later.bin", os.urandom(10_000), beside=True)
    client = world.client_of(SENDER)
    signed = world.sign(Document(SENDER, ["G12.18"], "beside-later", files=[file]))
    check_answer(client.submit(signed), "attachment_missing", 6003)
    client.upload(file.content)
    assert client.submit(signed).status == 201


def test_an_urgent_document_overtakes_earlier_ones_in_the_mailbox(world):
    client = world.client_of(SENDER)
    priorities = [0, 0, 1, 0, 4, 0, 3, 2, 0, 3]
    names = {}
    for index, priority in enumerate(priorities):
        document = Document(SENDER, ["H37.30.06"], f"urgency-{index}", priority=priority)
        names[document.document_id] = priority
        assert client.submit(world.sign(document)).status == 201
    reader = world.client_of("H37.30.06")

    def all_mailed():
        entries = reader.mailbox(agency="H37.30.06")
        return entries if len(entries) == len(priorities) else None

    entries = wait_until(all_mailed, "ten entries in the mailbox")
    order = [one["document_id"] for one in entries]
    wanted = sorted(names, key=lambda name: (-names[name], int(name.split("-")[1])))
    assert order == wanted
    assert [one["priority"] for one in entries] == sorted(priorities, reverse=True)
    first_page = reader.mailbox(agency="H37.30.06", maximum=2)
    assert [one["document_id"] for one in first_page] == wanted[:2]


def test_a_long_poll_answers_when_a_document_arrives(world):
    reader = world.client_of("H37.DN")
    assert reader.mailbox(agency="H37.DN") == []
    world.agency(SENDER).drop("poll", Document(SENDER, ["H37.DN"], "poll-1").xml())
    entries = reader.mailbox(agency="H37.DN", wait=25)
    assert [one["document_id"] for one in entries] == ["poll-1"]


def test_an_addressee_that_was_merged_is_reached_at_its_successor(world):
    document = Document(SENDER, ["000.21.32.H53"], "merged-1")
    world.agency(SENDER).drop("merged", document.xml())
    world.agency(SENDER).wait_for_receipt("merged")
    world.agency("000.20.32.H53").wait_for_document("merged-1")
    assert world.agency("000.21.32.H53").copies("merged-1") == []


STATUSES = [("01", "đã đến"), ("03", "tiếp nhận"), ("04", "phân công"), ("05", "đang xử lý"),
            ("06", "hoàn thành")]


def test_the_course_of_a_document_comes_back_status_by_status(world):
    document = Document(SENDER, ["G12.18"], "course-1")
    sender, recipient = world.agency(SENDER), world.agency("G12.18")
    sender.drop("course", document.xml())
    recipient.wait_for_document("course-1")
    for minute, (code, meaning) in enumerate(STATUSES):
        package = status_xml(document, "G12.18", code, f"2026/11/20 10:{minute:02}:00", meaning)
        recipient.drop(f"course-{code}", package)
        recipient.wait_for_receipt(f"course-{code}")

    def arrived():
        codes = [status_code_of(one.package) for one in sender.delivered()
                 if b"course-1" in one.package]
        return codes if len(codes) == len(STATUSES) else None

    assert wait_until(arrived, "all statuses at the sender") == [code for code, _ in STATUSES]
    history = world.adapters["00.01.W00"].run("history", "--sender", SENDER, "--document-id",
                                              "course-1", "--json")
    events = json.loads(history.stdout)["events"]
    assert [one["detail"] for one in events if one["event"] == "status"] == [
        code for code, _ in STATUSES]


def test_a_document_refused_by_its_recipient_says_so_in_the_history(world):
    document = Document(SENDER, ["000.00.00.H53"], "returned-1")
    sender, recipient = world.agency(SENDER), world.agency("000.00.00.H53")
    sender.drop("returned", document.xml())
    recipient.wait_for_document("returned-1")
    recipient.drop("returned-02", status_xml(document, "000.00.00.H53", "02"))
    recipient.wait_for_receipt("returned-02")
    events = history_of(world, "returned-1")["events"]
    assert [(one["actor"], one["detail"]) for one in events if one["event"] == "status"] == [
        ("agency:000.00.00.H53", "02")]


def history_of(world, document_id):
    done = world.adapters["00.01.W00"].run("history", "--sender", SENDER, "--document-id",
                                           document_id, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_recall_reaches_the_recipients_and_its_answer_the_sender(world):
    sender, recipient = world.agency(SENDER), world.agency("G12.18")
    original = Document(SENDER, ["G12.18"], "recalled-1")
    sender.drop("recalled", original.xml())
    recipient.wait_for_document("recalled-1")
    recall = Document(SENDER, ["G12.18"], "recall-of-1", business=1, responses_for=[original])
    sender.drop("recall", recall.xml())
    assert b"recalled-1" in recipient.wait_for_document("recall-of-1").package
    recipient.drop("agreed", status_xml(recall, "G12.18", "15"))
    recipient.wait_for_receipt("agreed")
    assert "recall" in [one["event"] for one in history_of(world, "recalled-1")["events"]]


def test_an_update_and_a_replacement_reach_the_recipients_and_the_history(world):
    sender, recipient = world.agency(SENDER), world.agency("000.20.32.H53")
    original = Document(SENDER, ["000.20.32.H53"], "changed-1")
    sender.drop("changed", original.xml())
    recipient.wait_for_document("changed-1")
    update = Document(SENDER, ["000.20.32.H53"], "update-of-1", business=2,
                      business_document="changed-1", responses_for=[original])
    replacement = Document(SENDER, ["000.20.32.H53"], "replacement-of-1", business=3,
                           replaces=["changed-1"], responses_for=[original])
    for name, document in (("update", update), ("replacement", replacement)):
        sender.drop(name, document.xml())
        recipient.wait_for_document(document.document_id)
    events = [one["event"] for one in history_of(world, "changed-1")["events"]]
    assert "update" in events
    assert "replace" in events


def test_the_send_command_composes_signs_and_sends(world, tmp_path):
    letter = tmp_path / "Thư mời họp.pdf"
    letter.write_bytes(os.urandom(2_000))
    drawing = tmp_path / "bản vẽ.pdf"
    drawing.write_bytes(os.urandom(60_000))
    done = world.adapters["00.01.W00"].run(
        "send", "--from", SENDER, "--to", "G12.18,000.20.32.H53", "--number", "99",
        "--notation", "VPCP-KSTT", "--subject", "Mời họp", "--priority", "1",
        "--document-id", "composed-1", "--attach", letter, "--attach", drawing,
        "--beside-over", "50000", "--wait", "30")
    assert done.returncode == 0, done.stdout + done.stderr
    for code in ("G12.18", "000.20.32.H53"):
        copy = world.agency(code).wait_for_document("composed-1")
        assert copy.files == {"bản vẽ.pdf": drawing.read_bytes()}


def test_the_send_command_shows_a_refusal_in_both_languages(world):
    done = world.adapters["00.01.W00"].run(
        "send", "--from", SENDER, "--to", "H99.99", "--number", "1", "--notation", "VPCP",
        "--subject", "Gửi nhầm", "--document-id", "composed-2", "--wait", "30")
    assert done.returncode == 1, done.stdout + done.stderr
    said = done.stdout + done.stderr
    assert "TRUC-5007" in said
    assert "Nơi nhận không có trong danh mục." in said
    assert "An addressee is not in the directory." in said


def test_the_status_command_answers_a_received_document(world):
    sender, recipient = world.agency(SENDER), world.agency("000.00.13.H53")
    sender.drop("answered", Document(SENDER, ["000.00.13.H53"], "answered-1").xml())
    copy = recipient.wait_for_document("answered-1")
    done = recipient.adapter.run("status", copy.delivery, "--code", "03")
    assert done.returncode == 0, done.stdout + done.stderr
    sender.wait_for_recipient_receipts("answered", "registered", ["000.00.13.H53"])
