"""The stages of tests/run, one after the other; each gives its counts as numbers, not as text.

What is skipped counts as failed: a test that did not run has shown nothing.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "build" / "results"
CORPORA = ROOT / "tests" / "fuzz" / "corpus"
FUZZERS = ROOT / "build" / "fuzz"
STAGE_SECONDS_MAX = 3600
TEST_SECONDS_MAX = 120
FUZZ_SECONDS = 60  # of search, for every target
FUZZ_INPUT_SECONDS_MAX = 60  # by the clock, for one input on a busy machine
SANITIZERS = {"ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
              "UBSAN_OPTIONS": "print_stacktrace=1",
              "ASAN_SYMBOLIZER_PATH": "/usr/bin/llvm-symbolizer-19"}


@dataclasses.dataclass
class Outcome:
    passed: int = 0
    failed: list[str] = dataclasses.field(default_factory=list)


def run(command, *, cwd=ROOT, env=None):
    """Runs a command with its output on ours; its exit code."""
    print("$", *command, flush=True)
    try:
        return subprocess.run([str(word) for word in command], cwd=cwd, stdin=subprocess.DEVNULL,
                              env={**os.environ, **(env or {})}, timeout=STAGE_SECONDS_MAX).returncode
    except subprocess.TimeoutExpired:
        print(f"not finished after {STAGE_SECONDS_MAX} s", flush=True)
        return 1


def read_junit(path, prefix):
    """Counts the cases of a JUnit file, as ctest and pytest write it."""
    outcome = Outcome()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = " ".join(filter(None, (case.get("classname"), case.get("name"))))
        bad = any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
        if bad or case.get("status", "run") != "run":
            outcome.failed.append(f"{prefix}: {name}")
        else:
            outcome.passed += 1
    return outcome


def read_tap(path, prefix):
    """Counts the summary of Node's test runner, which every version since 18.17 can write as TAP."""
    text = path.read_text()
    counts = {word: int(count) for word, count in re.findall(r"^# (\w+) (\d+)$", text, re.MULTILINE)}
    outcome = Outcome(passed=counts.get("pass", 0))
    bad = sum(counts.get(word, 0) for word in ("fail", "cancelled", "skipped", "todo"))
    names = re.findall(r"^\s*not ok \d+ - (.*)$", text, re.MULTILINE)
    outcome.failed = [f"{prefix}: {name}" for name in names[:bad]]
    outcome.failed += [f"{prefix}: skipped"] * (bad - len(outcome.failed))
    return outcome


def counted(stage, code, path, read):
    """The counts of a command that wrote `path`. One that failed without a failed test failed itself."""
    if not path.exists():
        return Outcome(failed=[f"{stage}: wrote no results"])
    outcome = read(path, stage)
    if code != 0 and not outcome.failed:
        outcome.failed.append(f"{stage}: ended with {code}")
    if outcome.passed == 0 and not outcome.failed:
        outcome.failed.append(f"{stage}: no test ran")
    return outcome


def fresh(name):
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / name
    path.unlink(missing_ok=True)
    return path


def build(preset, jobs, targets=()):
    """Configures and builds; an Outcome only when that fails."""
    choice = ["--target", *targets] if targets else []
    if run(["cmake", "--preset", preset]) != 0:
        return Outcome(failed=[f"{preset}: not configured"])
    if run(["cmake", "--build", "--preset", preset, "-j", str(jobs), *choice]) != 0:
        return Outcome(failed=[f"{preset}: not built"])
    return None


def ctest(preset, labels, jobs, stage=None):
    stage = stage or preset
    results = fresh(f"ctest-{stage}.xml")
    code = run(["ctest", "--test-dir", ROOT / "build" / preset, "-L", f"^({'|'.join(labels)})$",
                "-j", jobs, "--timeout", TEST_SECONDS_MAX, "--output-on-failure",
                "--no-tests=error", "--output-junit", results],
               env=SANITIZERS)
    return counted(stage, code, results, read_junit)


