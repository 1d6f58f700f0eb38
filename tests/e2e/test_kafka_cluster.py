"""Three brokers with TLS and rights: one may die, and nobody does what is not granted."""

import functools
import itertools
import json

import pytest
from kafka_cluster import JOURNAL, PREFIX, Cluster
from load import (DirectLoad, check_delivered_exactly_once, deliveries_of, make_documents,
                  seeded)
from packages import Document
from several_hubs import is_serving, recorded, wait_for_members
from strikes import frozen
from waiting import wait_until
from world import World

pytestmark = pytest.mark.kafka

NUMBERS = itertools.count(1)
SENDER, RECIPIENT = "000.00.00.G22", "G12.18"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("kafka") / "cluster", "--nodes", "3", "--secure")
    yield cluster
    cluster.stop()


@pytest.fixture
def prefix():
    """Topics of the test's own, which the rights cover."""
    return f"{PREFIX}.{next(NUMBERS)}."


def fanout(cluster, prefix, client):
    security = "".join(f'[[fanout.security]]\nname = "{name}"\nvalue = "{value}"\n'
                       for name, value in cluster.options_of(client))
    return (f'[fanout]\nkind = "kafka"\nbootstrap = "{cluster.bootstrap}"\n'
            f'topic_prefix = "{prefix}"\npartitions = 2\n{security}')


@pytest.fixture
def world(tmp_path, cluster, prefix):
    with World(tmp_path / "world", fanout=fanout(cluster, prefix, "truc-hub")) as world:
        yield world


@pytest.fixture
def two(tmp_path, cluster, prefix):
    """Two hubs over one journal."""
    replicated = (fanout(cluster, prefix, "truc-hub")
                  .replace('partitions = 2', f'partitions = 2\nreplication = 3\n'
                           f'acknowledge = "replicated"\njournal = "{journal_of(prefix)}"'))
    with World(tmp_path / "world", fanout=replicated, hubs=2) as world:
        wait_for_members(world, 2)
        yield world


def journal_of(prefix):
    return prefix.replace(PREFIX, JOURNAL)


@pytest.mark.slow
def test_a_broker_of_three_that_dies_under_load_costs_nothing(world, cluster, prefix):
    load = DirectLoad(world, make_documents(world, seeded(), 120, "direct"))
    load.start()
    try:
        wait_until(lambda: load.count() >= 20, "some receipts")
        dead = cluster.leader_of(f"{prefix}2", "truc-hub")
        cluster.kill("--node", str(dead))
        load.wait()
        documents = [document for document, _ in load.todo]
        # Two of three are enough, for as long as it takes.
        check_delivered_exactly_once(world, documents, load.signed, timeout=120)
    finally:
        load.stop()
        cluster.start("--node", str(dead))
    assert recorded(cluster, prefix, "report-centre") == deliveries_of(documents)


def test_a_report_centre_reads_along_and_changes_nothing(world, cluster, prefix):
    topic = f"{prefix}2"
    for number in range(3):
        document = Document(SENDER, [RECIPIENT], f"report-{number}")
        world.agency(SENDER).drop(document.document_id, document.xml())
        world.agency(RECIPIENT).wait_for_document(document.document_id)

    # In a group of its own, with offsets that Kafka keeps for it.
    read = cluster.kcat("-q", "-G", "report-centre-statistics", "-c", "3", "-o", "beginning", topic,
                        "-X", "auto.offset.reset=earliest", client="report-centre")
    assert read.returncode == 0, read.stderr
    assert {json.loads(line)["document_id"] for line in read.stdout.splitlines()} == {
        f"report-{number}" for number in range(3)}

    # It may not write, and not read in the hub's place.
    written = cluster.kcat("-P", "-t", topic, "-k", RECIPIENT, client="report-centre",
                           input="{}\n")
    assert written.returncode != 0 and "authorization failed" in written.stderr, written.stderr
    stolen = cluster.kcat("-G", "truc-hub", "-c", "1", topic, client="report-centre")
    assert stolen.returncode != 0 and "authorization failed" in stolen.stderr, stolen.stderr
    assert len(cluster.records(2, prefix, "report-centre")) == 3


def test_who_has_no_right_or_no_certificate_gets_nothing(world, cluster, prefix):
    document = Document(SENDER, [RECIPIENT], "unseen")
    world.agency(SENDER).drop("unseen", document.xml())
    world.agency(RECIPIENT).wait_for_document("unseen")
    done = cluster.kcat("-C", "-q", "-e", "-o", "beginning", "-t", f"{prefix}2", client="nobody")
    assert done.returncode != 0 and "authorization failed" in done.stderr, done.stderr
    assert done.stdout == ""
    assert cluster.kcat("-L", "-m", "5").returncode != 0
    assert len(cluster.records(2, prefix, "report-centre")) == 1


