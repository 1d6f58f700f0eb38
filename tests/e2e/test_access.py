"""Walks docs/protocol/access.md: every request there is, asked by every kind of identity, gets the
answer that the page promises."""

import hashlib
import http.client
import json
import re
import ssl
from types import SimpleNamespace

import pytest
from authority import Authority
from https import Client, tls_context
from packages import Document, File, status_xml
from programs import ROOT
from refusals import CATALOGUE, check_answer
from waiting import wait_until
from world import World

SENDER, NEIGHBOUR = "000.00.13.H53", "000.00.14.H53"  # two agencies of one province, two systems
RECIPIENT, STRANGER, CLAIMANT = "H37.02", "000.00.00.G22", "000.00.00.H54"
SYSTEMS = {SENDER: "00.53.W00", NEIGHBOUR: "00.53.W01", RECIPIENT: "00.37.W00",
           STRANGER: "00.01.W00", CLAIMANT: "00.54.W00"}
ENTRIES = [{"code": code, "name": code, "system": system} for code, system in SYSTEMS.items()]
FILE = File("a.pdf", b"what stands beside", beside=True)
UPLOAD = b"what the sender has only uploaded"
DOCUMENT = Document(SENDER, [RECIPIENT], "walked", files=[FILE])
LISTENERS = {"agency": "## Agency listener", "operator": "## Operator listener"}


