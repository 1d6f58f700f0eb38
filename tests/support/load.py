"""Many documents at once, with a record of what was promised for each: a receipt, and then exactly
one copy for every recipient."""

import itertools
import os
import random
import threading

from packages import Document, document_id_of
from waiting import wait_until

RETRY_SECONDS = 120


def seeded():
    """A random generator whose seed is shown, and can be given in TRUC_SEED."""
    seed = int(os.environ.get("TRUC_SEED") or int.from_bytes(os.urandom(4)))
    print(f"TRUC_SEED={seed}")
    return random.Random(seed)


def make_documents(world, dice, count, prefix, recipients_max=3):
    """Documents between agencies of the world, senders and recipients drawn by `dice`."""
    codes = [entry["code"] for entry in world.entries if "closed" not in entry]
    documents = []
    for index in range(count):
        sender = dice.choice(codes)
        others = [code for code in codes if code != sender]
        documents.append(Document(sender, dice.sample(others, dice.randint(1, recipients_max)),
                                  f"{prefix}-{index}", priority=dice.choice([0, 0, 0, 1, 3])))
    return documents


class DirectLoad:
    """Submits signed documents over HTTPS, several at a time, each until it has a receipt, whatever
    happens to the hub meanwhile. Of several `hubs` each document is tried at one after the other."""

    def __init__(self, world, documents, workers=3, hubs=None):
        self.world = world
        self.hubs = itertools.cycle(hubs or [world.hub])
        self.todo = [(document, world.sign(document)) for document in documents]
        self.signed = dict((document.document_id, octets) for document, octets in self.todo)
        self.receipts = {}
        self.refusals = {}
        self._next = iter(self.todo)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(workers)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def count(self):
        with self._lock:
            return len(self.receipts)

    def wait(self):
        """Until every document has its receipt."""
        wait_until(lambda: self.count() + len(self.refusals) == len(self.todo),
                   lambda: f"receipts: {self.count()} of {len(self.todo)}", RETRY_SECONDS)
        self.stop()
        assert self.refusals == {}

    def _take(self):
        with self._lock:
            return next(self._next, None)

    def _work(self):
        while (item := self._take()) is not None and not self._stopping.is_set():
            document, octets = item
            self._submit(document, octets)

    def _submit(self, document, octets):
        while not self._stopping.is_set():
            client = self.world.client_of(document.sender, next(self.hubs))
            try:
                answer = client.submit(octets)
            except OSError:
                self._stopping.wait(0.05)
                continue
            finally:
                client.close()
            with self._lock:
                if answer.status in (200, 201):
                    self.receipts[document.document_id] = answer.body
                    return
                if not answer.json["retry"]:
                    self.refusals[document.document_id] = answer.json
                    return
            self._stopping.wait(0.05)

    def check_repeats(self):
        """Every document sent again gets the very receipt that it got first."""
        for document, octets in self.todo:
            answer = self.world.client_of(document.sender).submit(octets)
            assert answer.status == 200, (document.document_id, answer.body)
            assert answer.body == self.receipts[document.document_id], document.document_id


class DroppedLoad:
    """Drops unsigned documents into the senders' folders."""

    def __init__(self, world, documents):
        self.world = world
        self.documents = documents

    def drop(self):
        for document in self.documents:
            self.world.agency(document.sender).drop(document.document_id, document.xml())

    def count(self):
        return sum(self.world.agency(document.sender).is_sent(document.document_id)
                   for document in self.documents)

    def wait(self, timeout=RETRY_SECONDS):
        wait_until(lambda: self.count() == len(self.documents),
                   lambda: f"receipts: {self.count()} of {len(self.documents)}", timeout)

    @property
    def signed(self):
        return {document.document_id:
                (self.world.agency(document.sender).sent / f"{document.document_id}.edxml").read_bytes()
                for document in self.documents}


def handed_over(agency):
    """How many packages, alone or in a folder, stand in in/: names only, cheap enough to be asked
    again and again."""
    return sum(not name.startswith(".") and not name.endswith(".receipt.json")
               for name in os.listdir(agency.inbox))


def deliveries_of(documents):
    """(DocumentId, recipient) of everything that is to be delivered."""
    return {(document.document_id, code) for document in documents for code in document.recipients}


def wanted_at(documents):
    """The DocumentIds that each recipient is to have."""
    wanted = {}
    for document in documents:
        for code in document.recipients:
            wanted.setdefault(code, []).append(document.document_id)
    return wanted


def wait_for_deliveries(world, documents, timeout):
    """Until every recipient has as many packages as it is to have."""
    wanted = wanted_at(documents)

    def missing():
        return {code: len(ids) - handed_over(world.agency(code)) for code, ids in wanted.items()
                if handed_over(world.agency(code)) < len(ids)}

    wait_until(lambda: not missing(), lambda: f"deliveries, missing {missing()}", timeout)


def check_delivered_exactly_once(world, documents, signed, timeout=60):
    """Every copy of every document is at its recipient, byte for byte and once; nothing else is.
    Waits until the mailboxes are empty first, so that a second copy would be there to be seen."""
    wait_for_deliveries(world, documents, timeout)
    wait_until(lambda: is_quiet(world), "empty mailboxes", timeout)
    wanted = wanted_at(documents)
    for code in (entry["code"] for entry in world.entries):
        copies = world.agency(code).delivered()
        assert sorted(document_id_of(copy.package) for copy in copies) == sorted(
            wanted.get(code, [])), code
        for copy in copies:
            assert copy.package == signed[document_id_of(copy.package)], copy.path


def is_quiet(world):
    """Nothing waits in an outbox or in any mailbox."""
    return (all(outbox_depth(world, hub) == 0 for hub in world.hubs)
            and not any(mailbox_of(adapter) for adapter in world.adapters.values()))


def outbox_depth(world, hub):
    operator = world.operator_client(hub)
    try:
        return operator.get("/v1/overview").json["outbox_depth"]
    finally:
        operator.close()


def mailbox_of(adapter):
    """As the hub that serves the adapter's system shows it."""
    for hub in adapter.world.hubs:
        client = adapter.client(hub)
        try:
            answer = client.get("/v1/mailbox?wait=0&max=1")
        finally:
            client.close()
        if answer.status == 200:
            return answer.json["entries"]
        assert answer.status == 421, answer.body
    return ["nobody serves it"]
