"""tests/run counts what really ran: nothing skipped, unbuilt or absent may look like a pass."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import run_stages  # noqa: E402

CTEST = """<testsuite name="x" tests="5">
<testcase name="a" classname="a" status="run"/>
<testcase name="b" classname="b" status="fail"><failure message="Failed"/></testcase>
<testcase name="c" classname="c" status="notrun"><skipped message="Unable to find executable"/></testcase>
<testcase name="d" classname="d" status="disabled"/>
<testcase name="e" classname="e" status="run"/>
</testsuite>"""

PYTEST = """<testsuites><testsuite name="pytest">
<testcase classname="t" name="a"/>
<testcase classname="t" name="b"><skipped message="no broker"/></testcase>
<testcase classname="t" name="c"><error message="fixture"/></testcase>
<testcase classname="t" name="d"><failure message="assert"/></testcase>
</testsuite></testsuites>"""

TAP = """TAP version 13
ok 1 - shows deliveries
not ok 2 - shows alarms
ok 3 - shows levels # SKIP
# tests 3
# pass 1
# fail 1
# cancelled 0
# skipped 1
# todo 0
"""


def results(folder, text):
    path = folder / "results"
    path.write_text(text)
    return path


def test_only_what_ran_and_held_is_a_pass_for_ctest(tmp_path):
    outcome = run_stages.read_junit(results(tmp_path, CTEST), "release")
    assert outcome.passed == 2
    assert outcome.failed == ["release: b b", "release: c c", "release: d d"]


def test_only_what_ran_and_held_is_a_pass_for_pytest(tmp_path):
    outcome = run_stages.read_junit(results(tmp_path, PYTEST), "e2e")
    assert outcome.passed == 1
    assert outcome.failed == ["e2e: t b", "e2e: t c", "e2e: t d"]


def test_only_what_ran_and_held_is_a_pass_for_node(tmp_path):
    outcome = run_stages.read_tap(results(tmp_path, TAP), "browser")
    assert outcome.passed == 1
    assert outcome.failed == ["browser: shows alarms", "browser: skipped"]


@pytest.mark.parametrize("code, text, expected", [
    (1, "<testsuite><testcase name='a'/></testsuite>", ["e2e: ended with 1"]),
    (0, "<testsuite/>", ["e2e: no test ran"]),
    (5, "<testsuite/>", ["e2e: ended with 5"]),
])
def test_a_runner_that_failed_or_ran_nothing_is_a_failure(tmp_path, code, text, expected):
    path = results(tmp_path, text)
    assert run_stages.counted("e2e", code, path, run_stages.read_junit).failed == expected


def test_a_runner_without_results_is_a_failure(tmp_path):
    outcome = run_stages.counted("e2e", 0, tmp_path / "absent", run_stages.read_junit)
    assert outcome.failed == ["e2e: wrote no results"]


FUZZER = """#!/bin/sh
case "$*" in *max_total_time*) exit {search};; esac
echo "Running: $3"
exit {replay}
"""


@pytest.fixture
def fuzz_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(run_stages, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(run_stages, "FUZZERS", tmp_path / "build")
    monkeypatch.setattr(run_stages, "CORPORA", tmp_path / "corpus")
    (tmp_path / "build" / "bin").mkdir(parents=True)

    def add(target, **codes):
        (tmp_path / "corpus" / target).mkdir(parents=True)
        (tmp_path / "corpus" / target / "seed").write_text("a")
        if codes:
            program = tmp_path / "build" / "bin" / f"fuzz_{target}"
            program.write_text(FUZZER.format(**codes))
            program.chmod(0o755)
    return add


def test_every_fuzz_target_is_replayed_and_searched(fuzz_folders):
    fuzz_folders("a", replay=0, search=0)
    fuzz_folders("b", replay=0, search=0)
    outcome = run_stages.fuzz(1, jobs=2)
    assert (outcome.passed, outcome.failed) == (4, [])


def test_a_crash_while_fuzzing_names_its_input(fuzz_folders, tmp_path):
    fuzz_folders("a", replay=77, search=1)
    outcome = run_stages.fuzz(1, jobs=2)
    assert outcome.passed == 0
    assert outcome.failed == [f"fuzz: a replay: {tmp_path}/corpus/a/seed",
                              "fuzz: a search: ended with 1"]


def test_a_corpus_without_its_fuzzer_is_a_failure(fuzz_folders):
    fuzz_folders("a")
    outcome = run_stages.fuzz(1, jobs=2)
    assert outcome.passed == 0 and len(outcome.failed) == 2
