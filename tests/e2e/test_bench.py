"""truc-bench runs, checks itself and computes rightly. No timing is asserted."""

import json
import os
import signal
import subprocess

import pytest
from kafka_cluster import Cluster
from programs import program, run
from waiting import wait_until

DONE, VOID, MISUSED, NOT_DONE = 0, 1, 2, 3
TINY = ["--units", "40", "--senders", "4", "--floor-rounds", "1"]


def bench(*arguments):
    return run([program("truc-bench"), *arguments], timeout=120)


@pytest.fixture(scope="module")
def accepted(tmp_path_factory):
    """The figures and the words of a small run."""
    file = tmp_path_factory.mktemp("bench") / "accept.json"
    done = bench("accept", *TINY, "--documents", 200, "--repetitions", 2, "--warm-up", 20,
                 "--json", file)
    assert done.returncode == DONE, done.stdout + done.stderr
    return json.loads(file.read_text()), done.stdout


def test_the_ratio_is_what_the_hub_spends_over_the_floor(accepted):
    figures, _ = accepted
    steps = figures["floor"]["steps"]
    assert [step["name"] for step in steps] == [
        "TLS and HTTP", "parse", "schema", "canonicalise", "digest", "verify", "store", "receipt"]
    assert all(step["us_min"] <= step["us"] <= step["us_max"] for step in steps)
    assert figures["floor_us"] == pytest.approx(sum(step["us"] for step in steps), abs=0.1)
    assert figures["ratio"] == pytest.approx(
        figures["hub_cpu_us_per_document"] / figures["floor_us"])
    assert figures["busy_ratio"] == pytest.approx(
        figures["hub_cpu_us_per_document"] / figures["busy_floor_us"])


def test_every_document_of_every_repetition_is_in_the_latencies(accepted):
    figures, _ = accepted
    latency = figures["latency_ms"]
    assert latency["count"] == 400
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"]
    for name in ("documents_per_second", "hub_cpu_us_per_document"):
        spread = figures["spread"][name]
        assert 0 < spread["min"] <= spread["median"] <= spread["max"]
        assert figures[name] == pytest.approx(spread["median"], abs=0.001)


def test_the_stages_share_all_of_the_hubs_time(accepted):
    figures, _ = accepted
    stages = figures["stages"]
    assert list(stages) == ["TLS and HTTP", "parse", "schema", "canonicalise", "verify", "route",
                            "receipt", "store", "fan-out", "rest"]
    for name in ("TLS and HTTP", "parse", "verify", "store"):
        assert stages[name]["share"] > 0, name
    assert sum(stage["share"] for stage in stages.values()) == pytest.approx(1, abs=0.15)
    assert stages["rest"]["share"] < 0.2


def test_a_result_says_what_was_run_and_where(accepted):
    figures, words = accepted
    assert figures["void"] is False and figures["void_reasons"] == []
    assert "accept --units 40" in figures["command_line"]
    assert figures["machine"]["processors"] >= 1
    assert figures["settings"]["recipients"] == 3
    assert abs(figures["settings"]["envelope_bytes_mean"] - 6144) < 200
    assert "ratio" in words


def test_an_open_loop_sends_at_its_own_rate(tmp_path):
    file = tmp_path / "open.json"
    done = bench("accept", *TINY, "--documents", 100, "--repetitions", 1, "--warm-up", 0,
                 "--rate", 200, "--json", file)
    assert done.returncode == DONE, done.stdout + done.stderr
    figures = json.loads(file.read_text())
    assert figures["settings"]["loop"] == "open"
    assert figures["documents_per_second"] < 205  # 100 documents are due within 495 ms


@pytest.mark.parametrize("load", [
    ["accept", *TINY, "--documents", 400, "--repetitions", 1, "--warm-up", 0, "--rate", 200],
    ["replay", "--units", 100, "--adapters", 40, "--documents", 2000, "--in-flight", 4]],
    ids=lambda load: load[0])
