"""What bench/compare puts beside the hub does what it is compared for: it accepts what is signed by
its sender, refuses what is not, and loses and doubles nothing."""

import json
import os
import re
import signal
import subprocess

import pytest
from compare_stack import SCRIPT, CompareStack, processes_of
from packages import Document
from programs import program, run, run_well
from waiting import wait_until
from world import World

pytestmark = pytest.mark.compare

SENDER = "000.00.00.G22"
STRANGER = "000.00.00.G12"
REVOKED = "000.00.04.G22"  # of the sender's system
TINY = ["--units", 12, "--senders", 4]
VOID = 1  # exit code of truc-bench
RECIPIENTS = ["G12.18", "H37.02", "000.00.13.H53"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Certificates and signers; no hub and no adapter runs."""
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def revoked_package(world):
    """Signed by an agency whose certificate is revoked since."""
    package = world.sign(Document(REVOKED, RECIPIENTS, "revoked"))
    world.authority.revoke(world.authority.signing(REVOKED)[1])
    return package


@pytest.fixture(scope="module")
def stack(tmp_path_factory, world, revoked_package):
    stack = CompareStack(tmp_path_factory.mktemp("compare") / "stack", world, RECIPIENTS)
    yield stack
    done = stack.down()
    assert done.returncode == 0, done.stderr
    wait_until(lambda: not stack.processes(), lambda: f"the end of {stack.processes()}")


def sign(world, document_id, recipients=RECIPIENTS):
    return world.sign(Document(SENDER, recipients, document_id))


def sign_again(world, code, package, folder, change=(b"", b"")):
    """The package with its signature changed and made anew, with the agency's key, by xmlsec1."""
    key, chain = world.authority.signing(code)
    for name in (b"DigestValue", b"SignatureValue", b"X509Data"):
        package = re.sub(b"(?s)(<ds:%s>).*(</ds:%s>)" % (name, name), rb"\1\2", package)
    template, signed = folder / "template.xml", folder / "signed.xml"
    template.write_bytes(package.replace(*change))
    certificates = chain.read_text().split("-----BEGIN")[1:]
    files = [key]
    for index, certificate in enumerate(certificates):
        files.append(folder / f"certificate-{index}.pem")
        files[-1].write_text("-----BEGIN" + certificate)
    run_well(["xmlsec1", "--sign", "--privkey-pem", ",".join(map(str, files)),
              "--output", signed, template])
    return signed.read_bytes()


def submit(stack, package, code=SENDER):
    client = stack.client_of(code)
    try:
        return client.submit(package)
    finally:
        client.close()


def check_refused(stack, package, status, reason, code=SENDER):
    """It is refused for this reason, and nobody gets it."""
    before = stack.counts()
    answer = submit(stack, package, code)
    assert (answer.status, answer.content_type) == (status, "application/problem+json"), answer.body
    assert reason in answer.json["title"]
    assert stack.counts() == before


def test_a_signed_document_gets_a_receipt_that_holds_and_stands_once_in_every_queue(
        world, stack, tmp_path):
    package, before = sign(world, "compare-1"), stack.counts()
    answer = submit(stack, package)
    assert (answer.status, answer.content_type) == (201, "application/jose+json"), answer.body
    assert stack.counts() == {code: before[code] + 1 for code in RECIPIENTS}
    (tmp_path / "package.edxml").write_bytes(package)
    (tmp_path / "receipt.json").write_bytes(answer.body)
    done = world.verify("--document", tmp_path / "package.edxml",
                        "--receipt", tmp_path / "receipt.json")
    assert done.returncode == 0, done.stdout + done.stderr


def test_many_documents_on_one_connection_are_each_kept_once(world, stack):
    before, client = stack.counts(), stack.client_of(SENDER)
    for number in range(20):
        assert client.submit(sign(world, f"many-{number}", RECIPIENTS[:2])).status == 201
    client.close()
    grown = {code: count - before[code] for code, count in stack.counts().items()}
    assert grown == dict(zip(RECIPIENTS, [20, 20, 0]))


def test_a_changed_document_is_refused(world, stack):
    package = sign(world, "changed").replace("liên thông".encode(), "liên kết".encode())
    check_refused(stack, package, 422, "the signature does not hold")


def test_an_unsigned_document_is_refused(world, stack):
    package = Document(SENDER, RECIPIENTS, "unsigned").xml()
    check_refused(stack, package, 422, "0 elements Signature")


def test_a_signature_that_leaves_parts_out_is_refused(world, stack, tmp_path):
    whole = b'<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform>'
    less = (b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>'
            b"not(ancestor-or-self::*[local-name()='edXMLBody'])</ds:XPath></ds:Transform>")
    package = sign_again(world, SENDER, sign(world, "parts"), tmp_path, (whole, less + whole))
    check_refused(stack, package, 422, "not to the whole document")


def test_a_signer_who_is_not_the_sender_is_refused(world, stack, tmp_path):
    package = sign_again(world, STRANGER, sign(world, "renamed"), tmp_path)
    check_refused(stack, package, 422, "signed by another than its sender")


def test_a_revoked_signer_is_refused(stack, revoked_package):
    check_refused(stack, revoked_package, 422, "revoked")


def test_a_document_with_a_doctype_is_refused(world, stack):
    package = sign(world, "doctype").replace(b"?>", b"?><!DOCTYPE edXML [<!ENTITY e 'e'>]>", 1)
    check_refused(stack, package, 422, "DOCTYPE")


def test_a_document_for_somebody_without_a_queue_is_refused(world, stack):
    check_refused(stack, sign(world, "unknown", ["H37.30.06.01"]), 422, "a recipient is unknown")


def test_a_client_that_may_not_send_for_the_sender_is_refused(world, stack):
    check_refused(stack, sign(world, "foreign"), 403, "may not send for the sender", STRANGER)


def test_a_client_without_a_certificate_is_refused(world, stack):
    client = stack.client(None)
    answer = client.submit(sign(world, "anonymous"))
    client.close()
    assert (answer.status, answer.headers["server"][:5]) == (400, "nginx")
    assert b"No required SSL certificate" in answer.body


def test_a_client_with_an_expired_certificate_is_refused(world, stack, tmp_path):
    expired = world.authority.client(tmp_path / "expired", "system:00.01.W00", f"agency:{SENDER}",
                                     days=-1)
    client = stack.client(expired)
    answer = client.submit(sign(world, "expired"))
    client.close()
    assert answer.status == 400 and b"SSL certificate error" in answer.body


def test_the_reference_line_measures_the_broker_alone(stack):
    before = stack.counts()
    measured = stack.raw(messages=200)
    assert (measured["messages"], measured["message_bytes"], measured["queues"]) == (200, 6144, 3)
    assert measured["messages_per_second"] > 0 and measured["broker_cpu_us_per_message"] >= 0
    assert stack.counts() == before


def test_what_was_started_is_named_with_its_version(stack):
    parts = {one["part"] for one in stack.description["processes"]}
    assert parts == {"nginx", "service", "rabbitmq", "epmd"}
    assert {one["pid"] for one in stack.description["processes"]} <= stack.processes()
    assert {"nginx", "rabbitmq-server", "erlang-base", "openjdk-17-jre-headless", "amqp-client",
            "undertow-core"} <= stack.description["versions"].keys()


def test_a_folder_in_use_is_not_started_in_again(stack, world):
    with pytest.raises(AssertionError, match="is not empty"):
        CompareStack(stack.folder, world, RECIPIENTS)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The figures and the words of a small comparison."""
    file = tmp_path_factory.mktemp("compared") / "compare.json"
    done = run([program("truc-bench"), "compare", *TINY, "--documents", 100, "--repetitions", 2,
                "--warm-up", 20, "--stack-warm-up", 50, "--messages", 100, "--json", file],
               timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(file.read_text()), done.stdout


def test_a_comparison_puts_the_same_documents_on_both_sides(compared):
    figures, words = compared
    assert figures["void"] is False
    for side in ("hub", "stack"):
        assert figures[side]["latency_ms"]["count"] == 200
        assert figures[side]["documents_per_second"] > 0
    assert figures["raw"]["messages"] == 100
    assert f"rabbitmq-server {figures['stack']['versions']['rabbitmq-server']}" in words


def test_a_comparison_adds_up_what_each_part_costs(compared):
    figures, _ = compared
    hub, stack = figures["hub"], figures["stack"]
    assert stack["cpu_us_of_parts"].keys() == {"nginx", "service", "rabbitmq", "epmd"}
    assert hub["cpu_us_of_parts"].keys() == {"hub"}
    for side in (hub, stack):  # of two repetitions the median is the mean
        assert sum(side["cpu_us_of_parts"].values()) == pytest.approx(side["cpu_us_per_document"])
    ratios = figures["ratios"]
    assert ratios["documents_per_second_over_stack"] == pytest.approx(
        hub["documents_per_second"] / stack["documents_per_second"])
    assert ratios["cpu_over_stack"] == pytest.approx(
        hub["cpu_us_per_document"] / stack["cpu_us_per_document"])
    if figures["raw"]["broker_cpu_us_per_message"] > 0:  # counted in hundredths of a second
        assert ratios["cpu_over_raw"] == pytest.approx(
            hub["cpu_us_per_document"] / figures["raw"]["broker_cpu_us_per_message"])


def counted(stack):
    """The documents in a stack's queues; none while it is not up yet."""
    done = run([SCRIPT, "counts", stack])
    return sum(json.loads(done.stdout).values()) if done.returncode == 0 else 0


def test_a_comparison_whose_stack_dies_is_void_and_leaves_nothing_behind(tmp_path):
    folder, file = tmp_path / "run", tmp_path / "void.json"
    command = [program("truc-bench"), "compare", *TINY, "--documents", 200, "--repetitions", 1,
               "--warm-up", 20, "--stack-warm-up", 4000, "--folder", folder, "--json", file]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as process:
        wait_until(lambda: counted(folder / "stack"), "the first documents", 120, pause=0.5)
        for one in json.loads((folder / "stack/stack.json").read_text())["processes"]:
            if one["part"] == "rabbitmq":
                os.kill(one["pid"], signal.SIGKILL)
        process.communicate(timeout=120)
    assert process.returncode == VOID
    figures = json.loads(file.read_text())
    assert figures["void"] is True and "stack" not in figures
    assert any(reason.startswith("stack: ") for reason in figures["void_reasons"])
    wait_until(lambda: not processes_of(folder), lambda: f"the end of {processes_of(folder)}")
