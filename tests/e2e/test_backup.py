"""Backups of a running hub, and a hub restored from one: what it offers again is not handed over
again."""

import json
import os
import shutil

import pytest
from backups import ask, back_up, back_up_well, backup_settings, events, finished, truc_hub
from exposition import read_exposition
from https import Client, tls_context
from kafka_cluster import Cluster
from load import DroppedLoad, check_delivered_exactly_once, make_documents, seeded
from packages import Document, File
from programs import program, run
from refusals import check_answer
from waiting import wait_until
from world import World

SENDER, LATE = "000.00.00.G22", "G12.18"
MIB = 1024 * 1024


def make_world(folder, fanout="", **settings):
    backups = folder / "backups"
    backups.mkdir()
    world = World(folder / "world", fanout=backup_settings(backups, **settings) + fanout)
    world.backups = backups
    return world


@pytest.fixture
def world(tmp_path):
    with make_world(tmp_path) as world:
        yield world


def lose_the_hub(world):
    """The process, and the disk with its store."""
    world.hub.kill()
    shutil.rmtree(world.hub.data)


def restore_elsewhere(world, *options):
    """As another machine does: the backups travelled there, the hub's data lies elsewhere."""
    travelled, data = world.folder / "travelled", world.folder / "elsewhere" / "data"
    shutil.copytree(world.backups, travelled)
    verified = truc_hub("verify", travelled)
    assert verified.returncode == 0, verified.stderr
    restored = truc_hub("restore", travelled, "--to", data, *options)
    assert restored.returncode == 0, restored.stderr
    config = world.hub.config.read_text()
    world.hub.config.write_text(config.replace(str(world.hub.data), str(data)))
    world.hub.data = data
    world.hub.start()


def times_received_before(adapter):
    return adapter.server.log_text().count('"event":"inbound.received_before"')


def test_a_restored_hub_delivers_everything_once_and_nothing_again(world):
    load = DroppedLoad(world, make_documents(world, seeded(), 150, "backed"))
    back_up_well(world, load.drop)
    load.wait()
    check_delivered_exactly_once(world, load.documents, load.signed)

    # In the backup these wait for their recipient, who takes them afterwards.
    late, sender = world.agency(LATE), world.agency(SENDER)
    assert late.adapter.server.stop() == 0
    waiting = DroppedLoad(world, [Document(SENDER, [LATE], f"waiting-{n}") for n in range(10)])
    waiting.drop()
    waiting.wait()
    back_up_well(world)
    late.adapter.start()
    receipts = {}
    for document in waiting.documents:
        receipts |= {document.document_id: sender.wait_for_recipient_receipts(
            document.document_id, "delivered", [LATE])}
    before = times_received_before(late.adapter)

    lose_the_hub(world)
    restore_elsewhere(world)
    wait_until(lambda: times_received_before(late.adapter) >= before + 10, "everything offered again")
    check_delivered_exactly_once(world, load.documents + waiting.documents,
                                 load.signed | waiting.signed)
    for document in waiting.documents:
        client = sender.adapter.client()
        found = client.get(f"/v1/documents?sender={SENDER}&document_id={document.document_id}").json
        client.close()
        assert found["deliveries"][0]["state"] == "delivered"
        # The receipt that its recipient had signed before: one and the same.
        assert found["deliveries"][0]["delivered_receipt"] == json.loads(
            receipts[document.document_id][LATE])
    assert not any("~2" in path.name for path in sender.sent.iterdir())

    sender.drop("after", Document(SENDER, [LATE], "after").xml())
    sender.wait_for_recipient_receipts("after", "delivered", [LATE])


def resend(agency, since):
    return agency.adapter.run("resend", "--since", since)


def known_at_the_hub(agency, document_id):
    client = agency.adapter.client()
    try:
        answer = client.get(f"/v1/documents?sender={SENDER}&document_id={document_id}")
        return answer.json["deliveries"][0]["state"] if answer.status == 200 else None
    finally:
        client.close()


