"""Clocks that jump, too few open files, too little memory."""

import concurrent.futures
import os
import resource
import socket

import pytest
from history import prove
from packages import Document, File
from test_full_disk import RECIPIENT, SENDER, submit
from traffic import Traffic
from waiting import wait_until

DAY = 24 * 3600
BEHIND = 600           # seconds; five minutes are forgiven
OPEN_FILES = 96
CONNECTIONS = 120      # of those that say nothing; a listener lets so many begin from one address
LARGE = 7 * 1024 ** 2  # seven of them are more than one system may have in the hub's memory


def test_a_hub_whose_clock_falls_back_goes_on_and_keeps_its_order(world):
    traffic = Traffic(world, 2)
    traffic.start()
    try:
        # Ahead first: a test's certificates are not in force before they were made. What is dated
        # less than five minutes ahead is believed (docs/protocol/receipt.md).
        for shift in (240, 0, 120, 60, 0):
            world.orders["hub"].shift_clock(shift)
            goal = traffic.count() + 10
            wait_until(lambda goal=goal: traffic.check() or traffic.count() >= goal, "receipts", 60)
        world.orders["hub"].shift_clock(200)
        world.hub.kill()
        world.hub.start()
        world.orders["hub"].shift_clock(0)
        traffic.drain()
    finally:
        traffic.stop()
    prove(world, traffic.history)


@pytest.mark.parametrize("shift", [400 * DAY, -3 * DAY], ids=["ahead", "behind"])
def test_a_hub_whose_clock_is_far_off_refuses_and_goes_on_once_it_is_right(world, shift):
    package, before = submit(world, "before")
    world.agency(RECIPIENT).wait_for_document("before")
    world.orders["hub"].shift_clock(shift)
    with pytest.raises(OSError):  # nobody's certificate is in force then
        submit(world, "refused")
    sender = world.agency(SENDER)
    sender.drop("during", Document(SENDER, [RECIPIENT], "during").xml())
    wait_until(lambda: not (sender.out / "during.edxml").exists(), "the claim")
    assert world.hub.server.is_up()
    world.orders["hub"].shift_clock(0)
    sender.wait_for_receipt("during", timeout=90)
    world.agency(RECIPIENT).wait_for_document("during", timeout=90)
    client = world.client_of(SENDER)
    assert client.submit(package).body == before.body
    client.close()


@pytest.mark.parametrize("code", [SENDER, RECIPIENT], ids=["sender", "recipient"])
def test_an_adapter_whose_clock_is_behind_for_a_while_loses_nothing(world, code):
    """By more than what is forgiven: to the adapter, what the hub signs is dated ahead."""
    for orders in world.orders.values():  # all go ahead: no certificate is older than this test
        orders.shift_clock(BEHIND)
    sender, recipient = world.agency(SENDER), world.agency(RECIPIENT)
    sender.drop("before", Document(SENDER, [RECIPIENT], "before").xml())
    recipient.wait_for_document("before")
    adapter = world.agency(code).adapter
    world.orders[adapter.system].shift_clock(0)
    for name in ("d0", "d1"):
        sender.drop(name, Document(SENDER, [RECIPIENT], name).xml())
    wait_until(lambda: '"receipt_ahead"' in adapter.server.log_text(), "a word about the clock", 60)
    assert list((adapter.spool / "quarantine").iterdir()) == []
    world.orders[adapter.system].shift_clock(BEHIND)
    for name in ("d0", "d1"):
        sender.wait_for_receipt(name, timeout=90)
        assert recipient.wait_for_document(name, timeout=90)
        sender.wait_for_recipient_receipts(name, "delivered", [RECIPIENT], 90)


def test_a_hub_without_descriptors_to_spare_goes_on_when_there_are_again(world):
    package, before = submit(world, "before")
    server = world.hub.server
    pid = server.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (OPEN_FILES, limits[1]))
    held = []
    try:
        for _ in range(CONNECTIONS):
            held.append(socket.create_connection(("127.0.0.1", world.hub.port), timeout=10))
        wait_until(lambda: failed_accepts(server) >= 10, "a hub that tries again and again")
        first, tries = failed_accepts(server), 5
        wait_until(lambda: failed_accepts(server) >= first + tries, "more tries")
    finally:
        for one in held:
            one.close()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    answer = wait_until(lambda: answer_of(world, package), "a hub that answers again", 60)
    assert answer.body == before.body
    assert submit(world, "after")[1].status == 201
    assert server.process.pid == pid and server.is_up()


def failed_accepts(server):
    return server.log_text().count('"event":"http.accept_failed"')


def answer_of(world, package):
    client = world.client_of(SENDER)
    try:
        answer = client.submit(package)
        return answer if answer.status == 200 else None
    except OSError:
        return None
    finally:
        client.close()


def test_more_large_packages_than_there_is_memory_for_are_refused_and_taken_later(world):
    todo = [world.sign(Document(SENDER, [RECIPIENT], f"large-{index}",
                                files=[File("a.pdf", os.urandom(LARGE))])) for index in range(12)]
    pid = world.hub.server.process.pid

    def send(package):
        """Nothing when the hub has answered and closed before it was told everything."""
        client = world.client_of(SENDER)
        try:
            return client.submit(package)
        except OSError:
            return None
        finally:
            client.close()

    with concurrent.futures.ThreadPoolExecutor(len(todo)) as pool:
        answers = list(pool.map(send, todo))
    assert any(answer is None or answer.status != 201 for answer in answers), "all had room"
    for answer in (answer for answer in answers if answer and answer.status != 201):
        assert answer.status == 503 and answer.json["name"] == "busy", answer.body[:300]
        assert int(answer.headers["retry-after"]) > 0
    for package in todo:
        wait_until(lambda package=package: is_taken(send(package)), "a receipt")
    assert world.hub.server.process.pid == pid and world.hub.server.is_up()
    for index in range(len(todo)):
        world.agency(RECIPIENT).wait_for_document(f"large-{index}", timeout=90)


def is_taken(answer):
    return answer is not None and answer.status in (200, 201)