def pytest(name, folder, within=()):
    """`within`: the command that gives the tests their surroundings."""
    results = fresh(f"{name}.xml")
    code = run([*within, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short",
                "--durations=5", f"--junitxml={results}", folder],
               env={"TRUC_BIN": str(ROOT / "build" / "release" / "bin"), "TRUC_ROOT": str(ROOT)})
    return counted(name, code, results, read_junit)


def install_node_packages(stage):
    """Those of the stage's folder; an Outcome only when that fails."""
    if run(["npm", "ci", "--no-audit", "--no-fund"], cwd=ROOT / "tests" / stage) != 0:
        return Outcome(failed=[f"{stage}: its packages could not be installed"])
    return None


def oracle(jobs):
    return install_node_packages("oracle") or ctest("release", ["oracle"], jobs, "oracle")


def paths():
    vectors = ROOT / "build" / "vectors"
    if run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes",
            "--dest", vectors, "-r", ROOT / "tests" / "paths" / "vectors.txt"]) != 0:
        return Outcome(failed=["paths: the vectors could not be fetched"])
    return pytest("paths", ROOT / "tests" / "paths")


def network():
    """In a network namespace of their own, which also has no way out."""
    if run([ROOT / "deploy" / "kafka" / "cluster", "fetch"]) != 0:
        return Outcome(failed=["network: the broker could not be fetched"])
    return pytest("network", ROOT / "tests" / "fault" / "network",
                  within=["unshare", "--map-root-user", "--net", "sh", "-c",
                          'ip link set lo up && exec "$@"', "sh"])


def browser():
    folder = ROOT / "tests" / "browser"
    if failed := install_node_packages("browser"):
        return failed
    results = fresh("browser.tap")
    tests = sorted(path.name for path in folder.glob("*.test.mjs"))
    code = run(["node", "--test", "--test-reporter=spec", "--test-reporter-destination=stdout",
                "--test-reporter=tap", f"--test-reporter-destination={results}", *tests],
               cwd=folder, env={"TRUC_BIN": str(ROOT / "build" / "release" / "bin"),
                                "TRUC_ROOT": str(ROOT)})
    return counted("browser", code, results, read_tap)


def fuzz_step(target, step, arguments, seconds_max):
    """Runs one fuzzer; what failed, or None. What it says goes to a log, which a failure prints."""
    log = fresh(f"fuzz-{target}-{step}.log")
    findings = FUZZERS / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    command = [FUZZERS / "bin" / f"fuzz_{target}", f"-timeout={FUZZ_INPUT_SECONDS_MAX}",
               f"-artifact_prefix={findings}/{target}-", *arguments]
    try:
        with log.open("w") as output:
            code = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                                  stdout=output, stderr=subprocess.STDOUT, timeout=seconds_max,
                                  env={**os.environ, **SANITIZERS}).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{target} {step}: {error}"
    if code == 0:
        return None
    said = log.read_text(errors="replace")
    print(f"-- {target} {step}", said[-8000:], sep="\n", flush=True)
    found = re.findall(r"Test unit written to (\S+)", said) or re.findall(r"Running: (\S+)", said)
    return f"{target} {step}: {found[-1] if found else f'ended with {code}'}"


def fuzz_target(target, seconds):
    """Replays the corpus of one way in, then searches on from it and from what was found before."""
    corpus = CORPORA / target
    grown = FUZZERS / "corpus" / target
    grown.mkdir(parents=True, exist_ok=True)
    words = CORPORA.parent / "dictionaries" / f"{target}.dict"
    search = [f"-max_total_time={seconds}", *([f"-dict={words}"] if words.exists() else []),
              grown, corpus]
    replay = fuzz_step(target, "replay", sorted(corpus.iterdir()), TEST_SECONDS_MAX)
    return [replay, fuzz_step(target, "search", search, seconds + TEST_SECONDS_MAX)]


