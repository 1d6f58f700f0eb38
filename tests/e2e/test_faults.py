"""Programs killed at random moments under load: what has a receipt is delivered, once. The seed is
printed; TRUC_SEED repeats a run."""

import hashlib
import json
import os

import pytest
from load import (DirectLoad, DroppedLoad, check_delivered_exactly_once, handed_over, make_documents,
                  seeded)
from packages import Document, File
from programs import program, run
from slow_line import SlowLine
from waiting import wait_until
from world import World

KILLS = 6
SENDER = "000.00.00.G22"


@pytest.fixture
def world(tmp_path):
    with World(tmp_path) as world:
        yield world


def moments(dice, total):
    """KILLS counts between 1 and `total`, one drawn from each equal stretch."""
    stretch = total // (KILLS + 1)
    return [stretch * index + dice.randint(1, stretch) for index in range(KILLS)]


def kill_the_hub_under_load(world):
    """The fault that both logs must stand; test_kafka.py runs it over a broker."""
    dice = seeded()
    direct = DirectLoad(world, make_documents(world, dice, 120, "direct"))
    dropped = DroppedLoad(world, make_documents(world, dice, 80, "dropped"))
    total = len(direct.todo) + len(dropped.documents)
    direct.start()
    try:
        dropped.drop()
        for moment in moments(dice, total):
            wait_until(lambda: direct.count() + dropped.count() >= moment, f"{moment} receipts", 60)
            world.hub.kill()
            world.hub.start()
        direct.wait()
        dropped.wait()
    finally:
        direct.stop()
    return direct, dropped


def check_everything(world, direct, dropped):
    documents = [document for document, _ in direct.todo] + dropped.documents
    check_delivered_exactly_once(world, documents, direct.signed | dropped.signed)
    direct.check_repeats()
    for document in dropped.documents:
        world.agency(document.sender).wait_for_recipient_receipts(
            document.document_id, "delivered", document.recipients)


def test_a_hub_killed_again_and_again_loses_nothing_and_delivers_nothing_twice(world):
    direct, dropped = kill_the_hub_under_load(world)
    check_everything(world, direct, dropped)
    for document_id, receipt in direct.receipts.items():
        path = world.folder / f"{document_id}.receipt.json"
        path.write_bytes(receipt)
    sample = sorted(direct.receipts)[:10]
    for document_id in sample:
        package = world.folder / f"{document_id}.edxml"
        package.write_bytes(direct.signed[document_id])
        done = world.verify("--receipt", world.folder / f"{document_id}.receipt.json",
                            "--document", package)
        assert done.returncode == 0, done.stdout + done.stderr


def test_adapters_killed_again_and_again_send_and_hand_over_everything_once(world):
    dice = seeded()
    dropped = DroppedLoad(world, make_documents(world, dice, 150, "edge"))
    deliveries = sum(len(document.recipients) for document in dropped.documents)
    dropped.drop()

    def progress():
        return sum(handed_over(world.agency(entry["code"])) for entry in world.entries)

    for moment in moments(dice, deliveries):
        wait_until(lambda: progress() >= moment, f"{moment} deliveries", 60)
        adapter = world.adapters[dice.choice(sorted(world.adapters))]
        adapter.kill()
        adapter.start()
    dropped.wait()
    check_delivered_exactly_once(world, dropped.documents, dropped.signed)
    for document in dropped.documents:
        world.agency(document.sender).wait_for_recipient_receipts(
            document.document_id, "delivered", document.recipients)


def test_hub_and_adapters_killed_together_still_deliver_everything_once(world):
    dice = seeded()
    dropped = DroppedLoad(world, make_documents(world, dice, 60, "all"))
    dropped.drop()
    for moment in sorted(dice.sample(range(1, 60), 3)):
        wait_until(lambda: dropped.count() >= moment, f"{moment} receipts", 60)
        for server in dice.sample([server for _, server in world.servers()], len(world.adapters) + 1):
            server.kill()
        world.hub.start()
        for adapter in world.adapters.values():
            adapter.start()
    dropped.wait()
    check_delivered_exactly_once(world, dropped.documents, dropped.signed)


def test_documents_dropped_while_the_hub_is_away_leave_when_it_is_back(world):
    assert world.hub.server.stop() == 0
    sender = world.agency(SENDER)
    documents = [Document(SENDER, ["G12.18"], f"away-{index}") for index in range(5)]
    for document in documents:
        sender.drop(document.document_id, document.xml())
    wait_until(lambda: not any(sender.out.glob("*.edxml")), "the adapter to take the documents")
    assert not any(sender.sent.iterdir()), "nothing counts as sent without a receipt"
    assert not any(sender.refused.iterdir())
    world.hub.start()
    for document in documents:
        sender.wait_for_receipt(document.document_id, timeout=90)
    for document in documents:
        world.agency("G12.18").wait_for_document(document.document_id)