def read_table(heading):
    """{request: {identity: promised}} of the table below a heading of the page."""
    page = (ROOT / "docs/protocol/access.md").read_text()
    section = page.split(heading + "\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in section.splitlines() if line.startswith("|")]
    identities = rows[0][1:]
    return {row[0].strip("`"): dict(zip(identities, row[1:], strict=True)) for row in rows[2:]}


TABLES = {listener: read_table(heading) for listener, heading in LISTENERS.items()}
ROWS = [(listener, request) for listener, table in TABLES.items() for request in table]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One document, delivered and registered; nobody's adapter is up any more."""
    folder = tmp_path_factory.mktemp("world")
    world = World(folder, ENTRIES, idle=set(SYSTEMS.values()) - {SYSTEMS[RECIPIENT]})
    world.identities = make_identities(world, folder)
    with world:
        world.subject = make_subject(world)
        yield world


def make_identities(world, folder):
    """The page's columns: the folder of a TLS key and chain for each."""
    def client(name, *uris, **options):
        return world.authority.client(folder / name, *uris, **options)

    claim = f"agency:{SENDER}"
    revoked = client("revoked", f"system:{SYSTEMS[SENDER]}", claim)
    world.authority.revoke(revoked / "tls.chain.pem")
    return {
        "none": None,
        "foreign": Authority(folder / "foreign").system(SYSTEMS[SENDER], [SENDER]),
        "revoked": revoked,
        "expired": client("expired", f"system:{SYSTEMS[SENDER]}", claim, days=-1),
        "unlisted": client("unlisted", "system:00.99.W00", claim),
        "claimant": client("claimant", f"system:{SYSTEMS[CLAIMANT]}", claim),
        "operator": world.operator,
        "hub": client("hub-client", "hub:h2"),
        **{name: world.adapters[SYSTEMS[code]].credential for name, code in (
            ("neighbour", NEIGHBOUR), ("stranger", STRANGER), ("sender", SENDER),
            ("recipient", RECIPIENT))},
    }


def make_subject(world):
    """What the requests are about, and the bodies that they carry."""
    sender, recipient = world.client_of(SENDER), world.client_of(RECIPIENT)
    sender.upload(FILE.content)
    sender.upload(UPLOAD)
    signed = world.sign(DOCUMENT)
    submitted = sender.submit(signed)
    assert submitted.status == 201, submitted.body
    transfer = submitted.headers["location"].rsplit("/", 1)[1]
    world.agency(RECIPIENT).wait_for_document("walked")
    adapter = world.adapters[SYSTEMS[RECIPIENT]]
    status = adapter.sign(status_xml(DOCUMENT, RECIPIENT, "03"), RECIPIENT)
    world.agency(RECIPIENT).drop("registered", status)
    [delivery] = wait_until(lambda: [one for one in sender.history(transfer)["deliveries"]
                                     if one["state"] == "registered"], "the receipts")
    assert adapter.server.stop() == 0
    receipts = wait_until(lambda: [one for one in sender.mailbox() if one["kind"] == "receipt"],
                          "the receipt in the sender's mailbox")
    assert recipient.submit(status, "statuses").status == 200
    return SimpleNamespace(signed=signed, status=status, transfer=transfer,
                           delivery=delivery["delivery"], receipt=receipts[0]["delivery"],
                           delivered=receipt_text(delivery["delivered_receipt"]),
                           registered=receipt_text(delivery["registered_receipt"]))


def receipt_text(receipt):
    return json.dumps(receipt, separators=(",", ":"), ensure_ascii=False).encode()


def asked(subject, request):
    """Method, target, body and headers of a row. A row without a case here fails."""
    method, path = request.split(" ", 1)
    target = path.format(sha256=FILE.sha256, delivery=subject.delivery, receipt=subject.receipt,
                         transfer=subject.transfer, code=SENDER, sender=SENDER, recipient=RECIPIENT,
                         document_id=DOCUMENT.document_id)
    xml, jose = {"Content-Type": "application/xml"}, {"Content-Type": "application/jose+json"}
    size = len(FILE.content)
    bodies = {
        "POST /v1/documents": (subject.signed, xml),
        "POST /v1/statuses": (subject.status, xml),
        "POST /v1/lint": (subject.signed, xml),
        "PUT /v1/attachments/{sha256}": (FILE.content,
                                         {"Content-Range": f"bytes 0-{size - 1}/{size}"}),
        "PUT /v1/deliveries/{delivery}/receipts/delivered": (subject.delivered, jose),
        "PUT /v1/deliveries/{delivery}/receipts/registered": (subject.registered, jose),
        "POST /v1/deliveries": (f"{subject.delivery}/delivered ".encode() + subject.delivered,
                                {"Content-Type": "text/plain"}),
        "POST /v1/backups": (b"", {}),
    }
    assert (method in ("POST", "PUT")) == (request in bodies), f"no body for {request}"
    return method, target, *bodies.get(request, (None, {}))


def client_as(world, listener, identity):
    port = world.hub.port if listener == "agency" else world.hub.operator_port
    return Client(port, tls_context(world.authority.anchors, world.identities[identity]))


def told(client, request):
    """What the hub said: "alert NAME", "200", "404 not_found" or, of a line in it, "200 NAME"."""
    try:
        answer = client.ask(*request)
    except ssl.SSLError as error:
        return "alert " + re.sub(r"^(SSLV3|TLSV1|TLSV13)_ALERT_", "", error.reason).lower()
    except (ConnectionError, http.client.HTTPException) as error:
        return f"no answer: {error!r}"
    finally:
        client.close()
    if request[:2] == ("POST", "/v1/deliveries") and answer.status == 200:
        [outcome] = answer.json["outcomes"]
        return f"200 {outcome['name']}" if outcome else "200"
    if answer.status < 400:
        return str(answer.status)
    if request[0] == "HEAD":  # no body: the code is that of the status
        return f"{answer.status} {'identity_refused' if answer.status == 403 else '?'}"
    name = answer.json["name"]
    check_answer(answer, name, CATALOGUE[name].number)
    return f"{answer.status} {name}"


def test_the_page_has_a_column_for_every_identity(world):
    for table in TABLES.values():
        for request, promised in table.items():
            assert set(promised) == set(world.identities), request


@pytest.mark.parametrize("listener,request_of", ROWS, ids=lambda value: value)
def test_every_identity_gets_the_answer_that_the_page_promises(world, listener, request_of):
    request = asked(world.subject, request_of)
    got = {identity: told(client_as(world, listener, identity), request)
           for identity in world.identities}
    assert got == TABLES[listener][request_of]


@pytest.mark.parametrize("listener", LISTENERS)
def test_a_path_that_nobody_knows_tells_nobody_else_anything(world, listener):
    known = {"agency": {"claimant", "neighbour", "stranger", "sender", "recipient"},
             "operator": {"operator"}}[listener]
    for identity in set(world.identities) - {"none", "foreign", "revoked", "expired"}:
        answer = told(client_as(world, listener, identity), ("GET", "/v1/nothing"))
        assert answer == ("404 not_found" if identity in known else "403 identity_refused")


def like(identifier):
    """An identifier of the same form that nobody has."""
    return identifier[:24] + "0123456789ab" + identifier[36:]


def about_another(subject):
    """Pairs of requests: about what is another's, and about what does not exist."""
    jose, nothing = {"Content-Type": "application/jose+json"}, hashlib.sha256(b"nothing").hexdigest()
    delivery, transfer, file = subject.delivery, subject.transfer, FILE.sha256
    upload = hashlib.sha256(UPLOAD).hexdigest()

    def pair(method, target, one, other, body=None, headers=None):
        return tuple((method, target.format(name), body, headers or {}) for name in (one, other))

    part = {"Content-Range": f"bytes 0-0/{len(UPLOAD)}"}
    pairs = [pair("GET", "/v1/documents/{}", transfer, like(transfer)),
             pair("GET", f"/v1/documents?sender={SENDER}&document_id={{}}", "walked", "nothing"),
             pair("GET", "/v1/documents?sender={}&document_id=walked", SENDER, "H99.99"),
             pair("GET", "/v1/mailbox?agency={}", RECIPIENT, "H99.99"),
             pair("HEAD", "/v1/attachments/{}", upload, nothing),
             pair("PUT", "/v1/attachments/{}", upload, nothing, UPLOAD[:1], part)]
    for one in (delivery, subject.receipt):
        other = like(one)
        pairs += [pair("GET", "/v1/deliveries/{}", one, other),
                  pair("DELETE", "/v1/deliveries/{}", one, other),
                  pair("GET", f"/v1/deliveries/{{}}/attachments/{file}", one, other)]
        pairs += [pair("PUT", f"/v1/deliveries/{{}}/receipts/{kind}", one, other, body, jose)
                  for kind, body in (("delivered", subject.delivered),
                                     ("registered", subject.registered), ("delivered", b"{}"))]
        text = {"Content-Type": "text/plain"}
        pairs += [tuple(("POST", "/v1/deliveries", name.encode() + what, text)
                        for name in (one, other))
                  for what in (b"/delivered " + subject.delivered,
                               b"/registered " + subject.registered, b"/delivered {}", b"/taken")]
    return pairs


@pytest.mark.parametrize("identity", ["claimant", "neighbour", "stranger"])
def test_what_is_anothers_is_answered_like_what_does_not_exist(world, identity):
    client = client_as(world, "agency", identity)
    for one, other in about_another(world.subject):
        seen, unknown = client.ask(*one), client.ask(*other)
        for answer in (seen, unknown):
            answer.headers.pop("date")
        assert seen == unknown, one
    client.close()


@pytest.mark.parametrize("identity,code", [("neighbour", NEIGHBOUR), ("stranger", STRANGER)])
def test_a_status_about_anothers_document_is_answered_like_one_about_nothing(world, identity, code):
    client = client_as(world, "agency", identity)
    adapter = world.adapters[SYSTEMS[code]]
    nothing = Document(SENDER, [RECIPIENT], "nothing")
    seen, unknown = (client.submit(adapter.sign(status_xml(about, code, "02"), code), "statuses")
                     for about in (DOCUMENT, nothing))
    check_answer(seen, "document_unknown", 6002)
    assert (seen.status, seen.body) == (unknown.status, unknown.body)
    client.close()


def test_a_document_id_that_another_has_used_is_free(world):
    signed = world.sign(Document(NEIGHBOUR, [RECIPIENT], "walked"))
    assert world.client_of(NEIGHBOUR).submit(signed).status == 201