def test_a_run_whose_hub_dies_is_void(tmp_path, load):
    folder, file = tmp_path / "run", tmp_path / "void.json"
    command = [program("truc-bench"), *load, "--folder", folder, "--json", file]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as process:
        data = folder / "hub/data"
        wait_until(lambda: written(data / "store") > 100_000, "the first documents", 60)
        os.kill(json.loads((data / "run.json").read_text())["pid"], signal.SIGKILL)
        words, _ = process.communicate(timeout=60)
    assert process.returncode == VOID, words
    figures = json.loads(file.read_text())
    assert figures["void"] is True
    assert "the hub ended during the run" in figures["void_reasons"]
    assert "ratio" not in figures and "computed_whole_seconds" not in figures
    assert "VOID" in words


def written(store):
    """Bytes of the store's write-ahead log."""
    return sum(file.stat().st_size for file in store.glob("*.log"))


def test_a_wrong_command_line_is_told_from_a_failure(tmp_path):
    assert bench("accept", "--documents", 0).returncode == MISUSED
    assert bench("nothing").returncode == MISUSED
    assert bench().returncode == MISUSED
    assert bench("accept", "--help").returncode == DONE
    failed = bench("floor", *TINY, "--programs", tmp_path)
    assert failed.returncode == NOT_DONE
    assert "truc-pki" in failed.stderr


def figures_of(tmp_path, command, *arguments):
    """The figures of a good run."""
    file = tmp_path / f"{command}.json"
    done = bench(command, *arguments, "--json", file)
    assert done.returncode == DONE, done.stdout + done.stderr
    figures = json.loads(file.read_text())
    assert figures["command"] == command and figures["void"] is False
    return figures


def test_every_delivery_is_confirmed_by_its_recipient(tmp_path):
    figures = figures_of(tmp_path, "e2e", "--units", 40, "--senders", 4, "--receivers", 6,
                         "--documents", 40, "--warm-up", 5)
    assert figures["rate"] == pytest.approx(figures["maximal_documents_per_second"] / 2)
    assert figures["accepted_ms"]["count"] == 40
    for name in ("in_hand_ms", "delivered_ms"):
        assert figures[name]["count"] == 120
    assert figures["in_hand_ms"]["p50"] <= figures["delivered_ms"]["p50"]


def test_a_broadcast_reaches_every_mailbox(tmp_path):
    figures = figures_of(tmp_path, "broadcast", "--units", 8, "--mailboxes", 300,
                         "--repetitions", 2)
    assert figures["settings"]["mailboxes"] == 300
    assert 0 < figures["accepted_ms"]["median"] <= figures["mailboxes_ms"]["max"]


def test_idle_adapters_are_counted_by_the_hub(tmp_path):
    figures = figures_of(tmp_path, "idle", "--adapters", 20, "--units", 20, "--seconds", 1)
    assert figures["hub_resident_bytes_max"] >= figures["hub_resident_bytes"] > 0


def test_a_large_attachment_is_on_the_disk_once_it_is_sent(tmp_path):
    figures = figures_of(tmp_path, "large", "--units", 40, "--mib", 9, "--recipients", 20)
    assert figures["unique_bytes"] > 9 * 1024 * 1024
    assert figures["disk_over_unique"] == pytest.approx(
        figures["disk_bytes"] / figures["unique_bytes"])
    assert figures["disk_over_unique"] >= 1
    assert figures["disk_bytes_running"] >= figures["disk_bytes_quiet"] > figures["unique_bytes"]


def test_waiting_deliveries_are_all_fetched_and_confirmed(tmp_path):
    figures = figures_of(tmp_path, "deliver", "--units", 40, "--senders", 4, "--receivers", 6,
                         "--documents", 40)
    assert figures["deliveries_per_second"] > 0
    assert figures["hub_cpu_us_per_delivery"] > 0


def test_a_soak_takes_a_reading_after_each_slice(tmp_path):
    figures = figures_of(tmp_path, "soak", "--units", 40, "--senders", 4, "--receivers", 6,
                         "--rate", 20, "--slice-seconds", 1, "--minutes", 0.04)
    assert len(figures["slices"]) == 2
    for part in figures["slices"]:
        assert part["accepted_ms"]["count"] == 20
        assert part["delivered_ms"]["count"] == 60
        assert part["hub_resident_bytes"] > 0 and part["disk_bytes"] > 0


