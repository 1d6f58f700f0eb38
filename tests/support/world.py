"""A whole Truc on loopback: an authority, a directory, one hub and the adapters of its systems.

    with World(folder) as world:
        hanoi = world.agency("000.00.00.G22")
        hanoi.drop("letter", package)
        world.agency("G12.18").wait_for_documents(1)

Everything that it starts it stops; what stopped badly fails the test.
"""

import functools
import json
import os
import socket
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from authority import Authority
from https import Client, tls_context
from namespace import HERE
from packages import document_id_of
from programs import ROOT, Server, program, run
from waiting import wait_until

PILOT_DIRECTORY = ROOT / "deploy/quickstart.d/directory.jsonl"
HUB_IDS = ("h1", "h2", "h3", "h4")
OPERATOR = "watch"
START_SECONDS = 120  # under the checker's load two processors start a program late
# Ports that the hub must get again after a restart are taken from below the range from which the
# kernel gives ports to outgoing connections.
PORTS = range(12000, 30000)


def pilot_directory():
    return [json.loads(line) for line in PILOT_DIRECTORY.read_text().splitlines() if line.strip()]


def systems_of(entries):
    systems = {}
    for entry in entries:
        systems.setdefault(entry["system"], []).append(entry["code"])
    return systems


@functools.cache
def pilot_authority():
    """The pilot's certificates, made once in a run; worlds copy them."""
    pilot_authority.folder = tempfile.TemporaryDirectory(prefix="truc-pki-")
    authority = Authority(Path(pilot_authority.folder.name) / "pki")
    entries = pilot_directory()
    authority.agencies([entry["code"] for entry in entries])
    for system, codes in systems_of(entries).items():
        authority.system(system, codes)
    for hub_id in HUB_IDS:
        authority.hub(hub_id)
    authority.operator(OPERATOR)
    return authority