def test_what_was_accepted_after_the_backup_is_sent_anew_and_handed_over_once(world):
    sender, late = world.agency(SENDER), world.agency(LATE)
    sender.drop("kept", Document(SENDER, [LATE], "kept").xml())
    sender.wait_for_recipient_receipts("kept", "delivered", [LATE])
    back_up_well(world)
    since = ask(world).json["backups"][-1]["at"]
    # One that its recipient has and has registered, one that waits for him with a file beside.
    sender.drop("taken", Document(SENDER, [LATE], "taken").xml())
    delivery = late.wait_for_document("taken").delivery
    assert late.adapter.run("status", delivery, "--code", "03", "--wait", "30").returncode == 0
    sender.wait_for_recipient_receipts("taken", "registered", [LATE])
    [status] = wait_until(sender.delivered, "the status")
    assert late.adapter.server.stop() == 0
    file = File("bang.xlsx", os.urandom(100_000), beside=True)
    sender.drop("waiting", Document(SENDER, [LATE], "waiting", files=[file]).xml(), [file])
    sender.wait_for_receipt("waiting")

    lose_the_hub(world)
    restore_elsewhere(world)
    late.adapter.start()
    assert known_at_the_hub(sender, "kept") == "delivered"
    assert known_at_the_hub(sender, "taken") is None
    done = resend(sender, since)
    assert (done.returncode, sorted(done.stdout.split())) == (0, ["taken~2", "waiting~2"])
    for name in ("taken~2", "waiting~2"):
        sender.wait_for_recipient_receipts(name, "delivered", [LATE])
    sender.wait_for_recipient_receipts("taken~2", "registered", [LATE])
    assert known_at_the_hub(sender, "taken") == "registered"
    assert late.wait_for_document("taken").delivery == delivery
    assert late.wait_for_document("waiting").files[file.name] == file.content

    done = resend(late, since)
    assert (done.returncode, len(done.stdout.split())) == (0, 1), "its status is lost, too"
    late.wait_for_receipt(done.stdout.strip())
    events = wait_until(lambda: status_events(sender, "taken"), "the status in the history")
    assert [event["detail"] for event in events] == ["03"]
    assert [one.package for one in sender.delivered()] == [status.package]
    for agency in (sender, late):
        again = resend(agency, since)
        assert (again.returncode, again.stdout) == (0, ""), "the hub knows everything again"


@pytest.mark.kafka
def test_a_restored_hub_on_kafka_delivers_once_what_the_topics_hold_already(tmp_path):
    broker = Cluster(tmp_path / "broker")
    try:
        with make_world(tmp_path, f'[fanout]\nkind = "kafka"\nbootstrap = "{broker.bootstrap}"'
                        ) as world:
            restore_between_the_records(world)
    finally:
        broker.stop()


def restore_between_the_records(world):
    sender, late = world.agency(SENDER), world.agency(LATE)
    assert late.adapter.server.stop() == 0
    sender.drop("offered", Document(SENDER, [LATE], "offered").xml())
    sender.wait_for_receipt("offered")
    back_up_well(world)
    since = ask(world).json["backups"][-1]["at"]
    late.adapter.start()
    sender.wait_for_recipient_receipts("offered", "delivered", [LATE])
    sender.drop("lost", Document(SENDER, [LATE], "lost").xml())
    sender.wait_for_recipient_receipts("lost", "delivered", [LATE])
    before = times_received_before(late.adapter)

    lose_the_hub(world)
    restore_elsewhere(world)
    wait_until(lambda: events(world, "feeder.malformed"), "the lost document's record, read again")
    wait_until(lambda: times_received_before(late.adapter) > before, "the other's delivery, again")
    done = resend(sender, since)
    assert "lost~2" in done.stdout.split()
    sender.wait_for_recipient_receipts("lost~2", "delivered", [LATE])
    for document_id in ("offered", "lost"):
        assert known_at_the_hub(sender, document_id) == "delivered"
        late.wait_for_document(document_id)