@pytest.mark.kafka
@pytest.mark.parametrize("acknowledge", ["local", "replicated"])
def test_a_hub_on_kafka_is_measured_like_any_other(tmp_path, broker, acknowledge):
    words = ["--kafka", broker.bootstrap, "--acknowledge", acknowledge]
    figures = figures_of(tmp_path, "accept", *TINY, "--documents", 40, "--repetitions", 1,
                         "--warm-up", 5, *words)
    assert figures["latency_ms"]["count"] == 40
    assert figures["stages"]["fan-out"]["us"] > 0
    figures = figures_of(tmp_path, "e2e", "--units", 40, "--senders", 4, "--receivers", 6,
                         "--documents", 40, "--warm-up", 5, *words)
    assert figures["delivered_ms"]["count"] == 120


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    broker = Cluster(tmp_path_factory.mktemp("kafka") / "broker")
    yield broker
    broker.stop()


def test_brokers_and_what_they_are_for_are_named_together():
    for words in (["--acknowledge", "replicated"],
                  ["--kafka", "127.0.0.1:1", "--hub", "127.0.0.1:1", "--operators", "127.0.0.1:2",
                   "--material", "x"],
                  ["--kafka", "127.0.0.1:1", "--acknowledge", "later"]):
        assert bench("accept", *TINY, *words).returncode == MISUSED


REPLAY = ["--units", 100, "--adapters", 40, "--documents", 60]


def test_a_replay_says_what_it_measured_and_what_it_computed_from_that(tmp_path):
    figures = figures_of(tmp_path, "replay", *REPLAY)
    deliveries = figures["measured_deliveries"]
    assert figures["accepted_ms"]["count"] == 60
    assert figures["delivered_ms"]["count"] == figures["in_hand_ms"]["count"] == deliveries > 60
    by_urgency = [figures[name]["count"] for name in figures
                  if name.startswith("delivered_") and name != "delivered_ms"]
    assert sum(by_urgency) == deliveries
    rate = figures["measured_documents_per_second"]
    assert rate == pytest.approx(60 / figures["measured_seconds"])
    assert figures["computed_whole_seconds"] == pytest.approx(2_500_000 / rate)
    assert figures["settings"]["from"].startswith("2020/08/24")
    assert figures["measured_statuses"] > 0


def test_the_same_seed_replays_the_same_traffic(tmp_path):
    def traffic(seed):
        figures = figures_of(tmp_path, "replay", *REPLAY, "--seed", seed)
        return [figures["settings"][name] for name in ("from", "until", "senders", "receivers")] + [
            figures["measured_deliveries"], figures["measured_statuses"]]

    assert traffic(5) == traffic(5)
    assert traffic(5) != traffic(6)


def test_a_replay_at_a_chosen_speed_computes_no_capacity(tmp_path):
    figures = figures_of(tmp_path, "replay", *REPLAY, "--from", "2020/08/19", "--speed", 100_000)
    assert figures["settings"]["loop"] == "open"
    assert figures["settings"]["from"].startswith("2020/08/19")
    assert not [name for name in figures if name.startswith("computed_")]


def test_a_replay_is_shown_on_the_page(tmp_path):
    figures_of(tmp_path, "replay", *REPLAY)
    page = tmp_path / "page.html"
    assert bench("report", tmp_path / "replay.json", "-o", page).returncode == DONE
    for shown in ("measured_documents_per_second", "computed_whole_seconds", "delivered_normal_ms"):
        assert shown in page.read_text()


@pytest.mark.parametrize("wrong", [["--documents", 2_500_001], ["--adapters", 1],
                                   ["--whole", "--documents", 5], ["--speed", -1]])
