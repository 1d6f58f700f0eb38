"""What every client was told in a run, and the proof from it that nothing was lost or doubled.

Clients write down what they send and what they are told; `prove` then looks at the folders, asks the
hub, and holds one against the other. It takes nothing from the programs' logs.
"""

import base64
import concurrent.futures
import hashlib
import itertools
import json
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from load import check_delivered_exactly_once, deliveries_of
from packages import Document
from several_hubs import SharedWorld, recorded, wait_for_members
from waiting import wait_until

RECEIPTS_AT_ONCE = 200  # to one truc-verify
QUIET_SECONDS = 180


@dataclass
class Entry:
    """One document and what became of it. Times are of one monotonic clock."""
    document: Document
    begun: float
    package: bytes = b""     # as signed
    receipt: bytes = b""
    acknowledged: float = 0


@dataclass
class Listing:
    """The documents of one answer of a mailbox, as they stood: (sender, recipient, urgency, id)."""
    system: str
    lines: list


@dataclass
class History:
    entries: dict = field(default_factory=dict)   # by DocumentId
    listings: list = field(default_factory=list)
    refusals: list = field(default_factory=list)  # (DocumentId, the problem), final ones
    delays: dict = field(default_factory=dict)    # answers that asked to come again, by name
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, document, package=b""):
        with self._lock:
            self.entries[document.document_id] = Entry(document, time.monotonic(), package)

    def acknowledge(self, document_id, receipt, package=None, is_new=False):
        with self._lock:
            entry = self.entries[document_id]
            assert not (entry.receipt and is_new), f"{document_id} is new to a hub a second time"
            entry.acknowledged = entry.acknowledged or time.monotonic()
            assert entry.receipt in (b"", receipt), f"{document_id} has two receipts"
            entry.receipt = receipt
            entry.package = package or entry.package

    def refuse(self, document_id, problem):
        with self._lock:
            self.refusals.append((document_id, problem))

    def delay(self, name):
        with self._lock:
            self.delays[name] = self.delays.get(name, 0) + 1

    def list(self, listing):
        with self._lock:
            self.listings.append(listing)

    @property
    def acknowledged(self):
        with self._lock:
            return [entry for entry in self.entries.values() if entry.receipt]


def claims_of(receipt):
    """What a receipt states; whether it holds is truc-verify's business."""
    payload = json.loads(receipt)["payload"]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def prove(world, history):
    """Raises what was lost, doubled, out of order or not held by every hub. The world has been healed
    and its clients have stopped."""
    assert history.refusals == []
    if isinstance(world, SharedWorld):
        wait_for_members(world, len(world.hubs))
    entries = list(history.entries.values())
    waiting = [entry.document.document_id for entry in entries if not entry.receipt]
    assert waiting == [], "without an answer"
    signed = {entry.document.document_id: entry.package for entry in entries}
    check_delivered_exactly_once(world, [entry.document for entry in entries], signed,
                                 QUIET_SECONDS)
    delivered = wait_until(lambda: delivered_receipts(world, entries),
                           "a delivered receipt of every recipient", QUIET_SECONDS)
    check_order(history)
    check_claims(entries)
    check_held(world, entries)
    if isinstance(world, SharedWorld):
        check_records(world, entries)
    verify_all(world, [entry.receipt for entry in entries] + delivered)
    check_no_orphans(world)


def delivered_receipts(world, entries):
    """The recipients' receipts at the senders, as many as there have to be; else None."""
    found = []
    for entry in entries:
        document = entry.document
        folder = world.agency(document.sender).sent
        transfer = claims_of(entry.receipt)["transfer"]
        for code in document.recipients:
            ending = f".delivered.{code}.receipt.json"
            paths = [folder / (name + ending) for name in (document.document_id, transfer)]
            there = [path for path in paths if path.exists()]
            if not there:
                return None
            assert len(there) == 1, f"{document.document_id}: two receipts of {code}"
            found.append(there[0].read_bytes())
    return found


def check_order(history):
    """Of one sender for one recipient in one lane (urgency): what was acknowledged before another
    was begun stands before it in the mailbox."""
    for listing in history.listings:
        lanes = {}
        for sender, recipient, urgency, document_id in listing.lines:
            lanes.setdefault((sender, recipient, urgency), []).append(document_id)
        for lane, names in lanes.items():
            for earlier, later in zip(names, names[1:]):
                one, other = history.entries[earlier], history.entries[later]
                overtaken = other.acknowledged and other.acknowledged < one.begun
                assert not overtaken, f"{lane}: {later} was acknowledged before {earlier} began"


