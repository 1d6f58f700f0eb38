"""Revocation over the network: fetched in the background, believed only when it verifies."""

import pytest
from online_authority import OnlineAuthority
from packages import Document
from waiting import wait_until
from world import World

SENDER = "000.00.00.G22"
SYSTEM = "00.01.W00"
RECIPIENT = "H37.02"
IDLE = ["00.01.W00", "00.02.W00", "00.37.W00", "00.53.W00"]


@pytest.fixture
def online():
    with OnlineAuthority() as authority:
        yield authority


def world_with(tmp_path, online, **settings):
    return World(tmp_path, idle=IDLE, trust=lambda authority: online.settings(authority, **settings))


def metric(world, name):
    client = world.operator_client()
    text = client.get("/metrics").body.decode()
    client.close()
    [line] = [line for line in text.splitlines() if line.startswith(name + " ")]
    return float(line.split()[1])


def signed(world, sender, name):
    return world.sign(Document(sender, [SENDER if sender == RECIPIENT else RECIPIENT], name))


def submit(world, sender, package):
    client = world.client_of(sender)
    answer = client.submit(package)
    client.close()
    return answer


def revoke_signer(world):
    """Returns packages that were signed before, each of which the hub may judge once: truc-edge does
    not sign any more, and what was accepted stays accepted."""
    packages = iter([signed(world, SENDER, f"ready-{i}") for i in range(60)])
    world.authority.revoke(world.authority.signing(SENDER)[1])
    return packages


def wait_until_revoked(world, packages):
    def is_refused():
        answer = submit(world, SENDER, next(packages))
        assert answer.status in (201, 422), answer.body
        return answer.status == 422 and answer.json["name"] == "certificate_revoked"

    wait_until(is_refused, world.logs, timeout=40, pause=0.8)


def test_a_revocation_counts_as_soon_as_its_list_is_fetched(tmp_path, online):
    with world_with(tmp_path, online, crl=True, ocsp=False) as world:
        packages = revoke_signer(world)
        wait_until_revoked(world, packages)
        assert metric(world, "truc_hub_revocation_fetches_total") >= 2


@pytest.mark.parametrize("answer", [
    lambda true_bytes: None,
    lambda true_bytes: b"",
    lambda true_bytes: b"<html>back soon</html>",
    lambda true_bytes: true_bytes[:-1],
    lambda true_bytes: true_bytes[:-1] + bytes([true_bytes[-1] ^ 1]),
], ids=["error", "nothing", "page", "cut", "forged"])
def test_a_failed_download_means_neither_all_nor_none_revoked(tmp_path, online, answer):
    with world_with(tmp_path, online, crl=True, ocsp=False) as world:
        packages = revoke_signer(world)
        world.hub.restart()  # the revocation is in what it keeps
        online.answer = answer
        name = "truc_hub_revocation_fetch_failures_total"
        wait_until(lambda: metric(world, name) >= 1, "a failed download", timeout=40, pause=0.2)
        assert submit(world, SENDER, next(packages)).json["name"] == "certificate_revoked"
        assert submit(world, RECIPIENT, signed(world, RECIPIENT, "good")).status == 201


def test_a_hub_starts_with_what_it_kept_while_the_source_is_down(tmp_path, online):
    with world_with(tmp_path, online, crl=True, ocsp=False) as world:
        online.answer = lambda true_bytes: None
        world.hub.restart()
        assert submit(world, SENDER, signed(world, SENDER, "kept")).status == 201


def test_a_responder_is_asked_in_the_background_and_the_sender_comes_again(tmp_path, online):
    """Nobody waits: a certificate that was never asked about is refused for now, with "later"."""
    with world_with(tmp_path, online, crl=False, ocsp=True) as world:
        adapter = world.adapters[SYSTEM]
        adapter.start()
        adapter.agencies[SENDER].drop("letter", Document(SENDER, [RECIPIENT], "asked").xml())
        adapter.agencies[SENDER].wait_for_receipt("letter", timeout=60)
        assert "/ocsp" in online.asked
        wait_until_revoked(world, revoke_signer(world))