def test_an_adapter_that_died_before_the_answer_gets_the_receipt_of_what_it_sent(world):
    """Signing anew would make another document of it, and a conflict: an ECDSA signature differs
    each time."""
    sender = world.agency(SENDER)
    line = SlowLine(world.hub.port)
    try:
        send_over(line, sender.adapter)
        sender.drop("before", Document(SENDER, ["H37.02"], "answer-before").xml())
        sender.wait_for_recipient_receipts("before", "delivered", ["H37.02"])
        line.hold_back_after(0)
        sender.drop("once", Document(SENDER, ["H37.02"], "answer-lost").xml())
        accepted = wait_until(lambda: history_at(sender, "answer-lost"), "the document at the hub")
        assert not sender.is_sent("once")
        sender.adapter.kill()
        line.cut()
        line.let_go()
        sender.adapter.start()
        assert json.loads(sender.wait_for_receipt("once")) == accepted["receipt"]
    finally:
        line.close()
    signed = (sender.sent / "once.edxml").read_bytes()
    assert hashlib.sha256(signed).hexdigest() == accepted["sha256"]
    assert world.agency("H37.02").wait_for_document("answer-lost").package == signed


def history_at(agency, document_id):
    client = agency.adapter.client()
    try:
        answer = client.get(f"/v1/documents?sender={agency.code}&document_id={document_id}")
        return answer.json if answer.status == 200 else None
    finally:
        client.close()


def test_an_upload_cut_by_a_crash_of_the_adapter_is_resumed(world):
    file = File("ban-do.tif", os.urandom(20 * 1024 * 1024), beside=True)
    sender = world.agency(SENDER)
    line = SlowLine(world.hub.port)
    try:
        send_over(line, sender.adapter)
        line.hold_after(10 * 1024 * 1024)
        document = Document(SENDER, ["G12.18"], "resumed-upload", files=[file])
        sender.drop("resumed", document.xml(), [file])
        wait_until(line.is_holding, "half of the upload", 60)
        sender.adapter.kill()
        line.cut()
        staged = offset_of(sender.adapter, file)
        assert 0 < staged < len(file.content)
        line.let_go()
        sender.adapter.start()
        sender.wait_for_receipt("resumed", timeout=60)
        rest = len(file.content) - staged
        assert rest <= line.sent < rest + 1024 * 1024, "only what was missing travels again"
    finally:
        line.close()
    copy = world.agency("G12.18").wait_for_document("resumed-upload", timeout=60)
    assert hashlib.sha256(copy.files[file.name]).hexdigest() == file.sha256


def test_a_download_cut_by_a_crash_of_the_adapter_is_resumed(world):
    file = File("ban-do.tif", os.urandom(20 * 1024 * 1024), beside=True)
    recipient = world.agency("G12.18")
    line = SlowLine(world.hub.port)
    try:
        send_over(line, recipient.adapter)
        line.hold_back_after(10 * 1024 * 1024)
        document = Document(SENDER, ["G12.18"], "resumed-download", files=[file])
        world.agency(SENDER).drop("resumed", document.xml(), [file])
        wait_until(line.is_holding, "half of the download", 60)
        recipient.adapter.kill()
        line.cut()
        line.let_go()
        recipient.adapter.start()
        copy = recipient.wait_for_document("resumed-download", timeout=60)
        assert line.received < 15 * 1024 * 1024, "only what was missing travels again"
    finally:
        line.close()
    assert hashlib.sha256(copy.files[file.name]).hexdigest() == file.sha256


def send_over(line, adapter):
    """Has the adapter speak to the hub over `line` from now on."""
    assert adapter.server.stop() == 0
    adapter.write_config(line.port)
    adapter.start()


def offset_of(adapter, file):
    client = adapter.client()
    try:
        return int(client.ask("HEAD", f"/v1/attachments/{file.sha256}").headers["upload-offset"])
    finally:
        client.close()


def test_a_line_that_breaks_is_mended_without_help(world):
    line = SlowLine(world.hub.port)
    sender = world.agency(SENDER)
    try:
        send_over(line, sender.adapter)
        sender.drop("before", Document(SENDER, ["G12.18"], "line-before").xml())
        sender.wait_for_receipt("before")
        line.cut()
        sender.drop("after", Document(SENDER, ["G12.18"], "line-after").xml())
        sender.wait_for_receipt("after", timeout=60)
    finally:
        line.close()
    for document_id in ("line-before", "line-after"):
        world.agency("G12.18").wait_for_document(document_id)


def test_two_adapters_never_share_a_spool(world):
    adapter = world.adapters["00.02.W00"]
    second = adapter.run("run", timeout=20)
    assert second.returncode in (2, 3), second.stdout + second.stderr
    assert adapter.server.is_up()


def test_two_hubs_never_share_a_store(world):
    second = run([program("truc-hub"), "--config", world.hub.config], timeout=20)
    assert second.returncode != 0
    assert world.hub.server.is_up()
    assert world.operator_client().get("/v1/health").status == 200
