"""Whatever is wrong is refused by the hub itself, however little the sender's software checks."""

import pytest
from hostile import BASE, MALFORMED, RECIPIENT, SENDER
from packages import Document, File, status_xml
from refusals import check_answer
from world import World

OTHER_SYSTEM = "00.53.W00"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    with World(folder, idle=["00.01.W00", "00.02.W00", "00.37.W00", OTHER_SYSTEM]) as world:
        yield world


@pytest.fixture(scope="module")
def client(world):
    client = world.client_of(SENDER)
    yield client
    client.close()


def nothing_was_kept(client, document_id):
    answer = client.get(f"/v1/documents?sender={SENDER}&document_id={document_id}")
    return answer.status == 404


@pytest.mark.parametrize("case", MALFORMED, ids=str)
def test_the_hub_refuses(client, case):
    check_answer(client.submit(case.package, case.kind), case.code, case.number, **case.places)
    assert nothing_was_kept(client, "hostile")


def test_the_hub_refuses_an_unsigned_document(client):
    check_answer(client.submit(BASE.xml()), "signature_missing", 4001, expected="edXMLHeader",
                 found="none")


def test_the_hub_refuses_a_document_that_was_changed_after_signing(world, client):
    signed = world.sign(Document(SENDER, [RECIPIENT], "tampered"))
    tampered = signed.replace("Chánh Văn phòng".encode(), "Phó Văn phòng".encode())
    assert tampered != signed
    check_answer(client.submit(tampered), "digest_mismatch", 4006)
    assert nothing_was_kept(client, "tampered")


def test_the_hub_refuses_a_document_with_an_addressee_added_after_signing(world, client):
    signed = world.sign(Document(SENDER, [RECIPIENT], "added"))
    added = signed.replace(b"<edXML:To>", b"<edXML:To><edXML:OrganId>H37.02</edXML:OrganId>"
                           b"<edXML:OrganName>x</edXML:OrganName></edXML:To><edXML:To>", 1)
    check_answer(client.submit(added), "digest_mismatch", 4006)


def test_the_hub_refuses_a_signature_value_of_another_document(world, client):
    one = world.sign(Document(SENDER, [RECIPIENT], "swap-1"))
    other = world.sign(Document(SENDER, [RECIPIENT], "swap-2"))
    tag = b"SignatureValue>"
    swapped = one.replace(value_between(one, tag), value_between(other, tag))
    assert swapped != one
    check_answer(client.submit(swapped), "signature_invalid", 4007)


def value_between(package, tag):
    """What stands between the opening and the closing tag that end so."""
    start = package.index(tag) + len(tag)
    return package[start:package.index(b"<", start)]


def test_the_hub_refuses_two_signatures(world, client):
    signed = world.sign(Document(SENDER, [RECIPIENT], "two-signatures"))
    start = signed.index(b"<ds:Signature") if b"<ds:Signature" in signed else signed.index(
        b"<Signature")
    end = signed.index(b"</edXML:edXMLHeader>")
    doubled = signed[:end] + signed[start:end] + signed[end:]
    check_answer(client.submit(doubled), "signature_repeated", 4002)


def test_the_hub_refuses_a_document_that_another_system_sends(world):
    signed = world.sign(Document(SENDER, [RECIPIENT], "foreign"))
    stranger = world.adapters[OTHER_SYSTEM].client()
    check_answer(stranger.submit(signed), "agency_not_spoken_for", 5003, found=SENDER)
    assert nothing_was_kept(world.client_of(SENDER), "foreign")


def test_the_hub_refuses_an_unknown_addressee(world, client):
    signed = world.sign(Document(SENDER, [RECIPIENT, "H99.99"], "unknown-recipient"))
    check_answer(client.submit(signed), "recipient_unknown", 5007, place="OrganId", found="H99.99")
    assert nothing_was_kept(client, "unknown-recipient")