def check_claims(entries):
    for entry in entries:
        claims = claims_of(entry.receipt)
        assert claims["document_sha256"] == hashlib.sha256(entry.package).hexdigest(), entry.document
        assert claims["document_id"] == entry.document.document_id
        assert claims["sender"] == entry.document.sender


def check_held(world, entries):
    """Every hub knows every document that anybody has a receipt for, tells the same of it as the
    others, and has this very receipt; one of them, in turn, is handed it again and gives it again."""
    clients = {system: [adapter.client(hub) for hub in world.hubs]
               for system, adapter in world.adapters.items()}
    for index, entry in enumerate(entries):
        hubs = clients[world.system_of(entry.document.sender)]
        held = told_by_all(hubs, claims_of(entry.receipt)["transfer"])
        assert held["sha256"] == hashlib.sha256(entry.package).hexdigest(), entry.document
        assert held["receipt"] == json.loads(entry.receipt), entry.document
        answer = hubs[index % len(hubs)].submit(entry.package)
        assert (answer.status, answer.body) == (200, entry.receipt), entry.document
    for client in itertools.chain(*clients.values()):
        client.close()


def told_by_all(clients, transfer):
    """The history of a document, the same from every hub; one may have its last events later."""
    def told():
        return [client.get(f"/v1/documents/{transfer}").body for client in clients]

    same = wait_until(lambda: len(one := set(told())) == 1 and one.pop(),
                      lambda: f"one history of {transfer}: {told()}")
    return json.loads(same)


def check_records(world, entries):
    """Every delivery stands on the topics of the levels."""
    wanted = deliveries_of(entry.document for entry in entries)
    assert recorded(world.cluster, world.prefix) == wanted


def verify_all(world, receipts):
    folder = world.folder / "receipts"
    folder.mkdir(exist_ok=True)
    paths = []
    for index, receipt in enumerate(receipts):
        paths.append(folder / f"{index}.json")
        paths[-1].write_bytes(receipt)
    parts = [paths[first:first + RECEIPTS_AT_ONCE] for first in range(0, len(paths), RECEIPTS_AT_ONCE)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in pool.map(lambda part: world.verify(*part), parts):
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def check_no_orphans(world):
    """Everything is quiet: what is under way or was left half made has no business on the disk."""
    found = []
    for adapter in world.adapters.values():
        wait_until(lambda adapter=adapter: not leftovers_of(adapter),
                   lambda adapter=adapter: f"an empty spool: {leftovers_of(adapter)}", QUIET_SECONDS)
    for hub in world.hubs:
        found += [path for path in hub.data.rglob("*")
                  if path.name.endswith((".new", ".tmp", ".dbtmp"))]
        found += [path for path in (hub.data / "store").iterdir() if path.is_file()
                  and path.suffix not in (".sst", ".blob", ".log") and not path.name.startswith(
                      ("MANIFEST-", "MANIFEST.seen", "OPTIONS-", "CURRENT", "IDENTITY", "LOCK", "LOG"))]
    assert found == [], "orphans in the hubs"


def leftovers_of(adapter):
    found = []
    for name in ("outbound", "inbound", "quarantine", "trash"):
        found += (adapter.spool / name).iterdir()
    for folder, _, names in os.walk(adapter.folder):
        found += [Path(folder) / name for name in names if name.startswith(".")]
    for agency in adapter.agencies.values():
        found += agency.out.iterdir()
        found += agency.refused.iterdir()
        found += without_partner(agency.inbox, lambda name: name.removesuffix(".receipt.json"))
        sent = {path.name for path in agency.sent.iterdir()}
        found += [agency.sent / name for name in sent if name.endswith(".edxml")
                  and name.removesuffix(".edxml") + ".receipt.json" not in sent]
    return found


def without_partner(folder, stem):
    """Receipts without their package."""
    names = {path.name for path in folder.iterdir()}
    return [folder / name for name in names if name.endswith(".receipt.json")
            and stem(name) + ".edxml" not in names and stem(name) not in names]
