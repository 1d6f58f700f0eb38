"""A document is accepted once, for ever: again it gets the same receipt, byte for byte; another
content under its DocumentId is refused; at the same moment on two connections it is still one."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from https import submission_head
from packages import Document
from refusals import check_problem
from waiting import wait_until
from world import World

SENDER, RECIPIENT = "000.00.00.G22", "G12.18"
ROUNDS = 12


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    with World(folder, idle=["00.01.W00", "00.02.W00", "00.37.W00", "00.53.W00"]) as world:
        yield world


def sign(world, document_id, **changes):
    return world.sign(Document(SENDER, [RECIPIENT], document_id, **changes))


def submit_together(world, packages):
    """The answers to packages that are submitted at one moment, each on its own connection."""
    start = threading.Barrier(len(packages))

    def submit(package):
        client = world.client_of(SENDER)
        assert client.get("/v1/health").status == 200  # the handshake lies behind
        start.wait()
        answer = client.submit(package)
        client.close()
        return answer

    with ThreadPoolExecutor(len(packages)) as threads:
        return list(threads.map(submit, packages))


def deliveries_of(world, document_id):
    reader = world.client_of(RECIPIENT)
    entries = wait_until(lambda: [one for one in reader.mailbox(agency=RECIPIENT)
                                  if one["document_id"] == document_id], document_id)
    reader.close()
    return entries


def test_one_document_on_two_connections_at_one_moment_is_one_document(world):
    for number in range(ROUNDS):
        package = sign(world, f"together-{number}")
        first, second = submit_together(world, [package] * 2)
        assert sorted([first.status, second.status]) == [200, 201]
        assert first.body == second.body
        assert first.headers["location"] == second.headers["location"]
        assert len(deliveries_of(world, f"together-{number}")) == 1


def test_of_two_contents_at_one_moment_one_is_a_conflict(world):
    for number in range(ROUNDS):
        packages = [sign(world, f"conflict-{number}", subject=subject) for subject in ("Một", "Hai")]
        answers = submit_together(world, packages)
        assert sorted(answer.status for answer in answers) == [201, 409]
        [refused] = [answer for answer in answers if answer.status == 409]
        check_problem(refused.json, "document_conflict", 6001)
        [entry] = deliveries_of(world, f"conflict-{number}")
        [kept] = [package for package, answer in zip(packages, answers) if answer.status == 201]
        reader = world.client_of(RECIPIENT)
        assert reader.get(f"/v1/deliveries/{entry['delivery']}").body == kept


def test_a_kill_in_the_middle_leaves_one_document_and_one_receipt(world):
    packages = {f"killed-{number}": sign(world, f"killed-{number}") for number in range(ROUNDS)}
    answered, guard, first = {}, threading.Lock(), threading.Event()

    def submit(document_id):
        client = world.client_of(SENDER)
        try:
            answer = client.submit(packages[document_id])
        except OSError:
            return
        assert answer.status in (200, 201), answer.body
        with guard:
            answered.setdefault(document_id, set()).add(answer.body)
        first.set()

    twice = [document_id for document_id in packages for _ in range(2)]
    with ThreadPoolExecutor(6) as threads:
        work = [threads.submit(submit, document_id) for document_id in twice]
        assert first.wait(60)
        world.hub.kill()
        for one in work:
            one.result()
    world.hub.start()
    client = world.client_of(SENDER)
    for document_id, package in packages.items():
        again, once_more = client.submit(package), client.submit(package)
        assert again.status in (200, 201) and once_more.status == 200
        assert answered.get(document_id, set()) | {again.body} == {once_more.body}
        assert len(deliveries_of(world, document_id)) == 1


def test_what_was_answered_before_a_kill_is_answered_alike_after_it(world):
    client = world.client_of(SENDER)
    package = sign(world, "before-a-kill")
    before = client.submit(package)
    assert before.status == 201
    client.close()
    for _ in range(3):
        world.hub.kill()
        world.hub.start()
        after = client.submit(package)
        assert (after.status, after.body) == (200, before.body)
        other = client.submit(sign(world, "before-a-kill", subject="Nội dung khác"))
        check_problem(other.json, "document_conflict", 6001)
        client.close()
    assert len(deliveries_of(world, "before-a-kill")) == 1


def test_a_document_cut_off_by_a_kill_is_accepted_whole_afterwards(world):
    package = sign(world, "cut-by-a-kill")
    with world.client_of(SENDER).line() as line:
        line.sendall(submission_head(package) + package[:-5])
        world.hub.kill()
    world.hub.start()
    client = world.client_of(SENDER)
    assert client.get(f"/v1/documents?sender={SENDER}&document_id=cut-by-a-kill").status == 404
    assert client.submit(package).status == 201


def test_a_document_id_is_used_once_under_all_codes_of_the_agency(world):
    other_code = "G22"
    world.authority.agencies([other_code])
    key, chain = world.authority.signing(other_code)
    adapter = world.adapters["00.01.W00"]
    adapter.config.write_text(adapter.config.read_text() + f"""
[[agency]]
code = "{other_code}"
key = "{key}"
chain = "{chain}"
folder = "{adapter.folder / 'agencies' / other_code}"
""")
    client = world.client_of(SENDER)
    assert client.submit(sign(world, "two-codes")).status == 201
    under_other = adapter.sign(Document(other_code, [RECIPIENT], "two-codes").xml(), other_code)
    check_problem(client.submit(under_other).json, "document_conflict", 6001)
    fresh = adapter.sign(Document(other_code, [RECIPIENT], "other-code").xml(), other_code)
    assert client.submit(fresh).status == 201
