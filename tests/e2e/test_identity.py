"""Nobody reads or sends for another: what a certificate does not name does not exist for its owner."""

import json
import os
import signal
import ssl

import pytest
from authority import Authority
from https import Client, tls_context
from packages import Document, File
from refusals import check_answer
from waiting import wait_until
from world import World

SENDER = "000.00.00.G22"
RECIPIENT = "H37.02"
STRANGER = "000.00.13.H53"
REVOKED = "00.66.W00"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Nobody's adapter is up, so that deliveries stay in their mailboxes."""
    folder = tmp_path_factory.mktemp("world")
    world = World(folder, idle=["00.01.W00", "00.02.W00", "00.37.W00", "00.53.W00"])
    world.revoked = world.authority.system(REVOKED, [SENDER])
    world.authority.revoke(world.revoked / "tls.chain.pem")
    with world:
        yield world


@pytest.fixture(scope="module")
def delivery(world):
    """A document of SENDER with an attachment beside, in RECIPIENT's mailbox."""
    file = File("a.pdf", os.urandom(5_000), beside=True)
    sender = world.client_of(SENDER)
    sender.upload(file.content)
    signed = world.sign(Document(SENDER, [RECIPIENT], "private", files=[file]))
    assert sender.submit(signed).status == 201
    reader = world.client_of(RECIPIENT)
    [entry] = wait_until(lambda: reader.mailbox(agency=RECIPIENT), "the delivery")
    return entry


def assert_no_answer(world, context, port=None):
    """The handshake ends without an HTTP answer."""
    client = Client(port or world.hub.port, context)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        client.get("/v1/health")


def test_without_a_certificate_there_is_no_answer(world):
    assert_no_answer(world, tls_context(world.authority.anchors))


def test_a_certificate_of_another_authority_gets_no_answer(world, tmp_path):
    foreign = Authority(tmp_path / "foreign").system("00.01.W00", [SENDER])
    assert_no_answer(world, tls_context(world.authority.anchors, foreign))


def test_a_revoked_certificate_gets_no_answer(world):
    assert_no_answer(world, tls_context(world.authority.anchors, world.revoked))


def test_an_expired_certificate_gets_no_answer(world, tmp_path):
    folder = world.authority.client(tmp_path / "expired", "system:00.01.W00", f"agency:{SENDER}",
                                    days=-1)
    assert_no_answer(world, tls_context(world.authority.anchors, folder))


def test_a_signing_certificate_cannot_open_a_connection(world, tmp_path):
    key, chain = world.authority.signing(SENDER)
    (tmp_path / "tls.key").write_bytes(key.read_bytes())
    (tmp_path / "tls.chain.pem").write_bytes(chain.read_bytes())
    assert_no_answer(world, tls_context(world.authority.anchors, tmp_path))


def test_an_old_protocol_version_gets_no_answer(world):
    context = tls_context(world.authority.anchors, world.adapters["00.01.W00"].credential)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    assert_no_answer(world, context)


def test_an_operator_may_not_speak_on_the_agencies_listener(world):
    client = Client(world.hub.port, tls_context(world.authority.anchors, world.operator))
    for target in ("/v1/mailbox", "/v1/documents?sender=x&document_id=y", "/v1/overview"):
        check_answer(client.get(target), "identity_refused", 5002)


def test_a_system_may_not_look_at_the_operators_listener(world):
    context = tls_context(world.authority.anchors, world.adapters["00.01.W00"].credential)
    client = Client(world.hub.operator_port, context)
    for target in ("/", "/metrics", "/v1/overview"):
        check_answer(client.get(target), "identity_refused", 5002)


def test_a_hubs_certificate_is_no_systems(world):
    context = tls_context(world.authority.anchors, world.hub.credential)
    assert_no_answer(world, context)


def test_only_the_recipient_lists_a_delivery(world, delivery):
    for code in (STRANGER, SENDER):
        assert world.client_of(code).mailbox() == []
    assert [one["delivery"] for one in world.client_of(RECIPIENT).mailbox()] == [
        delivery["delivery"]]


def test_anothers_mailbox_cannot_be_named(world, delivery):
    stranger = world.client_of(STRANGER)
    seen = stranger.get(f"/v1/mailbox?wait=0&agency={RECIPIENT}")
    unknown = stranger.get("/v1/mailbox?wait=0&agency=H99.99")
    check_answer(seen, "not_found", 2002)
    assert seen.body == unknown.body


def unknown_like(identifier):
    """An identifier of the same form that nobody has."""
    return identifier[:24] + "0123456789ab" + identifier[36:]