def status_events(agency, document_id):
    client = agency.adapter.client()
    try:
        found = client.get(f"/v1/documents?sender={SENDER}&document_id={document_id}").json
        return [event for event in found["events"] if event["event"] == "status"]
    finally:
        client.close()


def test_what_its_sender_has_taken_away_is_named_and_not_sent_anew(world):
    sender = world.agency(SENDER)
    back_up_well(world)
    since = ask(world).json["backups"][-1]["at"]
    for name in ("away", "changed", "left"):
        sender.drop(name, Document(SENDER, [LATE], name).xml())
        sender.wait_for_recipient_receipts(name, "delivered", [LATE])
    lose_the_hub(world)
    restore_elsewhere(world)
    (sender.sent / "away.edxml").unlink()
    changed = sender.sent / "changed.edxml"
    changed.write_bytes(changed.read_bytes().replace(b"</edXML", b" </edXML", 1))
    done = resend(sender, since)
    assert done.returncode == 1
    assert done.stdout.split() == ["left~2"]
    for name in ("away", "changed"):
        assert f"document {name} as it was accepted" in done.stderr
    assert resend(sender, "yesterday").returncode == 2
    world.hub.kill()
    assert resend(sender, since).returncode == 3


def test_a_backup_copies_only_what_is_new_and_keeps_as_many_as_configured(tmp_path):
    with make_world(tmp_path, keep=2) as world:
        file = File("ban-do.tif", os.urandom(8 * MIB), beside=True)
        sender = world.agency(SENDER)
        sender.drop("large", Document(SENDER, [LATE], "large", files=[file]).xml(), [file])
        sender.wait_for_receipt("large")
        first = back_up_well(world)
        assert first["copied_bytes"] == first["bytes"] > 8 * MIB
        sender.drop("small", Document(SENDER, [LATE], "small").xml())
        sender.wait_for_receipt("small")
        second = back_up_well(world)
        assert second["bytes"] > first["bytes"]
        assert second["copied_bytes"] < MIB
        third = back_up_well(world)
        assert [one["id"] for one in ask(world).json["backups"]] == [second["id"], third["id"]]
        families = read_exposition(world.operator_client().get("/metrics").body.decode())
        [age] = families["truc_hub_backup_age_seconds"].samples.values()
        assert 0 <= age < 60


