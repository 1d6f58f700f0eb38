"""What one client does to the hub harms no other: floods, bodies that never come, early leaves."""

import select
import threading

import pytest
from exposition import read_exposition
from https import cut, submission_head
from packages import Document
from refusals import check_answer
from waiting import wait_until
from world import World

HOSTILE, HONEST, RECIPIENT = "000.00.13.H53", "000.00.00.G22", "G12.18"
MIB = 1024 * 1024
CONNECTIONS_OF_A_SYSTEM = 16
BODIES_OF_A_SYSTEM = 64 * MIB


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    with World(folder, idle=["00.01.W00", "00.02.W00", "00.37.W00", "00.53.W00"]) as world:
        yield world


def readings(world):
    """The hub's metrics without the labels but the listener's: {(name, listener): value}."""
    operator = world.operator_client()
    families = read_exposition(operator.get("/metrics").body.decode())
    operator.close()
    values = {}
    for family in families.values():
        for (name, labels), value in family.samples.items():
            key = (name, dict(labels).get("listener"))
            values[key] = values.get(key, 0) + value
    return values


def wait_for_silence(world):
    """Nothing of any client is left: no connection, no byte, no work."""
    wanted = {("truc_hub_connections", "agency"): 0, ("truc_hub_body_bytes", None): 0,
              ("truc_hub_verify_queue", None): 0, ("truc_hub_read_queue", None): 0,
              ("truc_hub_mailbox_waiters", None): 0}

    def is_silent():
        now = readings(world)
        return all(now[key] == value for key, value in wanted.items())

    wait_until(is_silent, lambda: f"silence, not {readings(world)}")


def accepted_by_the_honest(world, name, count):
    client = world.client_of(HONEST)
    try:
        answers = [client.submit(world.sign(Document(HONEST, [RECIPIENT], f"{name}-{index}")))
                   for index in range(count)]
    finally:
        client.close()
    return [answer.status for answer in answers]


def test_a_flood_of_one_system_does_not_starve_another(world):
    flood = world.sign(Document(HOSTILE, [RECIPIENT], "flood"))
    ended, sent = threading.Event(), []

    def submit_again_and_again():
        client = world.client_of(HOSTILE)
        count = 0
        while not ended.is_set():
            assert client.submit(flood).status in (200, 201, 503)
            count += 1
        client.close()
        sent.append(count)

    threads = [threading.Thread(target=submit_again_and_again)
               for _ in range(CONNECTIONS_OF_A_SYSTEM)]
    for thread in threads:
        thread.start()
    try:
        assert accepted_by_the_honest(world, "in-a-flood", 20) == [201] * 20
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert len(sent) == CONNECTIONS_OF_A_SYSTEM and sum(sent) > 20
    wait_for_silence(world)


def test_a_system_has_so_many_connections_and_another_has_its_own(world):
    lines = [world.client_of(HOSTILE).line() for _ in range(CONNECTIONS_OF_A_SYSTEM)]
    for line in lines:
        line.sendall(b"GET /v1/health HTTP/1.1\r\nHost: hub\r\n\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 200 ")
    check_answer(world.client_of(HOSTILE).get("/v1/health"), "too_many_connections", 2012)
    assert accepted_by_the_honest(world, "beside-many", 1) == [201]
    for line in lines:
        line.close()
    wait_for_silence(world)


def test_bodies_that_never_come_hold_no_more_than_one_systems_share(world):
    lines = [begin(world, submission_head(b"", length=32 * MIB) + b"<")
             for _ in range(CONNECTIONS_OF_A_SYSTEM)]
    beyond = CONNECTIONS_OF_A_SYSTEM - BODIES_OF_A_SYSTEM // (32 * MIB)

    def refused():
        return select.select(lines, [], [], 0)[0]

    wait_until(lambda: len(refused()) == beyond, "the share to be taken")
    assert readings(world)[("truc_hub_body_bytes", None)] == BODIES_OF_A_SYSTEM
    for line in refused():
        answer = line.recv(65536)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b'"name":"busy"' in answer and b"Retry-After: " in answer
    assert accepted_by_the_honest(world, "beside-bodies", 5) == [201] * 5
    for line in lines:
        cut(line)
    wait_for_silence(world)


def begin(world, octets):
    line = world.client_of(HOSTILE).line()
    line.sendall(octets)
    return line


def wait_for_work(world, name):
    wait_until(lambda: readings(world)[(name, None)] > 0, name)


LEAVES = ["in the head", "behind the head", "in the body", "behind the body", "in the answer",
          "in a long poll"]


@pytest.mark.parametrize("ending", [cut, lambda line: line.close()], ids=["reset", "close"])
@pytest.mark.parametrize("stage", LEAVES)
def test_who_leaves_early_leaves_nothing_behind(world, stage, ending):
    document_id = f"{stage}-{ending.__name__}".replace(" ", "-").strip("<>")
    package = world.sign(Document(HOSTILE, [RECIPIENT], document_id))
    head = submission_head(package)
    octets = {"in the head": head[:40], "behind the head": head, "in the body": head + package[:-9],
              "behind the body": head + package, "in the answer": head + package,
              "in a long poll": b"GET /v1/mailbox?wait=30 HTTP/1.1\r\nHost: hub\r\n\r\n"}[stage]
    lines = [begin(world, octets) for _ in range(8)]
    if stage == "in a long poll":
        wait_for_work(world, "truc_hub_mailbox_waiters")
    for line in lines:
        if stage == "in the answer":
            assert line.recv(20).startswith(b"HTTP/1.1 20")
        ending(line)
    wait_for_silence(world)

    client, reader = world.client_of(HOSTILE), world.client_of(RECIPIENT)
    answer = client.submit(package)
    expected = {"behind the body": (200, 201), "in the answer": (200,)}.get(stage, (201,))
    assert answer.status in expected, "a whole document or none"
    transfer = answer.headers["location"].rsplit("/", 1)[1]
    assert client.history(transfer)["document_id"] == document_id
    wait_until(lambda: [one for one in everything(reader) if one["document_id"] == document_id],
               "the delivery")
    assert sum(one["document_id"] == document_id for one in everything(reader)) == 1
    client.close()
    reader.close()


def everything(reader):
    return reader.mailbox(agency=RECIPIENT)


def test_a_head_that_is_no_request_shows_in_the_metrics(world):
    key = ("truc_hub_http_heads_refused_total", "agency")
    before = readings(world)[key]
    client = world.client_of(HOSTILE)
    for octets in (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
                   b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000 + b"\r\n\r\n"):
        assert client.ask_exactly(octets).startswith(b"HTTP/1.1 4")
    assert readings(world)[key] == before + 2
