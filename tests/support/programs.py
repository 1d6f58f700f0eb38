"""Runs the product's programs: where they are, how they are started, stopped and killed."""

import os
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("TRUC_BIN", ROOT / "build/release/bin")).resolve()
STOP_SECONDS = 20


def program(name):
    """The path of a program of the build under test; a missing one is a failure, never a skip."""
    path = BIN / name
    assert path.is_file(), f"{path} is missing: build it, or name its folder in TRUC_BIN"
    return str(path)


def run(argv, timeout=60, **options):
    """Runs a command to its end; returns subprocess.CompletedProcess with text output."""
    return subprocess.run([str(part) for part in argv], capture_output=True, text=True,
                          timeout=timeout, check=False, **options)


def run_well(argv, timeout=60, **options):
    """Runs a command that must succeed."""
    done = run(argv, timeout, **options)
    assert done.returncode == 0, f"{argv} ended with {done.returncode}\n{done.stdout}{done.stderr}"
    return done


class Server:
    """A program that stays up. Its output is appended to one log file over all its lives."""

    def __init__(self, argv, log_path, environment=None):
        self.argv = [str(part) for part in argv]
        self.log_path = Path(log_path)
        self.environment = environment
        self.process = None
        self._life = 0  # where the log of this life begins

    def start(self):
        assert not self.is_up(), f"{self.argv[0]} runs already"
        with open(self.log_path, "ab") as log:
            self._life = log.tell()
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, env=self.environment)

    def is_up(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """Ends it as an operator does (SIGTERM); returns its exit code, -SIGKILL if it would not."""
        if self.process is None:
            return 0
        if self.is_up():
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        return code

    def kill(self):
        """Ends it as a power cut does (SIGKILL); it must have been up."""
        assert self.is_up(), f"{self.argv[0]} is not up any more; see {self.log_path}"
        self.process.kill()
        self.process.wait()
        self.process = None

    def collect(self):
        """Takes leave of one that was killed by an order of its own (faults.py)."""
        code = self.process.wait(STOP_SECONDS)
        assert code == -signal.SIGKILL, f"ended with {code}; see {self.log_path}"
        self.process = None

    def signal(self, number):
        assert self.is_up()
        self.process.send_signal(number)

    def said(self, event):
        """Whether an event was logged since the last start."""
        with open(self.log_path, "rb") as log:
            log.seek(self._life)
            return f'"event":"{event}"'.encode() in log.read()

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines=60):
        return "\n".join(self.log_text().splitlines()[-lines:])