def test_the_hub_refuses_a_sender_that_addresses_itself(world, client):
    signed = world.sign(Document(SENDER, [RECIPIENT, SENDER], "to-itself"))
    check_answer(client.submit(signed), "recipient_is_sender", 5009, found=SENDER)


def test_the_hub_refuses_a_closed_sender(world):
    closed = "000.21.32.H53"
    signed = world.sign(Document(closed, [RECIPIENT], "closed-sender"))
    check_answer(world.client_of(closed).submit(signed), "sender_closed", 5006, found=closed)


def test_the_hub_refuses_an_agency_that_the_certificate_does_not_name(world, client):
    signed = world.sign(Document("000.00.13.H53", [RECIPIENT], "not-named"))
    check_answer(client.submit(signed), "agency_not_spoken_for", 5003, found="000.00.13.H53")


def test_the_same_document_gets_the_same_receipt_for_ever(world, client):
    signed = world.sign(Document(SENDER, [RECIPIENT], "twice"))
    first = client.submit(signed)
    assert first.status == 201
    assert first.content_type == "application/jose+json"
    again = client.submit(signed)
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["location"] == first.headers["location"]
    world.hub.restart()
    client.close()
    after = client.submit(signed)
    assert (after.status, after.body) == (200, first.body)


def test_a_used_document_id_is_refused_for_another_content(world, client):
    first = client.submit(world.sign(Document(SENDER, [RECIPIENT], "conflict")))
    assert first.status == 201
    other = world.sign(Document(SENDER, [RECIPIENT], "conflict", subject="Nội dung khác"))
    check_answer(client.submit(other), "document_conflict", 6001)
    assert client.history(first.headers["location"].rsplit("/", 1)[1])["document_id"] == "conflict"


def test_two_senders_may_use_the_same_document_id(world, client):
    assert client.submit(world.sign(Document(SENDER, [RECIPIENT], "shared-id"))).status == 201
    other = world.sign(Document("000.00.13.H53", [RECIPIENT], "shared-id"))
    assert world.client_of("000.00.13.H53").submit(other).status == 201


def test_a_status_is_not_a_document_and_a_document_not_a_status(world, client):
    document = Document(SENDER, [RECIPIENT], "kinds")
    signed = world.sign(document)
    check_answer(client.submit(signed, "statuses"), "not_a_status", 3124)
    assert client.submit(signed).status == 201
    status = world.adapters["00.02.W00"].sign(status_xml(document, RECIPIENT, "03"), RECIPIENT)
    recipient = world.client_of(RECIPIENT)
    check_answer(recipient.submit(status, "documents"), "not_a_document", 3123)
    assert recipient.submit(status, "statuses").status == 201


def test_a_status_about_a_document_that_one_never_received_is_refused(world, client):
    document = Document(SENDER, [RECIPIENT], "not-yours")
    assert client.submit(world.sign(document)).status == 201
    stranger = "000.00.13.H53"
    forged = world.adapters[OTHER_SYSTEM].sign(status_xml(document, stranger, "02"), stranger)
    answer = world.client_of(stranger).submit(forged, "statuses")
    check_answer(answer, "document_unknown", 6002)


@pytest.mark.parametrize("request_line,length", [
    ("POST /v1/documents", 32 * MIB + 1), ("POST /v1/statuses", 32 * MIB + 1),
    (f"PUT /v1/attachments/{'0' * 64}", 4 * MIB + 1)], ids=["document", "status", "part"])
def test_a_body_over_the_limit_is_refused_before_it_is_read(client, request_line, length):
    head = (f"{request_line} HTTP/1.1\r\nHost: hub\r\nContent-Type: application/xml\r\n"
            f"Content-Range: bytes 0-{length - 1}/{length}\r\nContent-Length: {length}\r\n\r\n")
    answer = client.ask_exactly(head.encode() + b"<?xml version='1.0'?>")
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:200]
    assert b'"name":"body_too_large"' in answer