def asked_of_another(delivery):
    transfer = delivery["delivery"].rsplit(".", 1)[0]
    attachment = delivery["attachments"][0]["sha256"]
    receipt = b"{}"
    return [
        ("GET", "/v1/deliveries/{}", delivery["delivery"], None),
        ("GET", "/v1/deliveries/{}/attachments/" + attachment, delivery["delivery"], None),
        ("GET", "/v1/documents/{}", transfer, None),
        ("DELETE", "/v1/deliveries/{}", delivery["delivery"], None),
        ("PUT", "/v1/deliveries/{}/receipts/delivered", delivery["delivery"], receipt),
        ("PUT", "/v1/deliveries/{}/receipts/registered", delivery["delivery"], receipt),
    ]


@pytest.mark.parametrize("index", range(6), ids=["bytes", "attachment", "history", "acknowledge",
                                                "delivered", "registered"])
def test_what_belongs_to_another_is_answered_like_what_does_not_exist(world, delivery, index):
    method, target, identifier, body = asked_of_another(delivery)[index]
    stranger = world.client_of(STRANGER)
    headers = {"Content-Type": "application/jose+json"} if body else {}
    seen = stranger.ask(method, target.format(identifier), body, headers)
    unknown = stranger.ask(method, target.format(unknown_like(identifier)), body, headers)
    assert seen.status == 404
    assert (seen.status, seen.body) == (unknown.status, unknown.body)
    assert world.client_of(RECIPIENT).mailbox(agency=RECIPIENT), "the delivery is still there"


def test_the_sender_may_not_fetch_the_recipients_copy(world, delivery):
    answer = world.client_of(SENDER).get(f"/v1/deliveries/{delivery['delivery']}")
    check_answer(answer, "delivery_unknown", 6007)


def test_anothers_history_is_not_found_by_its_document_id(world, delivery):
    stranger = world.client_of(STRANGER)
    seen = stranger.get(f"/v1/documents?sender={SENDER}&document_id=private")
    unknown = stranger.get(f"/v1/documents?sender={SENDER}&document_id=nothing")
    assert (seen.status, seen.body) == (404, unknown.body)


def test_uploads_of_one_system_are_not_seen_by_another(world):
    content = os.urandom(1_000)
    digest = world.client_of(SENDER).upload(content)
    answer = world.client_of(STRANGER).ask("HEAD", f"/v1/attachments/{digest}")
    assert answer.headers["upload-offset"] == "0"


def test_an_upload_of_another_system_cannot_be_sent(world):
    file = File("stolen.pdf", os.urandom(1_000), beside=True)
    world.client_of(SENDER).upload(file.content)
    signed = world.sign(Document(STRANGER, [RECIPIENT], "stolen", files=[file]))
    check_answer(world.client_of(STRANGER).submit(signed), "attachment_missing", 6003)


def test_a_receipt_signed_by_nobody_is_refused(world, delivery):
    client = world.client_of(RECIPIENT)
    target = f"/v1/deliveries/{delivery['delivery']}/receipts/delivered"
    answer = client.ask("PUT", target, b'{"payload":"e30","protected":"e30","signature":"AA"}',
                        {"Content-Type": "application/jose+json"})
    check_answer(answer, "receipt_malformed", 4201)


def test_a_receipt_of_the_hub_is_no_receipt_of_the_recipient(world, delivery):
    client = world.client_of(RECIPIENT)
    target = f"/v1/deliveries/{delivery['delivery']}/receipts/delivered"
    text = json.dumps(delivery["receipt"], separators=(",", ":"), ensure_ascii=False)
    answer = client.ask("PUT", target, text.encode(), {"Content-Type": "application/jose+json"})
    check_answer(answer, "receipt_mismatch", 4203)
    assert world.client_of(RECIPIENT).mailbox(agency=RECIPIENT)


def test_a_system_revoked_while_the_hub_runs_is_refused_after_a_reload(world, tmp_path):
    late = world.authority.client(tmp_path / "late", "system:00.01.W00", f"agency:{SENDER}")
    context = tls_context(world.authority.anchors, late)
    assert Client(world.hub.port, context).get("/v1/health").status == 200
    world.authority.revoke(late / "tls.chain.pem")
    world.hub.server.signal(signal.SIGHUP)

    def is_refused():
        try:
            Client(world.hub.port, context).get("/v1/health")
            return False
        except (ssl.SSLError, ConnectionError):
            return True

    wait_until(is_refused, "the revoked system to be refused")
    assert world.client_of(SENDER).get("/v1/health").status == 200