def fuzz(seconds, jobs):
    targets = sorted(path.name for path in CORPORA.iterdir())
    print(f"{len(targets)} targets, {seconds} s each, {jobs} at a time", flush=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        steps = [step for steps in pool.map(lambda target: fuzz_target(target, seconds), targets)
                 for step in steps]
    failed = [f"fuzz: {step}" for step in steps if step]
    return Outcome(passed=len(steps) - len(failed), failed=failed)


def has(pattern):
    return any((ROOT / "tests").glob(pattern))


def plan(chosen, jobs, fuzz_seconds):
    """The stages in their order: a name and what to do. A failed build ends only what needs it."""
    release_labels = [label for label in ("unit", "contract", "fault") if label in chosen]
    wants_browser = "browser" in chosen and has("browser/*.test.mjs")
    wants_e2e = "e2e" in chosen and has("e2e/test_*.py")
    if "tidy" in chosen:
        yield "tidy", None, lambda: pytest("tidy", ROOT / "tests" / "tidy")
    if release_labels or wants_e2e or wants_browser or {"oracle", "paths"} & set(chosen):
        yield "build release", None, lambda: build("release", jobs)
    if release_labels:
        yield "release", "build release", lambda: ctest("release", release_labels, jobs)
    if "oracle" in chosen:
        yield "oracle", "build release", lambda: oracle(jobs)
    if "paths" in chosen:
        yield "paths", "build release", paths
    if "fault" in chosen:
        yield "system faults", "build release", lambda: pytest(
            "fault", ROOT / "tests" / "fault" / "system")
        yield "network faults", "build release", network
    if wants_e2e:
        yield "e2e", "build release", lambda: pytest("e2e", ROOT / "tests" / "e2e")
    if wants_browser:
        yield "browser", "build release", browser
    if "asan" in chosen:
        targets = ("tests_unit", "tests_contract")
        yield "build asan", None, lambda: build("asan", jobs, targets)
        yield "asan", "build asan", lambda: ctest("asan", ("unit", "contract"), jobs)
    if "fuzz" in chosen:
        yield "build fuzz", None, lambda: build("fuzz", jobs)
        yield "fuzz", "build fuzz", lambda: fuzz(fuzz_seconds, jobs)


STAGES = ("tidy", "unit", "contract", "fault", "oracle", "paths", "e2e", "browser", "asan", "fuzz")


def main():
    parser = argparse.ArgumentParser(
        prog="tests/run", description="Sets up, builds and runs all of Truc's tests.",
        epilog="The last line is 'N passed, N failed'; exits 1 when any failed or none ran.")
    parser.add_argument("--only", action="append", choices=STAGES, metavar="STAGE",
                        help=f"run this stage; may be repeated: {', '.join(STAGES)}")
    parser.add_argument("--no-setup", action="store_true", help="do not look for missing packages")
    parser.add_argument("-j", type=int, default=os.cpu_count(), dest="jobs",
                        help="how many to build and test at once (default: every core)")
    parser.add_argument("--fuzz-seconds", type=int, default=FUZZ_SECONDS, metavar="N",
                        help="how long to search every fuzz target (default: %(default)s)")
    given = parser.parse_args()

    passed, failed, took, broken = 0, [], [], set()
    for name, needs, act in plan(given.only or STAGES, given.jobs,
                                  given.fuzz_seconds):
        print(f"\n== {name}", flush=True)
        if needs in broken:
            print(f"not run: {needs} failed", flush=True)
            failed.append(f"{name}: not run, {needs} failed")
            continue
        begun = time.monotonic()
        outcome = act()
        took.append(f"{name} {time.monotonic() - begun:.0f} s")
        if outcome is None:
            continue
        passed += outcome.passed
        failed += outcome.failed
        if outcome.failed and name.startswith("build"):
            broken.add(name)

    print("\n== results")
    print("took:", ", ".join(took) or "nothing ran")
    for name in failed:
        print("FAILED", name)
    print(f"{passed} passed, {len(failed)} failed", flush=True)
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