def test_a_replay_beyond_the_model_is_refused(wrong):
    assert bench("replay", *wrong).returncode == MISUSED


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Options that drive a hub which somebody has started by hand from what prepare made."""
    folder = tmp_path_factory.mktemp("prepared") / "hub"
    made = bench("prepare", folder, "--units", 60, "--agency-port", 0, "--operator-port", 0)
    assert made.returncode == DONE, made.stderr
    assert "truc-hub --config hub.toml" in made.stdout
    with subprocess.Popen([program("truc-hub"), "--config", "hub.toml"], cwd=folder,
                          stderr=subprocess.DEVNULL) as hub:
        run_file = folder / "data/run.json"
        wait_until(run_file.is_file, "the hub", 60)
        ports = json.loads(run_file.read_text())
        yield ["--hub", f"127.0.0.1:{ports['agency_port']}",
               "--operators", f"127.0.0.1:{ports['operator_port']}", "--material", folder]
        hub.terminate()


# In this order: replay and idle want mailboxes without anything of a former run.
def test_a_hub_elsewhere_is_driven_and_checked(tmp_path, elsewhere):
    replayed = figures_of(tmp_path, "replay", *elsewhere, "--adapters", 40, "--documents", 40)
    assert replayed["settings"]["units"] == 60
    assert replayed["measured_hub_cpu_us_per_document"] > 0
    assert replayed["slices"][0]["hub_resident_bytes"] > 0
    assert "disk_bytes" not in replayed["slices"][0]
    idle = figures_of(tmp_path, "idle", *elsewhere, "--adapters", 10, "--seconds", 1)
    assert idle["hub_resident_bytes"] > 0 and "hub_resident_bytes_max" not in idle
    accepted = figures_of(tmp_path, "accept", *elsewhere, "--senders", 4, "--floor-rounds", 1,
                          "--documents", 50, "--repetitions", 1, "--warm-up", 0)
    assert accepted["hub_cpu_us_per_document"] > 0 and "stages" not in accepted
    figures_of(tmp_path, "broadcast", *elsewhere, "--mailboxes", 59, "--repetitions", 1)


def test_more_than_the_prepared_nation_has_is_refused(elsewhere):
    failed = bench("broadcast", *elsewhere, "--mailboxes", 60)
    assert failed.returncode == NOT_DONE
    assert "at least 61 agencies, found 60" in failed.stderr


def test_a_hub_that_is_not_there_is_told(tmp_path):
    folder = tmp_path / "hub"
    assert bench("prepare", folder, "--units", 40).returncode == DONE
    # Port 1 of loopback: nobody listens there.
    absent = ["--hub", "127.0.0.1:1", "--operators", "127.0.0.1:1"]
    failed = bench("e2e", *absent, "--material", folder, "--senders", 4, "--receivers", 4)
    assert failed.returncode == NOT_DONE
    assert "peer_unreachable" in failed.stderr and "127.0.0.1:1" in failed.stderr
    unprepared = bench("e2e", *absent, "--material", tmp_path)
    assert unprepared.returncode == NOT_DONE
    assert "truc-bench prepare" in unprepared.stderr
    assert bench("prepare", folder).returncode == NOT_DONE  # it is there already


@pytest.mark.parametrize("wrong", [["--hub", "127.0.0.1:8443"],
                                   ["--hub", "hub:8443", "--operators", "127.0.0.1:1",
                                    "--material", "x"]])
def test_half_an_address_is_misused(wrong):
    assert bench("accept", *wrong).returncode == MISUSED


def test_depth_compares_a_full_store_with_an_empty_one(tmp_path):
    figures = figures_of(tmp_path, "depth", *TINY, "--documents", 50, "--repetitions", 1,
                         "--warm-up", 10, "--stored", 500)
    empty, deep = figures["empty"], figures["deep"]
    assert empty["latency_ms"]["count"] == deep["latency_ms"]["count"] == 50
    assert figures["deep_over_empty"] == pytest.approx(
        deep["hub_cpu_us_per_document"] / empty["hub_cpu_us_per_document"])
    assert figures["floor_deep_over_empty"] == pytest.approx(
        deep["floor_us"] / empty["floor_us"], rel=0.01)
    assert figures["disk_bytes"] > 500 * 1_500
    assert figures["disk_bytes_per_stored"] == pytest.approx(figures["disk_bytes"] / 500)
    assert figures["open_seconds"] > 0 and deep["hub_resident_bytes"] > 0


def test_results_become_one_page(tmp_path):
    figures_of(tmp_path, "broadcast", "--units", 8, "--mailboxes", 20, "--repetitions", 1)
    page = tmp_path / "page.html"
    done = bench("report", tmp_path / "broadcast.json", "-o", page)
    assert done.returncode == DONE, done.stderr
    assert "broadcast --units 8" in page.read_text()
    (tmp_path / "other.json").write_text("{}")
    assert bench("report", tmp_path / "other.json", "-o", page).returncode == NOT_DONE
