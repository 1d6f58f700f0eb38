"""Store files that are torn or have flipped bits: named at the start, or refused when they are read;
never served."""

import hashlib
import shutil

import pytest
from load import seeded
from packages import Document, File
from programs import program, run
from test_full_disk import RECIPIENT, SENDER
from world import World

CANNOT_START = 3


SYSTEMS = {"00.01.W00", "00.02.W00", "00.37.W00", "00.53.W00"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A hub with documents in tables, blobs and the write-ahead log of its store, not running."""
    with World(tmp_path_factory.mktemp("whole"), idle=SYSTEMS) as world:
        world.kept = {}
        for part in range(2):
            for index in range(12):
                fill(world, f"{part}-{index}")
            world.hub.restart()  # writes the log into tables
        for index in range(12):
            fill(world, f"log-{index}")
        world.hub.kill()
        shutil.copytree(world.hub.data, world.folder / "kept")
        yield world


@pytest.fixture
def filled(whole):
    """The same, as it was filled."""
    shutil.rmtree(whole.hub.data)
    shutil.copytree(whole.folder / "kept", whole.hub.data)
    yield whole
    whole.close()


def fill(world, name):
    document = Document(SENDER, [RECIPIENT], name, files=[File("a.pdf", name.encode() * 800)])
    package = world.sign(document)
    client = world.client_of(SENDER)
    answer = client.submit(package)
    client.close()
    assert answer.status == 201, answer.body
    world.kept[name] = (package, answer.body)


def flip(path, dice):
    octets = bytearray(path.read_bytes())
    octets[dice.randrange(len(octets))] ^= 1 << dice.randrange(8)
    path.write_bytes(octets)


def cut(path, dice):
    octets = path.read_bytes()
    path.write_bytes(octets[:dice.randrange(len(octets))])


def files_of(world, kind):
    store = world.hub.data / "store"
    pattern = {"table": "*.sst", "blob": "*.blob", "log": "*.log", "manifest": "MANIFEST-*",
               "current": "CURRENT"}[kind]
    return [path for path in sorted(store.glob(pattern)) if path.stat().st_size > 0]


@pytest.mark.parametrize("harm", [flip, cut])
@pytest.mark.parametrize("kind", ["table", "blob", "log", "manifest", "current"])
def test_a_damaged_store_is_named_or_refused_and_never_served(filled, kind, harm):
    world, dice = filled, seeded()
    path = dice.choice(files_of(world, kind))
    harm(path, dice)
    world.hub.begin()
    world.hub.wait_until_ready()
    if not world.hub.server.is_up():
        check_named(world)
        return
    refused = served = 0
    client = world.client_of(RECIPIENT)
    listed = client.get(f"/v1/mailbox?wait=0&max=64&agency={RECIPIENT}")
    if listed.status != 200:  # the damage is in what the listing itself reads
        assert listed.json["name"] == "storage_corrupt", listed.body
        return
    for entry in listed.json["entries"]:
        answer = client.get(f"/v1/deliveries/{entry['delivery']}")
        if answer.status == 200:
            package, _ = world.kept[entry["document_id"]]
            assert answer.body == package
            served += 1
        else:
            assert answer.json["name"] == "storage_corrupt", answer.body
            refused += 1
    client.close()
    print(f"{harm.__name__} of {path.name}: {served} served, {refused} refused")
    # What was cut off the end of the log was never acknowledged, as far as the hub can see.
    if not (kind == "log" and harm is cut):
        assert served + refused == len(world.kept)


def check_named(world):
    assert world.hub.server.process.returncode == CANNOT_START
    world.hub.server.process = None
    done = run([program("truc-hub"), "--config", world.hub.config], timeout=30)
    assert done.returncode == CANNOT_START
    assert "TRUC-100" in done.stderr and str(world.hub.data / "store") in done.stderr, done.stderr


def test_without_damage_the_same_store_is_served_whole(filled):
    world = filled
    world.hub.start()
    client = world.client_of(RECIPIENT)
    for entry in client.mailbox(agency=RECIPIENT):
        package, receipt = world.kept[entry["document_id"]]
        answer = client.get(f"/v1/deliveries/{entry['delivery']}")
        assert hashlib.sha256(answer.body).digest() == hashlib.sha256(package).digest()
    client.close()