def free_port():
    while True:
        port = PORTS.start + int.from_bytes(os.urandom(4)) % len(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def toml(value):
    """A TOML value; JSON's text and arrays are valid TOML."""
    return json.dumps(value, ensure_ascii=False)


@dataclass
class Delivered:
    """A package as it stands in in/: its bytes, the receipt beside it, its attachments by name."""
    path: Path
    package: bytes
    receipt: bytes
    files: dict = field(default_factory=dict)

    @property
    def delivery(self):
        return self.path.name.removesuffix(".edxml")


class Agency:
    """An agency's drop folder, seen from its document system."""

    def __init__(self, code, adapter):
        self.code = code
        self.adapter = adapter
        self.folder = adapter.folder / "agencies" / code

    @property
    def out(self):
        return self.folder / "out"

    @property
    def sent(self):
        return self.folder / "sent"

    @property
    def refused(self):
        return self.folder / "refused"

    @property
    def inbox(self):
        return self.folder / "in"

    def drop(self, name, package, files=()):
        """Hands over a package as a document system does: written under a temporary name, renamed.
        With `files` a folder is handed over, its attachments beside the envelope."""
        staged = self.out / f".{name}.tmp"
        if not files:
            staged.write_bytes(package)
            staged.rename(self.out / f"{name}.edxml")
            return
        staged.mkdir()
        (staged / "envelope.edxml").write_bytes(package)
        for file in files:
            (staged / file.name).write_bytes(file.content)
        staged.rename(self.out / name)

    def receipt_path(self, name):
        return self.sent / f"{name}.receipt.json"

    def refusal_path(self, name):
        return self.refused / f"{name}.refusal.json"

    def is_sent(self, name):
        """The package comes to sent/ last, after what belongs beside it."""
        return (self.sent / f"{name}.edxml").exists() or (self.sent / name).exists()

    def is_refused(self, name):
        return (self.refused / f"{name}.edxml").exists() or (self.refused / name).exists()

    def _wait_for_end(self, name, timeout):
        wait_until(lambda: self.is_sent(name) or self.is_refused(name),
                   lambda: f"an end of {name}\n{self.adapter.server.log_tail()}", timeout)

    def wait_for_receipt(self, name, timeout=30):
        """The hub's receipt for what was dropped as `name`; fails at once when it is refused."""
        self._wait_for_end(name, timeout)
        assert self.is_sent(name), self.refusal_path(name).read_text()
        return self.receipt_path(name).read_bytes()

    def wait_for_refusal(self, name, timeout=30):
        """What was refused as `name`: the problem, as parsed JSON."""
        self._wait_for_end(name, timeout)
        assert self.is_refused(name), f"{name} was accepted"
        return json.loads(self.refusal_path(name).read_bytes())

    def wait_for_recipient_receipts(self, name, kind, codes, timeout=30):
        """The recipients' receipts of one kind, by the recipient's code."""
        paths = {code: self.sent / f"{name}.{kind}.{code}.receipt.json" for code in codes}
        wait_until(lambda: all(path.exists() for path in paths.values()),
                   lambda: f"{kind} receipts of {name} from "
                           f"{[code for code, path in paths.items() if not path.exists()]}",
                   timeout)
        return {code: path.read_bytes() for code, path in paths.items()}

    def delivered(self):
        """Everything in in/, in the order of arrival at the hub."""
        found = []
        for path in sorted(self.inbox.iterdir()):
            if path.name.startswith("."):
                continue
            if path.is_dir():
                files = {one.name: one.read_bytes() for one in path.iterdir()}
                found.append(Delivered(path, files.pop("envelope.edxml"),
                                       files.pop("receipt.json"), files))
            elif path.suffix == ".edxml":
                receipt = path.with_name(path.name.removesuffix(".edxml") + ".receipt.json")
                found.append(Delivered(path, path.read_bytes(), receipt.read_bytes()))
        return found

    def copies(self, document_id):
        return [one for one in self.delivered() if document_id_of(one.package) == document_id]

    def wait_for_document(self, document_id, timeout=30):
        """The one copy of a document."""
        copies = wait_until(lambda: self.copies(document_id),
                            lambda: f"{document_id} at {self.code}\n"
                                    f"{self.adapter.server.log_tail()}", timeout)
        assert len(copies) == 1, f"{document_id} was delivered to {self.code} {len(copies)} times"
        return copies[0]


class Adapter:
    """One truc-edge with its configuration, spool and drop folders."""

    def __init__(self, world, system, codes):
        self.world = world
        self.system = system
        self.folder = world.folder / "adapters" / system
        self.folder.mkdir(parents=True)
        self.credential = world.authority.system(system, codes)
        self.agencies = {code: Agency(code, self) for code in codes}
        self.config = self.folder / "edge.toml"
        self.write_config(world.hub.port, [f"{hub.address}:{hub.port}" for hub in world.hubs[1:]])
        self.server = Server([program("truc-edge"), "--config", self.config, "run"],
                             self.folder / "edge.log")

    @property
    def spool(self):
        return self.folder / "spool"

    def write_config(self, port, others=()):
        authority = self.world.authority
        sections = [
            f'data = {toml(str(self.spool))}',
            f'[hub]\nhost = "127.0.0.1"\nport = {port}\nothers = {toml(others)}',
            f'[tls]\nkey = {toml(str(self.credential / "tls.key"))}\n'
            f'chain = {toml(str(self.credential / "tls.chain.pem"))}',
            f'[trust]\nanchors = {toml([str(authority.anchors)])}\n'
            f'crls = {toml([str(path) for path in authority.lists])}',
        ]
        for agency in self.agencies.values():
            key, chain = authority.signing(agency.code)
            sections.append(f'[[agency]]\ncode = {toml(agency.code)}\nkey = {toml(str(key))}\n'
                            f'chain = {toml(str(chain))}\nfolder = {toml(str(agency.folder))}')
        self.config.write_text("\n".join(sections) + "\n")

    def start(self):
        self.begin()
        self.wait_until_ready()
        assert self.server.is_up(), f"adapter {self.system} ended\n{self.server.log_tail()}"

    def begin(self):
        self.server.start()

    def wait_until_ready(self):
        """Or until it has ended."""
        wait_until(lambda: self.server.said("edge.started") or not self.server.is_up(),
                   lambda: f"adapter {self.system}\n{self.server.log_tail()}", START_SECONDS)

    def kill(self):
        self.server.kill()

    def run(self, *arguments, timeout=60):
        """Runs a truc-edge command with this adapter's configuration."""
        return run([program("truc-edge"), "--config", self.config, *arguments], timeout)

    def sign(self, package, code):
        """The signed bytes of a package, signed as `code`."""
        source, target = self.folder / f"{code}.unsigned", self.folder / f"{code}.signed"
        source.write_bytes(package)
        target.unlink(missing_ok=True)
        done = self.run("sign", source, "-o", target, "--agency", code)
        assert done.returncode == 0, done.stdout + done.stderr
        return target.read_bytes()

    def client(self, hub=None):
        """A connection to the hub, or to another one, with this system's certificate."""
        hub = hub or self.world.hub
        return Client(hub.port, tls_context(self.world.authority.anchors, self.credential),
                      hub.address)


class Hub:
    def __init__(self, world, hub_id, fanout, trust, place):
        self.world = world
        self.hub_id = hub_id
        self.address = place.address
        self.folder = world.folder / ("hub" if hub_id == HUB_IDS[0] else f"hub-{hub_id}")
        self.folder.mkdir()
        self.port = free_port()
        self.data = self.folder / "data"
        self.config = self.folder / "hub.toml"
        self.credential = world.authority.hub(hub_id)
        self.directory = self.folder / "directory.jsonl"
        self.directory.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n"
                                          for entry in world.entries))
        self.write_config(fanout, trust)
        self.server = Server(place.enter([program("truc-hub"), "--config", self.config]),
                             self.folder / "hub.log")

    def write_config(self, fanout, trust):
        authority, folder = self.world.authority, self.credential
        self.config.write_text("\n".join([
            f'id = "{self.hub_id}"',
            f'data = {toml(str(self.data))}',
            f'directory = {toml(str(self.directory))}',
            f'[agency_listener]\naddress = "{self.address}"\nport = {self.port}',
            f'[operator_listener]\naddress = "{self.address}"\nport = 0',
            f'[tls]\nkey = {toml(str(folder / "tls.key"))}\n'
            f'chain = {toml(str(folder / "tls.chain.pem"))}',
            f'[receipt]\nkey = {toml(str(folder / "receipt.key"))}\n'
            f'chain = {toml(str(folder / "receipt.chain.pem"))}',
            f'[trust]\nanchors = {toml([str(authority.anchors)])}',
            trust(authority),
            fanout,
        ]) + "\n")

    def start(self):
        self.begin()
        self.wait_until_ready()
        assert self.server.is_up(), f"the hub ended\n{self.server.log_tail()}"

    def begin(self):
        self.run_file.unlink(missing_ok=True)
        self.server.start()

    def wait_until_ready(self):
        """Or until it has ended."""
        wait_until(lambda: self._is_ready() or not self.server.is_up(),
                   lambda: f"the hub\n{self.server.log_tail()}", START_SECONDS)

    @property
    def run_file(self):
        return self.data / "run.json"

    def _is_ready(self):
        try:
            client = self.world.operator_client(self)
            answer = client.get("/v1/health")
            client.close()
            return answer.status == 200 and answer.json == {"status": "ok"}
        except (OSError, ValueError, KeyError):
            return False

    @property
    def operator_port(self):
        return json.loads(self.run_file.read_text())["operator_port"]

    def kill(self):
        self.server.kill()

    def restart(self):
        assert self.server.stop() == 0, self.server.log_tail()
        self.start()


