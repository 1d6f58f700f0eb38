"""Several hubs that share the work over one journal on a real Kafka."""

import itertools
import json
import os
import shutil
import signal
import threading
import time

import pytest
from backups import back_up_well, backup_settings, truc_hub
from https import PART
from kafka_cluster import Cluster
from load import (DirectLoad, DroppedLoad, check_delivered_exactly_once, deliveries_of,
                  make_documents, seeded)
from packages import Document, File, status_xml
from several_hubs import (SharedWorld, codes_of_systems, is_serving, mailbox_answer, metric, recorded, server_of,
                          wait_for_members)
from waiting import wait_until

pytestmark = pytest.mark.kafka

NUMBERS = itertools.count(1)
SENDER, RECIPIENT = "000.00.00.G22", "G12.18"
HANDED_OVER_SECONDS = 10


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("kafka") / "cluster")
    yield cluster
    cluster.stop()


@pytest.fixture
def prefix():
    """Of topics of the test's own."""
    return f"several-{next(NUMBERS)}."


@pytest.fixture
def world(tmp_path, cluster, prefix):
    with SharedWorld(tmp_path / "world", cluster, prefix, hubs=2) as world:
        wait_for_members(world, 2)
        yield world


@pytest.fixture
def three(tmp_path, cluster, prefix):
    with SharedWorld(tmp_path / "world", cluster, prefix, hubs=3) as world:
        wait_for_members(world, 3)
        yield world


def errors_of(world):
    return [line for adapter in world.adapters.values()
            for line in adapter.server.log_text().splitlines() if '"level":"error"' in line]


