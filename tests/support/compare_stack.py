"""The composed stack of bench/compare for one module of tests."""

import json
import os
from pathlib import Path

from https import Client, tls_context
from programs import ROOT, run, run_well

SCRIPT = ROOT / "bench/compare/stack"
SECONDS_MAX = 600  # the first time, Maven fetches


class CompareStack:
    """Trusts, and is trusted by, the certificates of a World that need not run."""

    def __init__(self, folder, world, recipients):
        self.folder = Path(folder)
        self.world = world
        credential = world.hub.credential
        # What it starts outlives the script, and must not hold the script's pipes.
        run_well([SCRIPT, "up", self.folder, "--ca", world.authority.anchors,
                  *[word for path in world.authority.lists for word in ("--crl", path)],
                  "--certificate", credential / "tls.chain.pem", "--key", credential / "tls.key",
                  "--receipt-certificate", credential / "receipt.chain.pem",
                  "--receipt-key", credential / "receipt.key",
                  "--recipients", ",".join(recipients)], SECONDS_MAX)
        self.description = json.loads((self.folder / "stack.json").read_text())

    def down(self):
        return run([SCRIPT, "down", self.folder], SECONDS_MAX)

    def client(self, credential):
        return Client(self.description["ports"]["https"],
                      tls_context(self.world.authority.anchors, credential))

    def client_of(self, code):
        """A connection with the certificate of the agency's system."""
        return self.client(self.world.adapters[self.world.system_of(code)].credential)

    def counts(self):
        """How many documents wait for each recipient."""
        return json.loads(run_well([SCRIPT, "counts", self.folder]).stdout)

    def raw(self, messages):
        return json.loads(run_well([SCRIPT, "raw", self.folder, "--messages", messages]).stdout)

    def processes(self):
        return processes_of(self.folder)


def processes_of(folder):
    """The processes whose command, surroundings or working folder name this folder."""
    return {int(path.name) for path in Path("/proc").iterdir()
            if path.name.isdigit() and _names(path, os.fsencode(folder))}


def _names(process, folder):
    try:
        texts = [(process / "cmdline").read_bytes(), (process / "environ").read_bytes(),
                 os.readlink(os.fsencode(process / "cwd"))]
    except OSError:
        return False
    return any(folder in text for text in texts)
