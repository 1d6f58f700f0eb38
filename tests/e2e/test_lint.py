"""Everything that is wrong with a package is told before it is sent, and nothing is sent by it."""

import json

import pytest
from hostile import MALFORMED, RECIPIENT, SENDER
from packages import Document, File
from refusals import check_answer, check_problem

TABLE = File("Bảng.xlsx", b"a table", beside=True)


def put(folder, package, files=()):
    """As it would be dropped: one file, or a folder with its attachments."""
    if not files:
        path = folder / "package.edxml"
        path.write_bytes(package)
        return path
    path = folder / "package"
    path.mkdir()
    (path / "envelope.edxml").write_bytes(package)
    for name, content in files:
        (path / name).write_bytes(content)
    return path


def lint(world, path, *options, code=SENDER):
    ended = world.agency(code).adapter.run("lint", path, *options)
    assert not ended.stderr, ended.stderr
    return ended


def faults(world, path, *options, **which):
    ended = lint(world, path, "--json", *options, **which)
    told = json.loads(ended.stdout)
    assert told["complete"] is True
    assert ended.returncode == (1 if told["faults"] else 0)
    for fault in told["faults"]:
        check_problem(fault, fault["name"], int(fault["code"].removeprefix("TRUC-")))
    return told["faults"]


def names(found):
    return [fault["name"] for fault in found]


@pytest.mark.parametrize("case", MALFORMED, ids=str)
def test_what_would_be_refused_is_among_the_faults(world, tmp_path, case):
    code = RECIPIENT if case.kind == "statuses" else SENDER
    found = faults(world, put(tmp_path, case.package), code=code)
    same = [fault for fault in found if fault["name"] == case.code]
    assert same, found
    assert any(all(wanted in fault.get(member, "") for member, wanted in case.places.items())
               for fault in same), same


def test_a_good_package_has_no_fault_signed_or_not(world, tmp_path):
    document = Document(SENDER, [RECIPIENT], "lint-good")
    path = put(tmp_path, document.xml())
    assert lint(world, path).returncode == 0
    assert faults(world, path, "--remote") == []
    path.write_bytes(world.sign(document))
    assert faults(world, path) == []
    assert faults(world, path, "--remote") == []


def test_all_faults_are_told_in_words(world, tmp_path):
    package = Document(SENDER, ["g12 18", "G12.18", "G12.18"], "lint-words",
                       promulgated="2014/02/30").xml()
    ended = lint(world, put(tmp_path, package), "--language", "en")
    assert ended.returncode == 1
    for part in ("1. malformed_agency_code", "TRUC-3109", "2. malformed_date", "TRUC-3108",
                 "3. recipient_repeated", "expected: every addressee once", "what to do:", "at: /"):
        assert part in ended.stdout, ended.stdout
    assert "cách sửa:" in lint(world, tmp_path / "package.edxml").stdout


def test_files_beside_are_held_against_the_manifest(world, tmp_path):
    package = Document(SENDER, [RECIPIENT], "lint-beside", files=[TABLE]).xml()
    path = put(tmp_path, package, [(TABLE.name, TABLE.content)])
    assert faults(world, path) == []
    assert faults(world, path, "--remote") == []
    (path / TABLE.name).write_bytes(b"A table")
    (path / "b.pdf").write_bytes(b"b")
    assert names(faults(world, path)) == ["attachment_mismatch", "attachment_unlisted"]
    assert names(faults(world, path, "--remote")) == ["attachment_mismatch", "attachment_unlisted"]
    (path / TABLE.name).unlink()
    (path / "b.pdf").unlink()
    assert names(faults(world, path)) == ["beside_missing"]


def test_a_signature_that_is_there_is_verified(world, tmp_path):
    signed = world.sign(Document(SENDER, [RECIPIENT], "lint-tampered"))
    path = put(tmp_path, signed.replace(b"2026/11/20", b"2026/11/21", 1))
    assert names(faults(world, path)) == ["digest_mismatch"]


def test_the_hub_tells_every_addressee_that_it_does_not_know(world, tmp_path):
    package = Document(SENDER, ["H99.98", RECIPIENT, "H99.99"], "lint-remote").xml()
    path = put(tmp_path, package)
    assert faults(world, path) == []
    found = faults(world, path, "--remote")
    assert [(fault["name"], fault["found"]) for fault in found] == [
        ("recipient_unknown", "H99.98"), ("recipient_unknown", "H99.99")]
    sent = world.client_of(SENDER).get(f"/v1/documents?sender={SENDER}&document_id=lint-remote")
    check_answer(sent, "document_unknown", 6002)


def test_what_cannot_be_read_is_no_fault_of_a_package(world, tmp_path):
    ended = world.agency(SENDER).adapter.run("lint", tmp_path / "nowhere.edxml")
    assert ended.returncode == 3
    assert "TRUC-1009" in ended.stderr
    assert world.agency(SENDER).adapter.run("lint").returncode == 2