def test_a_damaged_backup_is_named_and_not_restored(world):
    sender = world.agency(SENDER)
    sender.drop("one", Document(SENDER, [LATE], "one").xml())
    sender.wait_for_receipt("one")
    back_up_well(world)
    [blob] = (world.backups / "shared_checksum").glob("*.blob")
    octets = bytearray(blob.read_bytes())
    octets[len(octets) // 2] ^= 1
    blob.write_bytes(octets)
    verified = truc_hub("verify", world.backups)
    assert verified.returncode == 1
    assert "backup_damaged" in verified.stderr and "backup 1" in verified.stderr
    assert blob.name in verified.stderr
    restored = truc_hub("restore", world.backups, "--to", world.folder / "target")
    assert restored.returncode == 1
    assert "backup_damaged" in restored.stderr
    assert not any((world.folder / "target").iterdir())
    # The next one would share the damaged file: it does not count either.
    report = back_up(world)
    assert report["last_failure"]["problem"]["name"] == "backup_damaged"


@pytest.mark.parametrize("arguments,status,name", [
    (["verify", "{backups}"], 1, "backup_unknown"),
    (["verify", "{backups}/none"], 3, "file_failed"),
    (["restore", "{backups}", "--to", "{target}"], 1, "backup_unknown"),
    (["restore", "{backups}", "--to", "{target}", "--id", "one"], 2, "--id"),
    (["restore", "{backups}"], 2, "--to"),
    ([], 2, "subcommand"),
])
def test_commands_that_name_nothing_are_refused(tmp_path, arguments, status, name):
    (tmp_path / "backups").mkdir()
    places = {"backups": tmp_path / "backups", "target": tmp_path / "target"}
    done = truc_hub(*[one.format(**places) for one in arguments])
    assert done.returncode == status
    assert name in done.stderr + done.stdout
    assert not (tmp_path / "target").exists()


def test_a_store_is_never_written_over(world):
    back_up_well(world)
    done = truc_hub("restore", world.backups, "--to", world.hub.data)
    assert done.returncode == 1
    assert "target_not_empty" in done.stderr
    unknown = truc_hub("restore", world.backups, "--to", world.folder / "target", "--id", "7")
    assert unknown.returncode == 1
    assert "backup_unknown" in unknown.stderr
    assert world.hub.server.is_up()


def test_only_the_operators_named_may_ask_for_a_backup(tmp_path):
    with make_world(tmp_path, operators=["chief"]) as world:
        check_answer(ask(world, "POST"), "identity_refused", 5002)
        assert ask(world).json["backups"] == []
        chief = Client(world.hub.operator_port, tls_context(world.authority.anchors,
                                                            world.authority.operator("chief")))
        assert chief.ask("POST", "/v1/backups").status == 202
        chief.close()
        wait_until(lambda: ask(world).json["backups"], "the backup")


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_a_backup_that_its_hub_does_not_end_counts_as_none(tmp_path, end):
    with make_world(tmp_path, mib_per_second=1) as world:
        file = File("ban-do.tif", os.urandom(20 * MIB), beside=True)
        sender = world.agency(SENDER)
        sender.drop("large", Document(SENDER, [LATE], "large", files=[file]).xml(), [file])
        sender.wait_for_receipt("large")
        assert "running_since" in ask(world, "POST").json
        check_answer(ask(world, "POST"), "backup_running", 1015)
        wait_until(lambda: any(world.backups.glob("shared_checksum/*")), "its first file")
        sender.drop("beside", Document(SENDER, [LATE], "beside").xml())
        sender.wait_for_recipient_receipts("beside", "delivered", [LATE])
        assert "running_since" in ask(world).json
        if end == "killed":
            world.hub.kill()
            world.hub.start()
        else:
            world.hub.restart()
            assert len(events(world, "backup.stopped")) == 1
        assert ask(world).json["backups"] == []
        assert "backup_unknown" in truc_hub("verify", world.backups).stderr


def test_backups_that_fail_leave_the_hub_and_the_earlier_backups_alone(world):
    back_up_well(world)
    away = world.backups.with_name("away")
    world.backups.rename(away)
    failed = back_up(world)["last_failure"]["problem"]
    assert (failed["name"], failed["place"]) == ("file_failed", str(world.backups))
    sender = world.agency(SENDER)
    sender.drop("beside", Document(SENDER, [LATE], "beside").xml())
    sender.wait_for_recipient_receipts("beside", "delivered", [LATE])
    families = read_exposition(world.operator_client().get("/metrics").body.decode())
    assert list(families["truc_hub_backup_failures_total"].samples.values()) == [1]
    away.rename(world.backups)
    assert [one["id"] for one in back_up(world)["backups"]] == [1, 2]


def test_backups_are_made_by_themselves(tmp_path):
    with make_world(tmp_path, every="1s") as world:
        wait_until(lambda: len(events(world, "backup.made")) >= 2, "two backups")


def test_a_check_of_the_configuration_misses_a_folder_that_is_not_there(world):
    words = [program("truc-hub"), "--config", world.hub.config, "--check"]
    assert run(words).returncode == 0
    world.backups.rmdir()
    done = run(words)
    assert done.returncode == 3
    assert "file_failed" in done.stderr and str(world.backups) in done.stderr


def test_a_folder_inside_the_hubs_data_is_refused(world):
    text = world.hub.config.read_text().replace(str(world.backups), str(world.hub.data / "store"))
    config = world.folder / "inside.toml"
    config.write_text(text)
    done = run([program("truc-hub"), "--config", config, "--check"])
    assert done.returncode == 2
    assert "backup.directory" in done.stderr