def test_the_same_document_handed_to_two_hubs_at_once_is_one_with_one_receipt(
        world, cluster, prefix):
    documents = [Document(SENDER, [RECIPIENT], f"twice-{number}") for number in range(20)]
    together = threading.Barrier(2)
    answers = {hub: [] for hub in world.hubs}
    signed = [world.sign(document) for document in documents]

    def hand_over(hub):
        client = world.client_of(SENDER, hub)
        for package in signed:
            together.wait(60)
            answers[hub].append(client.submit(package))
        client.close()

    threads = [threading.Thread(target=hand_over, args=[hub]) for hub in world.hubs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(*answers.values()):
        assert sorted((one.status, other.status)) == [200, 201]
        assert one.body == other.body
    for document, package in zip(documents, signed):
        assert world.agency(RECIPIENT).wait_for_document(document.document_id).package == package
    wait_until(lambda: recorded(cluster, prefix) == {(document.document_id, RECIPIENT)
                                                     for document in documents},
               "each once on the topics of the levels")


def test_a_mailbox_is_served_by_one_hub_and_the_others_say_by_which(three):
    for code in codes_of_systems(three):
        hub = wait_until(lambda: server_of(three, code), f"a hub that serves {code}")
        for other in three.hubs:
            if other is hub:
                continue
            answer = mailbox_answer(three, other, code)
            assert answer.status == 421 and answer.json["name"] == "served_elsewhere", answer.body
            assert answer.headers["location"] == f"https://127.0.0.1:{hub.port}/"


def test_history_and_what_is_said_about_a_document_are_the_same_at_every_hub(three):
    document = Document(SENDER, [RECIPIENT], "everywhere")
    three.agency(SENDER).drop("x", document.xml())
    three.agency(RECIPIENT).wait_for_document("everywhere")
    three.agency(RECIPIENT).drop("vao-so", status_xml(document, RECIPIENT, "03"))
    three.agency(SENDER).wait_for_recipient_receipts("x", "registered", [RECIPIENT])
    target = f"/v1/documents?sender={SENDER}&document_id=everywhere"

    def histories():
        return [three.client_of(SENDER, hub).get(target) for hub in three.hubs]

    told = wait_until(lambda: (got := histories()) and len({one.body for one in got}) == 1 and got,
                      "one history at all hubs")
    assert told[0].status == 200
    assert [event["event"] for event in told[0].json["events"]].count("registered") == 1


def test_what_one_hub_does_not_have_yet_is_not_said_to_be_unknown(three):
    """Only the hub that serves a system tells it that something is not there."""
    for hub in three.hubs:
        answer = three.client_of(SENDER, hub).get(
            f"/v1/documents?sender={SENDER}&document_id=never")
        serves = server_of(three, SENDER) is hub
        assert (answer.status, answer.json["name"]) == (
            (404, "document_unknown") if serves else (421, "served_elsewhere"))


def test_an_attachment_that_one_hub_has_taken_is_had_from_another(world):
    content = os.urandom(9 * 1024 * 1024)
    document = Document(SENDER, [RECIPIENT], "large", files=[File("ban-do.pdf", content, beside=True)])
    for offset in range(0, len(content), PART):
        # The parts of one upload may go to any hub.
        hub = world.hubs[offset // PART % 2]
        client = world.client_of(SENDER, hub)
        answer = wait_until(lambda: (got := client.put_part(
            document.files[0].sha256, content[offset:offset + PART], offset, len(content)))
            .status == 200 and got, "a part that goes on where the one before it ended")
    assert answer.headers["upload-complete"] == "true"
    assert client.submit(world.sign(document)).status == 201
    delivered = world.agency(RECIPIENT).wait_for_document("large")
    assert delivered.files["ban-do.pdf"] == content


@pytest.mark.slow
def test_a_hub_that_is_killed_with_its_disk_costs_nothing_and_is_replaced_in_time(
        three, cluster, prefix):
    code = codes_of_systems(three)[1]
    victim = server_of(three, code)
    dice = seeded()
    load = DirectLoad(three, make_documents(three, dice, 80, "direct"), hubs=three.hubs)
    dropped = DroppedLoad(three, make_documents(three, dice, 40, "dropped"))
    load.start()
    try:
        dropped.drop()
        wait_until(lambda: load.count() >= 20, "some receipts")
        victim.kill()
        died = time.monotonic()
        shutil.rmtree(victim.data)
        wait_until(lambda: all(server_of(three, one) for one in codes_of_systems(three)),
                   "every mailbox at one of the others", 2 * HANDED_OVER_SECONDS)
        assert time.monotonic() - died < HANDED_OVER_SECONDS
        load.wait()
        dropped.wait()
    finally:
        load.stop()
    documents = [document for document, _ in load.todo] + dropped.documents
    signed = load.signed | dropped.signed
    # A hub with an empty disk is filled from the journal.
    victim.start()
    wait_for_members(three, 3)
    check_delivered_exactly_once(three, documents, signed, timeout=120)
    for hub in three.hubs:
        for document, octets in load.todo[:10]:
            answer = three.client_of(document.sender, hub).submit(octets)
            assert answer.status == 200
            assert answer.body == load.receipts[document.document_id]
    wanted = deliveries_of(documents)
    wait_until(lambda: recorded(cluster, prefix) == wanted, "all of it on the topics of the levels")


@pytest.mark.slow
def test_hubs_are_replaced_one_by_one_without_an_error_at_any_adapter(three):
    dice = seeded()
    load = DirectLoad(three, make_documents(three, dice, 120, "direct"), hubs=three.hubs)
    dropped = DroppedLoad(three, make_documents(three, dice, 60, "dropped"))
    load.start()
    try:
        dropped.drop()
        for hub in three.hubs:
            hub.restart()
            wait_for_members(three, 3)
        load.wait()
        dropped.wait()
    finally:
        load.stop()
    documents = [document for document, _ in load.todo] + dropped.documents
    check_delivered_exactly_once(three, documents, load.signed | dropped.signed, timeout=120)
    assert errors_of(three) == []


def test_a_hub_that_is_added_takes_its_share_and_a_new_disk_holds_everything(
        tmp_path, cluster, prefix):
    with SharedWorld(tmp_path / "world", cluster, prefix, hubs=2, idle=["00.53.W00"]) as world:
        late = world.hubs[1]
        assert late.server.stop() == 0
        shutil.rmtree(late.data)
        wait_until(lambda: metric(world, world.hub, "truc_hub_members") == 1, "one hub alone", 30)
        waiting = next(code for code in world.systems["00.53.W00"] if code != SENDER)
        drop_and_wait(world, waiting, "before", 5)
        late.start()
        wait_for_members(world, 2)
        leave_alone(world, late, waiting)
        for number in range(5):
            world.agency(waiting).wait_for_document(f"before-{number}")
        assert len(world.agency(RECIPIENT).delivered()) == 5


def test_a_hub_is_filled_from_the_backup_of_another_once_the_journal_was_cut(
        tmp_path, cluster, prefix):
    backups = tmp_path / "backups"
    backups.mkdir()
    journal = f"{prefix}journal"
    world = SharedWorld(tmp_path / "world", cluster, prefix, hubs=2, idle=["00.53.W00"])
    with world.hub.config.open("a") as config:
        config.write(backup_settings(backups))
    with world:
        wait_for_members(world, 2)
        lost = world.hubs[1]
        waiting = next(code for code in world.systems["00.53.W00"] if code != SENDER)
        file = File("annex.pdf", os.urandom(3 * PART), beside=True)
        big = Document(SENDER, [waiting, RECIPIENT], "big", files=[file])
        world.agency(SENDER).drop("big", big.xml(), [file])
        drop_and_wait(world, waiting, "before", 5)
        world.agency(RECIPIENT).wait_for_document("big")
        wait_until(lambda: metric(world, world.hub, "truc_hub_journal_lag") == 0, "all of it", 30)
        kept_from = cluster.end_of(journal)
        back_up_well(world)
        drop_and_wait(world, waiting, "after", 5)
        receipts = receipts_of(world)

        lost.kill()
        shutil.rmtree(lost.data)
        cluster.forget(journal, kept_from)
        lost.start()
        wait_until(lambda: '"failure.name":"journal_mismatch"' in lost.server.log_text(),
                   "its word that the journal begins later")
        assert f"entries from {kept_from} to" in lost.server.log_text()
        assert not is_serving(world, lost)
        assert mailbox_answer(world, lost, RECIPIENT).status == 503

        assert lost.server.stop() == 0
        shutil.rmtree(lost.data)
        restored = truc_hub("restore", backups, "--to", lost.data)
        assert restored.returncode == 0, restored.stderr
        lost.start()
        wait_for_members(world, 2)
        leave_alone(world, lost, waiting)
        for document_id in receipts:
            arrived = world.agency(waiting).wait_for_document(document_id)
            assert json.loads(arrived.receipt) == receipts[document_id]
        assert len(world.agency(RECIPIENT).delivered()) == len(receipts) == 11
        assert world.agency(waiting).wait_for_document("big").files == {file.name: file.content}


def drop_and_wait(world, waiting, name, count):
    """Documents that RECIPIENT takes and that stay in the mailbox of `waiting`."""
    for number in range(count):
        document = Document(SENDER, [waiting, RECIPIENT], f"{name}-{number}")
        world.agency(SENDER).drop(document.document_id, document.xml())
        world.agency(RECIPIENT).wait_for_document(document.document_id)


def leave_alone(world, hub, waiting):
    """The first hub dies with its disk; who waits gets what stands on this one's."""
    world.hub.kill()
    shutil.rmtree(world.hub.data)
    wait_until(lambda: server_of(world, waiting) is hub, "the other's mailboxes", 30)
    world.adapters[world.system_of(waiting)].start()


def receipts_of(world):
    """What the hub has signed for each document that SENDER sent, by DocumentId."""
    sent = world.agency(SENDER).sent
    return {path.name.removesuffix(".receipt.json"): json.loads(path.read_bytes())
            for path in sent.glob("*.receipt.json") if path.name.count(".") == 2}


def test_without_kafka_nothing_is_acknowledged_or_shown_and_all_goes_on_when_it_is_back(
        tmp_path, prefix):
    cluster = Cluster(tmp_path / "cluster")
    try:
        with SharedWorld(tmp_path / "world", cluster, prefix, hubs=2) as world:
            wait_for_members(world, 2)
            package = world.sign(Document(SENDER, [RECIPIENT], "patient"))
            cluster.stop()
            wait_until(lambda: not any(is_serving(world, hub) for hub in world.hubs),
                       "no hub that serves", 30)
            for hub in world.hubs:
                answer = world.client_of(SENDER, hub).submit(package)
                assert (answer.status, answer.json["name"]) == (503, "cut_off")
                assert "retry-after" in answer.headers
                assert mailbox_answer(world, hub, RECIPIENT).status == 503
            world.agency(SENDER).drop("dropped", Document(SENDER, [RECIPIENT], "dropped").xml())
            cluster.start()
            wait_for_members(world, 2)
            assert world.client_of(SENDER).submit(package).status == 201
            world.agency(RECIPIENT).wait_for_document("patient", timeout=60)
            world.agency(RECIPIENT).wait_for_document("dropped", timeout=120)
    finally:
        cluster.stop()


def test_a_hub_that_stood_still_does_not_serve_what_others_have_taken_over(world):
    """Stopped for longer than its lease, as by a machine that hangs."""
    code = next(code for code in codes_of_systems(world)
                if server_of(world, code) is world.hubs[1])
    world.hubs[1].server.signal(signal.SIGSTOP)
    try:
        wait_until(lambda: (answer := mailbox_answer(world, world.hubs[0], code)) and
                   answer.status == 200, "the other's mailbox", 2 * HANDED_OVER_SECONDS)
    finally:
        world.hubs[1].server.signal(signal.SIGCONT)
    # It wakes up with its old list of members, and must not believe it.
    answer = mailbox_answer(world, world.hubs[1], code)
    assert answer.status in (421, 503), answer.body
    wait_for_members(world, 2)
    assert server_of(world, code) is world.hubs[1]


def test_a_store_and_a_journal_that_do_not_belong_together_are_refused_by_name(
        tmp_path, cluster, prefix):
    with SharedWorld(tmp_path / "world", cluster, prefix, hubs=1) as world:
        wait_for_members(world, 1)
        world.agency(SENDER).drop("x", Document(SENDER, [RECIPIENT], "x").xml())
        world.agency(RECIPIENT).wait_for_document("x")
        assert world.hub.server.stop() == 0
        config = world.hub.config.read_text()
        # Alone, it would accept what the journal does not know.
        world.hub.config.write_text(config.replace('acknowledge = "replicated"', ""))
        world.hub.begin()
        wait_until(lambda: not world.hub.server.is_up(), "an end")
        assert "TRUC-1021" in world.hub.server.log_text()
        # In another journal its documents do not stand.
        world.hub.config.write_text(config.replace(f"{prefix}journal", f"{prefix}other"))
        world.hub.server.process = None
        world.hub.start()
        wait_until(lambda: '"failure.name":"journal_mismatch"' in world.hub.server.log_text(),
                   "its word about the other journal")
        answer = world.client_of(SENDER).submit(b"<x/>")
        assert (answer.status, answer.json["name"]) == (503, "cut_off")

