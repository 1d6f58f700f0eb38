"""A disk that is full, or that fails to sync, and then is well again."""

import errno
import hashlib

import pytest
from faults import SYNCS
from history import leftovers_of, prove
from packages import Document, File
from traffic import Traffic
from waiting import wait_until

SENDER, RECIPIENT = "000.00.00.G22", "G12.18"


def submit(world, name, size=0):
    """One document over HTTPS: what was sent, and the answer."""
    files = [File("a.pdf", b"x" * size)] if size else []
    document = Document(SENDER, [RECIPIENT], name, files=files)
    package = world.sign(document)
    client = world.client_of(SENDER)
    answer = client.submit(package)
    client.close()
    return package, answer


def check_refused(answer, name="storage_failed"):
    assert answer.status == 503, answer
    assert answer.json["name"] == name
    assert answer.json["retry"] is True
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("room", [0, 1, 3_000, 30_000])
def test_a_hub_on_a_full_disk_refuses_and_goes_on_once_there_is_room(world, room):
    package, before = submit(world, "before")
    world.agency(RECIPIENT).wait_for_document("before")
    orders = world.orders["hub"]
    orders.fill_disk(room)
    answers = [submit(world, f"during-{index}", 2_000)[1] for index in range(20)]
    refused = [answer for answer in answers if answer.status != 201]
    assert refused, "the disk was never full"
    for answer in refused:
        check_refused(answer)
    assert answers[-1] in refused, "full stays full"
    # What is stored stays readable, and a repetition is answered from it.
    client = world.client_of(SENDER)
    assert client.get(f"/v1/documents?sender={SENDER}&document_id=before").status == 200
    assert client.submit(package).body == before.body
    client.close()
    pid = world.hub.server.process.pid
    orders.make_room()
    for index in range(20):
        answer = wait_until(lambda index=index: accepted(submit(world, f"during-{index}", 2_000)[1]),
                            "a hub that takes documents again")
        # Every try is signed anew: what had got its receipt is another document now.
        assert answer.status == (409 if answers[index].status == 201 else 201)
    assert world.hub.server.process.pid == pid, "without a restart"
    assert world.hub.server.said("store.recovered")
    for index in range(20):
        world.agency(RECIPIENT).wait_for_document(f"during-{index}")


def accepted(answer):
    return answer if answer.status != 503 else None


def test_after_a_failed_fsync_the_hub_refuses_until_it_is_started_again(world):
    package, before = submit(world, "before")
    orders = world.orders["hub"]
    orders.fail(SYNCS, errno.EIO)
    check_refused(submit(world, "during")[1])
    wait_until(lambda: submit(world, "again")[1].status == 503
               and world.hub.server.said("store.needs_restart"), "store.needs_restart")
    orders.heal()
    check_refused(submit(world, "healed")[1])
    client = world.client_of(SENDER)
    assert client.submit(package).body == before.body
    client.close()
    world.hub.restart()
    assert submit(world, "after")[1].status == 201
    for name in ("before", "after"):
        world.agency(RECIPIENT).wait_for_document(name)


def test_an_upload_that_meets_a_full_disk_is_finished_later(world):
    content = b"\x01\x02" * 400_000
    client = world.client_of(SENDER)
    orders = world.orders["hub"]
    orders.fill_disk(100_000)
    digest = hashlib.sha256(content).hexdigest()
    answer = client.put_part(digest, content[:500_000], 0, len(content))
    check_refused(answer)
    orders.make_room()
    offset = wait_until(lambda: client.ask("HEAD", f"/v1/attachments/{digest}"), "its progress")
    assert int(offset.headers["upload-offset"]) == 0, "all of a part or nothing"
    wait_until(lambda: client.put_part(digest, content[:500_000], 0, len(content)).status == 200,
               "the first part")
    assert client.put_part(digest, content[500_000:], 500_000, len(content)).status == 200
    client.close()


@pytest.mark.parametrize("fault", ["full", "failing sync"])
@pytest.mark.parametrize("role", ["sender", "recipient"])
def test_an_adapter_whose_disk_fails_for_a_while_loses_nothing_and_doubles_nothing(world, fault, role):
    code = SENDER if role == "sender" else RECIPIENT
    adapter = world.adapters[world.system_of(code)]
    orders = world.orders[world.system_of(code)]
    sender, recipient = world.agency(SENDER), world.agency(RECIPIENT)
    documents = [Document(SENDER, [RECIPIENT], f"letter-{index}",
                          files=[File("a.pdf", bytes([index]) * 5_000, beside=True)] if index % 3 == 0
                          else []) for index in range(12)]
    if fault == "full":
        orders.fill_disk(7_000)
    else:
        orders.fail(SYNCS)
    for document in documents:
        sender.drop(document.document_id, document.xml(), document.files)
    wait_until(lambda: orders.failed >= 20, "a disk that refuses", 60)
    if fault == "full":
        orders.make_room()
    else:
        orders.heal()
    for document in documents:
        sender.wait_for_receipt(document.document_id, timeout=90)
        recipient.wait_for_document(document.document_id, timeout=90)
    # Beside its package, or by its transfer where it came before the package was in sent/.
    wait_until(lambda: len(list(sender.sent.glob(f"*.delivered.{RECIPIENT}.receipt.json")))
               == len(documents), "the recipient's receipts", 90)
    assert len(recipient.delivered()) == len(documents)
    for one in world.adapters.values():
        wait_until(lambda one=one: not leftovers_of(one), lambda: str(leftovers_of(adapter)))


def test_a_disk_that_fills_under_load_costs_answers_and_nothing_else(world):
    traffic = Traffic(world, 1)
    traffic.start()
    try:
        for room in (0, 50_000):
            wait_until(lambda: traffic.check() or traffic.count() > 10, "load", 60)
            world.orders["hub"].fill_disk(room)
            before = traffic.history.delays.get("storage_failed", 0)
            wait_until(lambda: traffic.check()
                       or traffic.history.delays.get("storage_failed", 0) > before + 5,
                       "answers with storage_failed", 60)
            world.orders["hub"].make_room()
        traffic.drain()
    finally:
        traffic.stop()
    prove(world, traffic.history)