def trust_in_files(authority):
    return f'crls = {toml([str(path) for path in authority.lists])}'


class World:
    """`entries` are the directory's lines, the pilot's by default; the adapters of the systems in
    `idle` are configured but not started; `fanout` is the hub's settings of the event log;
    `trust` makes its settings of revocation. Of several `hubs` the adapters know all, and ask `hub`,
    the first of them, before the others; `elsewhere` gives some, by their id, a Namespace."""

    def __init__(self, folder, entries=None, idle=(), fanout="", trust=trust_in_files, hubs=1,
                 elsewhere=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.entries = pilot_directory() if entries is None else entries
        self.authority = Authority(self.folder / "pki",
                                   pilot_authority() if entries is None else None)
        self.systems = systems_of(self.entries)
        self.authority.agencies([entry["code"] for entry in self.entries])
        self.operator = self.authority.operator(OPERATOR)
        self.hubs = [Hub(self, hub_id, fanout, trust, (elsewhere or {}).get(hub_id, HERE))
                     for hub_id in HUB_IDS[:hubs]]
        self.hub = self.hubs[0]
        self.adapters = {system: Adapter(self, system, codes)
                         for system, codes in self.systems.items()}
        self.idle = set(idle)

    def __enter__(self):
        try:
            for hub in self.hubs:
                hub.start()
            for system, adapter in self.adapters.items():
                if system not in self.idle:
                    adapter.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, error, trace):
        codes = self.close()
        if kind is None:
            assert set(codes.values()) <= {0}, f"not every program stopped cleanly: {codes}"

    def close(self):
        """Stops what runs; returns the exit codes of the programs that were up."""
        codes = {}
        for name, server in self.servers():
            if server.is_up():
                codes[name] = server.stop()
        return codes

    def programs(self):
        """Adapters and hubs by the names of their folders."""
        return self.adapters | {hub.folder.name: hub for hub in self.hubs}

    def servers(self):
        return [(name, program.server) for name, program in self.programs().items()]

    def agency(self, code):
        return self.adapters[self.system_of(code)].agencies[code]

    def operator_client(self, hub=None):
        hub = hub or self.hub
        return Client(hub.operator_port, tls_context(self.authority.anchors, self.operator),
                      hub.address)

    def system_of(self, code):
        return next(entry["system"] for entry in self.entries if entry["code"] == code)

    def client_of(self, code, hub=None):
        """A connection to the hub, or to another one, with the certificate of the agency's system."""
        return self.adapters[self.system_of(code)].client(hub)

    def sign(self, document):
        """A Document's signed bytes."""
        adapter = self.adapters[self.system_of(document.sender)]
        return adapter.sign(document.xml(), document.sender)

    def verify(self, *arguments):
        """Runs truc-verify with this world's root and revocation lists."""
        trust = ["--anchor", self.authority.anchors]
        for path in self.authority.lists:
            trust += ["--crl", path]
        return run([program("truc-verify"), *arguments, *trust])

    def logs(self):
        return "\n".join(f"--- {name}\n{server.log_tail(20)}" for name, server in self.servers())
