"""Random load by a seed: agencies that submit, document systems that drop, a reader of mailboxes.
Everything that they are told goes into a History."""

import http.client
import itertools
import os
import random
import threading

from history import History, Listing
from packages import Document, File
from waiting import wait_until

DROPPED_WAITING_MAX = 12  # of one run; more would only queue in the spools
PAUSE_SECONDS = 0.05      # after a refusal or a broken connection
PATIENCE_SECONDS = 10     # with a hub that does not answer; another one may
REPEATED = 0.2            # of the documents that have a receipt
DRAIN_SECONDS = 240
OUTSTANDING_MAX = 400     # deliveries whose receipt is not at the sender; more would only queue
COUNT_SECONDS = 2         # between two counts of them


class Traffic:
    """Begins with `start`, and ends with `drain`: then everything begun has its receipt."""

    def __init__(self, world, seed, submitters=3):
        self.world = world
        self.history = History()
        self._codes = [entry["code"] for entry in world.entries if "closed" not in entry]
        self._stopping = threading.Event()   # begin nothing new
        self._giving_up = threading.Event()  # wait for nothing any more
        self._has_room = threading.Event()   # for more deliveries
        self._failures = []
        self._dropped = {}
        senders = random.Random(seed).sample(self._codes, submitters)
        self._works = [self._guarded(self._submit_on, sender, random.Random(f"{seed} {sender}"))
                       for sender in senders]
        self._works.append(self._guarded(self._drop_on, random.Random(f"{seed} drops")))
        self._works.append(self._guarded(self._read_on, random.Random(f"{seed} reads")))
        self._works.append(self._guarded(self._count_on))
        self._threads = [threading.Thread(target=work) for work in self._works]

    def _guarded(self, work, *arguments):
        def run():
            try:
                work(*arguments)
            except BaseException as error:  # of a thread: told by check()
                self._failures.append(error)
        return run

    def start(self):
        for thread in self._threads:
            thread.start()

    def check(self):
        for failure in self._failures:
            raise failure

    def count(self):
        return len(self.history.acknowledged)

    def stop(self):
        """At once, whatever is still without an answer."""
        self._giving_up.set()
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def drain(self):
        """Nothing new is begun, and what was begun is waited for."""
        self._stopping.set()
        try:
            wait_until(lambda: self._failures or not any(t.is_alive() for t in self._threads),
                       lambda: f"receipts of {self._unanswered()}", DRAIN_SECONDS)
        finally:
            self.stop()
        self.check()

    def _unanswered(self):
        entries = self.history.entries.values()
        return [entry.document.document_id for entry in entries if not entry.receipt][:20]

    def _document(self, dice, sender, name, files=()):
        others = [code for code in self._codes if code != sender]
        return Document(sender, dice.sample(others, dice.choice((1, 1, 2, 3))), name,
                        priority=dice.choice((0, 0, 0, 1, 3)), files=list(files))

    def _client_of(self, system, hub):
        client = self.world.adapters[system].client(hub)
        client.patience = PATIENCE_SECONDS
        return client

    def _submit_on(self, sender, dice):
        """One after the other, each until it has a receipt of any hub, in turn."""
        system = self.world.system_of(sender)
        clients = [self._client_of(system, hub) for hub in self.world.hubs]
        hubs = itertools.cycle(clients)
        number = 0
        while not self._stopping.is_set():
            if not self._has_room.wait(PAUSE_SECONDS):
                continue
            number += 1
            document = self._document(dice, sender, f"direct-{sender}-{number}")
            package = self.world.sign(document)
            self.history.begin(document, package)
            while not self._giving_up.is_set() and not self._submit(next(hubs), document, package):
                self._giving_up.wait(PAUSE_SECONDS)
            if dice.random() < REPEATED:
                self._submit(next(hubs), document, package)
        for client in clients:
            client.close()

    def _submit(self, client, document, package):
        """Whether this document is done with."""
        try:
            answer = client.submit(package)
        except (OSError, http.client.HTTPException):
            return False
        if answer.status in (200, 201):
            self.history.acknowledge(document.document_id, answer.body, is_new=answer.status == 201)
            return True
        problem = answer.json
        if problem["retry"]:
            assert "retry-after" in answer.headers, problem
            self.history.delay(problem["name"])
            return False
        self.history.refuse(document.document_id, problem)
        return True

    def _drop_on(self, dice):
        number = 0
        while not self._stopping.is_set() or self._dropped and not self._giving_up.is_set():
            self._collect()
            if (self._stopping.is_set() or not self._has_room.is_set()
                    or len(self._dropped) >= DROPPED_WAITING_MAX):
                self._giving_up.wait(PAUSE_SECONDS)
                continue
            number += 1
            files = []
            if dice.random() < 0.2:
                content = dice.randbytes(dice.randint(1, 60_000))
                files = [File("phụ lục.pdf", content, beside=True)]
            document = self._document(dice, dice.choice(self._codes), f"dropped-{number}", files)
            self.history.begin(document)
            self._dropped[document.document_id] = document
            self.world.agency(document.sender).drop(document.document_id, document.xml(), files)

    def _count_on(self):
        """Lets the load go on while the adapters keep up with it, receipts included."""
        while not self._stopping.is_set():
            wanted = sum(len(entry.document.recipients) for entry in self.history.acknowledged)
            brought = sum(".delivered." in name for code in self._codes
                          for name in os.listdir(self.world.agency(code).sent))
            if wanted - brought < OUTSTANDING_MAX:
                self._has_room.set()
            else:
                self._has_room.clear()
            self._stopping.wait(COUNT_SECONDS)

    def _collect(self):
        for name, document in list(self._dropped.items()):
            agency = self.world.agency(document.sender)
            if agency.is_refused(name):
                self.history.refuse(name, agency.wait_for_refusal(name))
            elif agency.is_sent(name):
                path = agency.sent / (f"{name}/envelope.edxml" if document.files else f"{name}.edxml")
                self.history.acknowledge(name, agency.receipt_path(name).read_bytes(),
                                         path.read_bytes())
            else:
                continue
            del self._dropped[name]

    def _read_on(self, dice):
        """Looks into mailboxes as they stand, for their order."""
        systems = sorted(self.world.adapters)
        while not self._stopping.is_set():
            system = dice.choice(systems)
            client = self._client_of(system, dice.choice(self.world.hubs))
            try:
                answer = client.get("/v1/mailbox?wait=0&max=64")
            except (OSError, http.client.HTTPException):
                answer = None
            finally:
                client.close()
            if answer is not None and answer.status == 200:
                lines = [(one["sender"], one["recipient"], one["priority"], one["document_id"])
                         for one in answer.json["entries"] if one["kind"] == "document"]
                self.history.list(Listing(system, lines))
            self._stopping.wait(PAUSE_SECONDS)
