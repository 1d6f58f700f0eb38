"""A real Kafka broker on loopback for one test, and what an independent client reads from it."""

import json
import os
import subprocess
from pathlib import Path

from programs import ROOT, run_well

SCRIPT = ROOT / "deploy/kafka/broker"
LEVELS = (1, 2, 3, 4)


def topic(level):
    return f"truc.level{level}"


class Broker:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.start()

    def start(self):
        # The broker outlives the script: it must not hold the script's pipes.
        with open(self.folder.with_suffix(".start.log"), "ab") as log:
            done = subprocess.run([SCRIPT, "start", self.folder], stdout=log, stderr=log,
                                  stdin=subprocess.DEVNULL, timeout=600, check=False)
        assert done.returncode == 0, self.folder.with_suffix(".start.log").read_text()

    def stop(self):
        run_well([SCRIPT, "stop", self.folder], timeout=90)

    def kill(self):
        run_well([SCRIPT, "kill", self.folder], timeout=90)

    @property
    def bootstrap(self):
        return (self.folder / "bootstrap").read_text().strip()

    def records(self, level):
        """Every record of a level's topic from its beginning: (key, value as parsed JSON)."""
        done = run_well(["kcat", "-b", self.bootstrap, "-C", "-q", "-e", "-o", "beginning",
                         "-t", topic(level), "-f", "%k\\t%s\\n"])
        rows = (line.split("\t", 1) for line in done.stdout.splitlines())
        return [(key, json.loads(value)) for key, value in rows]

    def environment(self):
        return os.environ | {"TRUC_KAFKA_BOOTSTRAP": self.bootstrap}