def test_an_attachment_over_the_limit_is_refused_at_its_first_part(client):
    answer = client.put_part("0" * 64, b"x", 0, 2048 * MIB + 1)
    check_answer(answer, "attachment_too_large", 6005)


def test_a_body_that_ends_early_is_not_a_document(world, client):
    signed = world.sign(Document(SENDER, [RECIPIENT], "cut-off"))
    head = ("POST /v1/documents HTTP/1.1\r\nHost: hub\r\nContent-Type: application/xml\r\n"
            f"Content-Length: {len(signed)}\r\n\r\n").encode()
    client.send_and_vanish(head + signed[:-10])
    assert client.submit(signed).status == 201, "the hub must not have kept the truncated one"


def test_a_body_longer_than_its_stated_length_is_refused(world, client):
    signed = world.sign(Document(SENDER, [RECIPIENT], "too-long"))
    head = ("POST /v1/documents HTTP/1.1\r\nHost: hub\r\nContent-Type: application/xml\r\n"
            f"Content-Length: {len(signed) - 100}\r\n\r\n").encode()
    answer = client.ask_exactly(head + signed)
    assert answer.startswith(b"HTTP/1.1 422 "), answer[:200]
    assert b'"name":"not_xml"' in answer
    assert nothing_was_kept(client, "too-long")


def test_two_contents_lengths_that_differ_are_refused(client):
    answer = client.ask_exactly(b"POST /v1/documents HTTP/1.1\r\nHost: hub\r\n"
                                b"Content-Type: application/xml\r\nContent-Length: 3\r\n"
                                b"Content-Length: 5\r\n\r\n<a/>x")
    assert answer.startswith(b"HTTP/1.1 400 ") or answer == b"", answer[:200]


@pytest.mark.parametrize("request_octets", [b"\x16\x03\x01junk\r\n\r\n", b"GET\r\n\r\n",
                                            b"GET / HTTP/9.9\r\nHost: x\r\n\r\n"],
                         ids=["no_http", "no_target", "unknown_version"])
def test_what_is_not_http_is_answered_400_or_closed(client, request_octets):
    answer = client.ask_exactly(request_octets)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    assert client.get("/v1/health").status == 200


def test_a_head_over_the_limit_is_refused(client):
    answer = client.ask_exactly(b"GET /v1/health HTTP/1.1\r\nHost: hub\r\nX-Long: "
                                + b"x" * 20_000 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 431 "), answer[:200]


def test_an_unknown_path_and_an_unknown_method_are_refused(client):
    check_answer(client.get("/v1/nothing"), "not_found", 2002)
    check_answer(client.ask("DELETE", "/v1/documents"), "method_not_allowed", 2003)


def test_a_content_type_that_is_not_xml_is_refused(world, client):
    signed = world.sign(Document(SENDER, [RECIPIENT], "media-type"))
    answer = client.ask("POST", "/v1/documents", signed, {"Content-Type": "text/html"})
    check_answer(answer, "unsupported_media_type", 2007, expected="application/xml")


def test_a_malformed_digest_transfer_and_delivery_are_told_apart_from_unknown_ones(client):
    check_answer(client.ask("PUT", "/v1/attachments/xyz", b"x",
                            {"Content-Range": "bytes 0-0/1"}), "malformed_digest", 2008)
    check_answer(client.get("/v1/documents/not-a-transfer"), "malformed_transfer_id", 6008)
    check_answer(client.get("/v1/deliveries/not-a-delivery"), "malformed_delivery_id", 6009)


def test_an_attachment_beside_that_is_not_the_one_bound_is_not_accepted(world, client):
    bound = File("a.pdf", b"the right content", beside=True)
    client.upload(b"another content..")
    signed = world.sign(Document(SENDER, [RECIPIENT], "not-bound", files=[bound]))
    check_answer(client.submit(signed), "attachment_missing", 6003)
