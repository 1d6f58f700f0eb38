"""A real Kafka on loopback for one test, and what an independent client reads from it."""

import json
import os
import subprocess
from pathlib import Path

from programs import ROOT, run, run_well
from waiting import wait_until

SCRIPT = ROOT / "deploy/kafka/cluster"
LIBS = ROOT / "build/kafka/libs"
LEVELS = (1, 2, 3, 4)
PREFIX = "truc.level"
JOURNAL = "truc.journal"
IN_SYNC_SECONDS = 120


class Cluster:
    def __init__(self, folder, *options):
        self.folder = Path(folder)
        self.start(*options)

    def start(self, *options):
        # The brokers outlive the script: they must not hold the script's pipes.
        with open(self.folder.with_suffix(".start.log"), "ab") as log:
            done = subprocess.run([SCRIPT, "start", self.folder, *options], stdout=log, stderr=log,
                                  stdin=subprocess.DEVNULL, timeout=600, check=False)
        assert done.returncode == 0, self.folder.with_suffix(".start.log").read_text()

    def stop(self, *options):
        run_well([SCRIPT, "stop", self.folder, *options], timeout=180)

    def kill(self, *options):
        run_well([SCRIPT, "kill", self.folder, *options], timeout=180)

    def signal(self, node, number):
        """To one broker's process."""
        os.kill(int((self.folder / f"node-{node}" / "pid").read_text()), number)

    @property
    def nodes(self):
        return sorted(int(path.name.removeprefix("node-")) for path in self.folder.glob("node-*"))

    @property
    def bootstrap(self):
        return (self.folder / "bootstrap").read_text().strip()

    def options_of(self, client):
        """librdkafka's options of one of the cluster's principals, in order."""
        lines = (self.folder / "clients" / f"{client}.conf").read_text().splitlines()
        return [line.split("=", 1) for line in lines]

    def kcat(self, *arguments, client=None, **options):
        """kcat as one of the principals, or as anybody where there are no rights."""
        identity = ["-F", self.folder / "clients" / f"{client}.conf"] if client else []
        return run(["kcat", "-b", self.bootstrap, *identity, *arguments], **options)

    def records(self, level, prefix=PREFIX, client=None):
        """Every record of a level's topic from its beginning: (key, value as parsed JSON). None while
        the hubs have not made the topic, which several do beside what they serve."""
        done = self.kcat("-C", "-q", "-e", "-o", "beginning", "-t", f"{prefix}{level}",
                         "-f", "%k\\t%s\\n", client=client)
        if "Unknown topic or partition" in done.stderr:
            return []
        assert done.returncode == 0, done.stderr
        rows = (line.split("\t", 1) for line in done.stdout.splitlines())
        return [(key, json.loads(value)) for key, value in rows]

    def wait_until_in_sync(self):
        """Every replica of every partition, as an answering broker says."""
        wait_until(self._is_in_sync, "all replicas in sync", IN_SYNC_SECONDS)

    def _is_in_sync(self):
        done = self.kcat("-L", "-J", "-m", "5")
        if done.returncode != 0:
            return False
        partitions = [one for topic in json.loads(done.stdout)["topics"]
                      for one in topic["partitions"]]
        return all(len(one["isrs"]) == len(one["replicas"]) for one in partitions)

    def leader_of(self, topic, client=None):
        """The number of the broker that leads the topic's first partition."""
        done = self.kcat("-L", "-J", "-t", topic, client=client)
        return json.loads(done.stdout)["topics"][0]["partitions"][0]["leader"]

    def end_of(self, topic):
        """The offset behind the last record of the topic's first partition."""
        done = self.kcat("-Q", "-t", f"{topic}:0:-1")
        assert done.returncode == 0, done.stderr
        return int(done.stdout.split()[-1])

    def forget(self, topic, offset):
        """As retention does, at once: the topic's first partition begins at `offset`."""
        file = self.folder / "forget.json"
        file.write_text(json.dumps({"version": 1, "partitions": [
            {"topic": topic, "partition": 0, "offset": offset}]}))
        run_well(["java", "-cp", f"{LIBS}/*", "org.apache.kafka.tools.DeleteRecordsCommand",
                  "--bootstrap-server", self.bootstrap, "--offset-json-file", file], timeout=60)

    @property
    def ports(self):
        return [address.rpartition(":")[2] for address in self.bootstrap.split(",")]

    def environment(self):
        return os.environ | {"TRUC_KAFKA_BOOTSTRAP": self.bootstrap}
