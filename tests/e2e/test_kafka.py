"""The same promises with the fan-out on a real Kafka broker."""

import pytest
from kafka_cluster import LEVELS, PREFIX, Cluster
from load import (DirectLoad, DroppedLoad, check_delivered_exactly_once, deliveries_of,
                  make_documents, seeded)
from packages import Document, status_xml
from several_hubs import recorded
from programs import program, run
from test_faults import check_everything, kill_the_hub_under_load
from waiting import wait_until
from world import World

pytestmark = pytest.mark.kafka

SENDER = "000.00.00.G22"
BY_LEVEL = {1: ["000.00.00.G12", "000.00.00.H37"], 2: ["000.00.13.H53", "G12.18"],
            3: ["000.20.32.H53", "H37.02.02"], 4: ["001.20.32.H53", "H37.30.06.01"]}
RECIPIENTS = [code for codes in BY_LEVEL.values() for code in codes]


@pytest.fixture
def broker(tmp_path):
    broker = Cluster(tmp_path / "broker")
    yield broker
    broker.stop()


def fanout(broker):
    return f'[fanout]\nkind = "kafka"\nbootstrap = "{broker.bootstrap}"'


@pytest.fixture
def world(tmp_path, broker):
    with World(tmp_path / "world", fanout=fanout(broker)) as world:
        yield world


def test_a_document_reaches_all_levels_with_one_record_for_each_delivery(world, broker):
    sender = world.agency(SENDER)
    document = Document(SENDER, RECIPIENTS, "kafka-1")
    signed = world.sign(document)
    sender.drop("kafka", signed)
    for code in RECIPIENTS:
        assert world.agency(code).wait_for_document("kafka-1").package == signed
    sender.wait_for_recipient_receipts("kafka", "delivered", RECIPIENTS)
    for code in RECIPIENTS:
        world.agency(code).drop("vao-so", status_xml(document, code, "03"))
    sender.wait_for_recipient_receipts("kafka", "registered", RECIPIENTS)
    deliveries = set()
    for level in LEVELS:
        records = [(key, value) for key, value in broker.records(level)
                   if value["kind"] == "document"]
        assert sorted(key for key, _ in records) == sorted(BY_LEVEL[level]), f"{PREFIX}{level}"
        for key, value in records:
            assert value["recipient"] == key
            assert value["level"] == level
            assert value["document_id"] == "kafka-1"
            deliveries.add(value["delivery"])
    assert len(deliveries) == len(RECIPIENTS)


def test_no_content_of_a_document_stands_on_the_topics(world, broker):
    document = Document(SENDER, ["G12.18"], "kafka-private", subject="Dieu khong ai duoc biet")
    world.agency(SENDER).drop("private", document.xml())
    world.agency("G12.18").wait_for_document("kafka-private")
    records = str(broker.records(2))
    assert "kafka-private" in records and "khong ai duoc biet" not in records


@pytest.mark.slow
def test_a_hub_on_kafka_killed_again_and_again_loses_and_doubles_nothing(world, broker):
    direct, dropped = kill_the_hub_under_load(world)
    check_everything(world, direct, dropped)
    documents = [document for document, _ in direct.todo] + dropped.documents
    assert recorded(broker, PREFIX) == deliveries_of(documents)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_what_is_accepted_while_the_broker_is_away_is_delivered_when_it_is_back(world, broker, how):
    dice = seeded()
    direct = DirectLoad(world, make_documents(world, dice, 60, "direct"))
    dropped = DroppedLoad(world, make_documents(world, dice, 30, "dropped"))
    direct.start()
    try:
        wait_until(lambda: direct.count() >= 15, "some receipts")
        getattr(broker, how)()
        dropped.drop()
        direct.wait()
        dropped.wait()
        assert world.operator_client().get("/v1/overview").json["outbox_depth"] > 0
    finally:
        direct.stop()
        broker.start()
    documents = [document for document, _ in direct.todo] + dropped.documents
    check_delivered_exactly_once(world, documents, direct.signed | dropped.signed, timeout=90)


@pytest.mark.slow
def test_a_hub_that_starts_while_the_broker_is_away_accepts_and_delivers_later(world, broker):
    dice = seeded()
    direct = DirectLoad(world, make_documents(world, dice, 40, "direct"))
    broker.kill()
    direct.start()
    try:
        wait_until(lambda: direct.count() >= 10, "some receipts")
        world.hub.kill()
        world.hub.start()
        direct.wait()
    finally:
        direct.stop()
        broker.start()
    documents = [document for document, _ in direct.todo]
    check_delivered_exactly_once(world, documents, direct.signed, timeout=90)


def test_the_kafka_adapter_keeps_its_contract_on_a_real_broker(broker):
    done = run([program("kafka_log_test")], timeout=240, env=broker.environment())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All tests passed" in done.stdout, done.stdout
