"""What an operator on watch sees: the overview, the metrics and the page."""

import json
import re
import shlex

import pytest
from exposition import read_exposition
from packages import Document
from programs import ROOT, program, run, run_well
from refusals import check_answer
from waiting import wait_until

SENDER = "000.00.00.G22"
SECRET_WORDS = "Noi dung chi nguoi nhan duoc doc"


@pytest.fixture(scope="module")
def operator(world):
    client = world.operator_client()
    yield client
    client.close()


@pytest.fixture(scope="module")
def delivered(world):
    """One document, delivered to two levels, and one refusal."""
    sender = world.agency(SENDER)
    document = Document(SENDER, ["G12.18", "H37.30.06.01"], "operator-1", number="31", priority=2,
                        subject=SECRET_WORDS, content=SECRET_WORDS)
    sender.drop("operator", document.xml())
    sender.wait_for_recipient_receipts("operator", "delivered", document.recipients)
    sender.drop("operator-bad", Document(SENDER, ["H99.99"], "operator-bad").xml())
    sender.wait_for_refusal("operator-bad")
    return document


def test_the_overview_shows_the_document_on_its_way(operator, delivered):
    overview = operator.get("/v1/overview").json
    [latest] = [one for one in overview["latest"] if one["document_id"] == "operator-1"]
    assert latest["sender"] == SENDER
    assert latest["sender_name"] == "Văn phòng Chính phủ"
    assert latest["notation"] == "31/VPCP-TTĐT"
    assert latest["priority"] == 2
    states = {one["recipient"]: (one["level"], one["state"]) for one in latest["deliveries"]}
    assert states == {"G12.18": (2, "delivered"), "H37.30.06.01": (4, "delivered")}


def test_the_overview_counts_items_levels_and_refusals(operator, delivered):
    overview = wait_until(lambda: settled(operator), "the overview to settle")
    assert overview["items"]["documents"] == 1
    assert overview["items"]["receipts"] == 2
    assert overview["items"]["refused"] == 1
    levels = {level["level"]: level for level in overview["levels"]}
    assert set(levels) == {1, 2, 3, 4}
    for level in (2, 4):
        assert [levels[level][state] for state in ("accepted", "mailed", "delivered")] == [1, 1, 1]
    assert levels[3]["accepted"] == 0


def settled(operator):
    overview = operator.get("/v1/overview").json
    return overview if overview["outbox_depth"] == 0 else None


def test_the_overview_lists_the_adapters_on_line(world, operator, delivered):
    adapters = {one["system"]: one for one in operator.get("/v1/overview").json["adapters"]}
    assert set(adapters) == set(world.systems)
    for system, agencies in world.systems.items():
        assert adapters[system]["agencies"] == len(agencies)
        assert adapters[system]["connections"] >= 1


def test_no_subject_or_content_is_shown_to_an_operator(world, operator, delivered):
    for target in ("/v1/overview", "/metrics", "/"):
        assert SECRET_WORDS.encode() not in operator.get(target).body, target
    assert SECRET_WORDS not in world.hub.server.log_text()


def test_the_metrics_are_well_formed_and_count(operator, delivered):
    answer = operator.get("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = read_exposition(answer.body.decode())
    assert all(name.startswith(("truc_", "process_")) for name in families), sorted(families)
    counted = {name: sum(family.samples.values()) for name, family in families.items()
               if family.kind == "counter"}
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes"):
        assert sum(families[name].samples.values()) > 0, name
    assert any("documents" in name and value >= 1 for name, value in counted.items()), counted


def test_the_metrics_page_tells_every_metric_its_type_and_labels(operator, delivered):
    families = read_exposition(operator.get("/metrics").body.decode())
    shown = {(family.name, family.kind, frozenset(label for _, labels in family.samples
                                                  for label, _ in labels) - {"le"})
             for family in families.values()}
    page = (ROOT / "docs/operations/metrics.md").read_text()
    told = {(name, kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in
            re.findall(r"^\| `((?:truc|process)_\w+)` \| (\w+) \| ([^|]*)\|", page, re.MULTILINE)}
    assert told == shown


def test_the_metrics_do_not_name_agencies_or_documents(operator, delivered):
    text = operator.get("/metrics").body.decode()
    for word in (SENDER, "G12.18", "operator-1"):
        assert word not in text


def test_the_page_loads_nothing_from_elsewhere_and_may_not_run_foreign_scripts(operator):
    answer = operator.get("/")
    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert b"http://" not in answer.body
    assert b"https://" not in answer.body
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    for target, kind in (("/page.js", "text/javascript"), ("/page.css", "text/css")):
        part = operator.get(target)
        assert (part.status, part.content_type) == (200, kind)


def test_an_unknown_page_is_refused_like_any_request(operator):
    check_answer(operator.get("/nothing"), "not_found", 2002)


def test_a_hub_without_a_folder_for_backups_says_so(operator):
    for method in ("GET", "POST"):
        check_answer(operator.ask(method, "/v1/backups"), "backup_not_configured", 1014)


def test_every_line_of_every_log_is_an_event(world, delivered):
    for name, server in world.servers():
        lines = server.log_text().splitlines()
        assert lines, name
        for line in lines:
            event = json.loads(line)
            assert {"time", "level", "event"} <= set(event), (name, line)


def test_the_health_of_both_listeners_can_be_asked(world, operator):
    for client in (operator, world.client_of(SENDER)):
        answer = client.get("/v1/health")
        assert (answer.status, answer.json) == (200, {"status": "ok"})


@pytest.mark.parametrize("name", ["truc-hub", "truc-edge"])
def test_the_systemd_units_command_line_is_understood(world, name):
    unit = (ROOT / f"deploy/systemd/{name}.service").read_text()
    [line] = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    config = world.hub.config if name == "truc-hub" else world.adapters["00.01.W00"].config
    words = [program(name), *shlex.split(line)[1:], "--print-config"]
    words[words.index("--config") + 1] = config
    assert "key = " in run_well(words).stdout


def example(page):
    """The configuration that stands first on an operations page."""
    return examples(page)[0]


def examples(page):
    text = (ROOT / f"docs/operations/{page}.md").read_text()
    return re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def example_of_several_hubs():
    """What that page adds to the hub's own."""
    alone = re.sub(r"^id = .*\n", "", example("hub").partition("[fanout]")[0])
    name, listener, fanout = re.split(r"(?=^\[)", examples("kafka")[1], flags=re.MULTILINE)
    return name + alone.replace("[agency_listener]\n", listener) + fanout


@pytest.mark.parametrize("name, text", [
    ("truc-hub", example("hub")),
    ("truc-hub", example("hub").partition("[fanout]")[0] + example("kafka")),
    ("truc-hub", example_of_several_hubs()),
    ("truc-edge", example("adapter")),
], ids=["hub", "kafka", "several hubs", "adapter"])
def test_the_configuration_on_an_operations_page_is_taken(tmp_path, name, text):
    config = tmp_path / "page.toml"
    config.write_text(text)
    run_well([program(name), "--config", config, "--print-config"])
    config.write_text(text + '\nsurprise = "x"\n')
    assert run([program(name), "--config", config, "--print-config"]).returncode == 2