def test_a_hub_without_rights_says_so_keeps_what_it_took_and_delivers_once_it_has_them(
        tmp_path, cluster, prefix):
    with World(tmp_path / "world", fanout=fanout(cluster, prefix, "nobody")) as world:
        signed = world.sign(Document(SENDER, [RECIPIENT], "patient"))
        assert world.client_of(SENDER).submit(signed).status == 201
        wait_until(lambda: "authorization failed" in world.hub.server.log_text().lower(),
                   "the hub's word about its rights", timeout=60)
        assert world.operator_client().get("/v1/overview").json["outbox_depth"] > 0
        config = world.hub.config
        config.write_text(config.read_text().replace("/nobody.", "/truc-hub."))
        world.hub.restart()
        assert world.agency(RECIPIENT).wait_for_document("patient").package == signed


@pytest.mark.slow
def test_the_journals_leader_that_dies_under_load_costs_nothing(two, cluster, prefix):
    load = DirectLoad(two, make_documents(two, seeded(), 80, "direct"), hubs=two.hubs)
    load.start()
    try:
        wait_until(lambda: load.count() >= 15, "some receipts")
        dead = cluster.leader_of(journal_of(prefix), "truc-hub")
        cluster.kill("--node", str(dead))
        load.wait()
        documents = [document for document, _ in load.todo]
        check_delivered_exactly_once(two, documents, load.signed, timeout=120)
    finally:
        load.stop()
        cluster.start("--node", str(dead))


@pytest.mark.slow
def test_the_journals_leaders_that_hang_one_after_the_other_are_left_for_the_next(
        two, cluster, prefix):
    """Their connections stay; nothing but patience tells them from slow ones."""
    for number in range(3):
        name = f"while-{number}-hangs"
        package = two.sign(Document(SENDER, [RECIPIENT], name))
        leader = cluster.leader_of(journal_of(prefix), "truc-hub")
        with frozen(functools.partial(cluster.signal, leader)):
            wait_until(lambda: not any(is_serving(two, hub) for hub in two.hubs), "its silence", 60)
            wait_for_members(two, 2)
            assert two.client_of(SENDER).submit(package).status in (200, 201)
            assert two.agency(RECIPIENT).wait_for_document(name, timeout=90).package == package


@pytest.mark.slow
def test_a_hub_that_starts_while_the_journals_leader_dies_serves_under_the_next_one(
        two, cluster, prefix):
    hub = two.hubs[1]
    assert hub.server.stop() == 0
    dead = cluster.leader_of(journal_of(prefix), "truc-hub")
    cluster.kill("--node", str(dead))
    try:
        hub.start()  # before there is another leader
        wait_for_members(two, 2)
    finally:
        cluster.start("--node", str(dead))


@pytest.mark.slow
def test_with_one_replica_left_nothing_is_acknowledged_and_nothing_lost(two, cluster, prefix):
    before, after = (two.sign(Document(SENDER, [RECIPIENT], name)) for name in ("before", "after"))
    assert two.client_of(SENDER).submit(before).status == 201
    leader = cluster.leader_of(journal_of(prefix), "truc-hub")
    dead = [number for number in (1, 2, 3) if number != leader]
    try:
        for number in dead:
            cluster.kill("--node", str(number))
        answer = wait_until(
            lambda: (got := two.client_of(SENDER).submit(after)).status == 503 and got,
            "a refusal", 60)
        assert answer.json["name"] in ("cut_off", "event_log_failed")
        wait_until(lambda: not any(is_serving(two, hub) for hub in two.hubs), "no hub serving", 60)
    finally:
        for number in dead:
            cluster.start("--node", str(number))
    wait_for_members(two, 2)
    # It may have been kept all the same; either way there is one of it.
    assert two.client_of(SENDER).submit(after).status in (200, 201)
    for name, package in (("before", before), ("after", after)):
        assert two.agency(RECIPIENT).wait_for_document(name, timeout=90).package == package


def test_nobody_but_the_hubs_reads_or_writes_the_journal(two, cluster, prefix):
    two.agency(SENDER).drop("x", Document(SENDER, [RECIPIENT], "x").xml())
    two.agency(RECIPIENT).wait_for_document("x")
    for client in ("report-centre", "nobody"):
        read = cluster.kcat("-C", "-q", "-e", "-o", "beginning", "-t", journal_of(prefix),
                            client=client)
        assert read.returncode != 0 and "authorization failed" in read.stderr, read.stderr
        assert read.stdout == ""
        written = cluster.kcat("-P", "-t", journal_of(prefix), client=client, input="rubbish\n")
        assert written.returncode != 0 and "authorization failed" in written.stderr, written.stderr
    two.agency(SENDER).drop("y", Document(SENDER, [RECIPIENT], "y").xml())
    two.agency(RECIPIENT).wait_for_document("y")
