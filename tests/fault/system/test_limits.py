"""Clocks that jump, too few open files, too little memory."""

import concurrent.futures
import json
import os
import resource
import socket

import pytest
from history import prove
from packages import Document, File
from test_full_disk import RECIPIENT, SENDER, submit
from traffic import Traffic
from waiting import wait_until

HOUR, DAY = 3600, 24 * 3600
OPEN_FILES = 96
CONNECTIONS = 200
MEMORY = 1_200 * 1024 * 1024  # of addresses; the hub takes about 900 MiB of them when idle


def test_a_hub_whose_clock_falls_behind_goes_on_and_keeps_its_order(world):
    traffic = Traffic(world, 2)
    traffic.start()
    try:
        # A certificate is not in force before its first day, so the fall is a short one.
        for shift in (-2, -60, 0, -120, 0):
            world.orders["hub"].shift_clock(shift)
            goal = traffic.count() + 10
            wait_until(lambda goal=goal: traffic.check() or traffic.count() >= goal, "receipts", 60)
        world.orders["hub"].shift_clock(-60)
        world.hub.kill()
        world.hub.start()
        world.orders["hub"].shift_clock(0)
        traffic.drain()
    finally:
        traffic.stop()
    prove(world, traffic.history)


@pytest.mark.parametrize("shift", [3 * DAY, -3 * DAY], ids=["ahead", "behind"])
def test_a_hub_whose_clock_is_days_off_refuses_and_goes_on_once_it_is_right(world, shift):
    package, before = submit(world, "before")
    world.agency(RECIPIENT).wait_for_document("before")
    world.orders["hub"].shift_clock(shift)
    document = Document(SENDER, [RECIPIENT], "during")
    world.agency(SENDER).drop("during", document.xml())
    wait_until(lambda: not (world.agency(SENDER).out / "during.edxml").exists(), "the claim")
    assert world.hub.server.is_up()
    world.orders["hub"].shift_clock(0)
    world.agency(SENDER).wait_for_receipt("during", timeout=90)
    world.agency(RECIPIENT).wait_for_document("during", timeout=90)
    client = world.client_of(SENDER)
    assert client.submit(package).body == before.body
    client.close()


@pytest.mark.parametrize("code", [SENDER, RECIPIENT], ids=["sender", "recipient"])
@pytest.mark.parametrize("shift", [2 * HOUR, -2 * HOUR], ids=["ahead", "behind"])
def test_an_adapter_whose_clock_is_off_for_a_while_loses_nothing(world, code, shift):
    system = world.system_of(code)
    world.orders[system].shift_clock(shift)
    sender, recipient = world.agency(SENDER), world.agency(RECIPIENT)
    for index in range(5):
        document = Document(SENDER, [RECIPIENT], f"d{index}")
        sender.drop(f"d{index}", document.xml())
    adapter = world.adapters[system]
    wait_until(lambda: adapter.server.said("outbound.receipt_not_believed")
               or adapter.server.said("inbound.retry") or adapter.server.said("outbound.accepted")
               or recipient.delivered(), "a word about it", 60)
    world.orders[system].shift_clock(0)
    for index in range(5):
        sender.wait_for_receipt(f"d{index}", timeout=90)
        recipient.wait_for_document(f"d{index}", timeout=90)
        sender.wait_for_recipient_receipts(f"d{index}", "delivered", [RECIPIENT], 90)


def test_a_hub_without_descriptors_to_spare_goes_on_when_there_are_again(world):
    package, before = submit(world, "before")
    pid = world.hub.server.process.pid
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    held = []
    try:
        for _ in range(CONNECTIONS):
            held.append(socket.create_connection(("127.0.0.1", world.hub.port), timeout=10))
        wait_until(lambda: world.hub.server.said("http.accept_failed"), "a hub out of descriptors")
        before_cpu = cpu_seconds(pid)
        concurrent.futures.wait([], timeout=0)
        rounds = 0

        def is_over():
            nonlocal rounds
            rounds += 1
            return rounds > 50
        wait_until(is_over, "a second", 60)
        assert cpu_seconds(pid) - before_cpu < 0.6, "it spins"
    finally:
        for one in held:
            one.close()
    answer = wait_until(lambda: answer_of(world, package), "a hub that answers again", 60)
    assert answer.body == before.body
    assert submit(world, "after")[1].status == 201
    assert world.hub.server.process.pid == pid


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def answer_of(world, package):
    client = world.client_of(SENDER)
    try:
        answer = client.submit(package)
        return answer if answer.status == 200 else None
    except OSError:
        return None
    finally:
        client.close()


def test_many_large_packages_at_once_are_taken_or_refused_and_the_hub_stays(world):
    """Four systems send more at once than the hub holds in memory for one of them."""
    content = os.urandom(9 * 1024 * 1024)
    senders = ["000.00.00.G22", "000.00.00.G12", "000.00.00.H53", "000.00.00.H37"]
    todo = []
    for sender in senders:
        package = world.sign(Document(sender, [RECIPIENT], f"large-{sender}",
                                      files=[File("a.pdf", content)]))
        todo += [(sender, package)] * 6
    pid = world.hub.server.process.pid

    def send(item):
        sender, package = item
        client = world.client_of(sender)
        try:
            return client.submit(package)
        finally:
            client.close()

    with concurrent.futures.ThreadPoolExecutor(len(todo)) as pool:
        answers = list(pool.map(send, todo))
    for answer in answers:
        assert answer.status in (200, 201, 503), answer.body[:300]
        if answer.status == 503:
            assert json.loads(answer.body)["name"] == "busy" and "retry-after" in answer.headers
    for sender, package in todo[::6]:
        answer = wait_until(lambda: (a := send((sender, package))).status != 503 and a, "a receipt")
        assert answer.status in (200, 201)
    assert world.hub.server.process.pid == pid and world.hub.server.is_up()
