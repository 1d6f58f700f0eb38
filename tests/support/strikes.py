"""Kinds of fault that a run can draw from. Each strikes a world under load and heals it again; a new
kind is a function (stage) in KINDS.

A Stage is what a strike needs: the world, orders for each program, dice, the traffic, and the tally of
what was really hit.
"""

import collections
import contextlib
import errno
import shutil
import signal
from dataclasses import dataclass, field

from faults import SIDES, STEPS, SYNCS
from several_hubs import wait_for_members
from waiting import wait_until

HUB = "hub"
REACH_MAX = 40         # a point of death is drawn among the next so many steps of its kind
REACH_SECONDS = 15     # and reached within this time, or the strike does not count
DOCUMENTS_BETWEEN = 3  # receipts between two strikes: the world is under load
AHEAD_MAX = 240        # seconds: what is dated less than five minutes ahead is believed


@dataclass
class Stage:
    world: object
    orders: dict   # by program: a hub or a system, by the name of its folder
    dice: object
    traffic: object
    hits: collections.Counter = field(default_factory=collections.Counter)
    missed: int = 0
    # Steps of each kind that a program was seen to take: while it starts, and under load.
    seen: dict = field(default_factory=lambda: collections.defaultdict(collections.Counter))

    def server(self, program):
        return self.world.programs()[program]

    def role(self, program):
        return "adapter" if program in self.world.adapters else HUB

    def some_adapter(self):
        return self.dice.choice(sorted(self.world.adapters))

    def some_hubs(self, number):
        return self.dice.sample([hub.folder.name for hub in self.world.hubs], number)

    def some_hub(self):
        return self.some_hubs(1)[0]

    def hit(self, who, what):
        self.hits[who, what, ""] += 1

    def await_whole(self):
        """Until every hub serves its share, if there are several."""
        if len(self.world.hubs) > 1:
            wait_for_members(self.world, len(self.world.hubs))

    def await_without(self, program):
        """Until the other hubs have taken over what this one served."""
        others = [hub for hub in self.world.hubs if hub is not self.server(program)]
        wait_for_members(self.world, len(others), others)

    def await_receipts(self, number=DOCUMENTS_BETWEEN):
        """Until so many more documents have their receipts."""
        goal = self.traffic.count() + number
        wait_until(lambda: self.traffic.check() or self.traffic.count() >= goal,
                   lambda: f"{goal} receipts\n{self.world.logs()}", 120)

    def await_failures(self, orders, number):
        goal = orders.failed + number
        wait_until(lambda: self.traffic.check() or orders.failed >= goal,
                   f"{number} steps that fail", 60)


def difference(after, before):
    return {step: after[step] - before[step] for step in STEPS}


def watch_start(stage, program):
    """Starts a program that runs to its readiness or to its death, and notes what it took."""
    before = stage.orders[program].taken
    server = stage.server(program)
    server.begin()
    server.wait_until_ready()
    if server.server.is_up():
        note(stage, (stage.role(program), "start"), difference(stage.orders[program].taken, before))


def note(stage, phase, taken):
    for step, count in taken.items():
        stage.seen[phase][step] = max(stage.seen[phase][step], count)


def learn(stage, program):
    """Sees once which steps a program takes."""
    server = stage.server(program)
    before = stage.orders[program].taken
    stage.await_receipts(10)
    note(stage, (stage.role(program), "load"), difference(stage.orders[program].taken, before))
    server.kill()
    watch_start(stage, program)


def kill_at_a_step(stage, program):
    """Kills a program before or after a drawn step of a drawn kind; True when it died there."""
    dice, orders, server = stage.dice, stage.orders[program], stage.server(program)
    step = dice.choice([step for step in STEPS if any(
        stage.seen[stage.role(program), phase][step] for phase in ("start", "load"))])
    phase = dice.choice([phase for phase in ("start", "load")
                         if stage.seen[stage.role(program), phase][step]])
    count = dice.randint(1, min(stage.seen[stage.role(program), phase][step], REACH_MAX))
    side = dice.choice(SIDES)
    before = orders.taken
    if phase == "start":
        server.kill()
        orders.die_at(step, count, side)
        server.begin()
    else:
        orders.die_at(step, count, side)
    try:
        wait_until(lambda: stage.traffic.check() or not server.server.is_up(),
                   "the death", REACH_SECONDS)
    except AssertionError:
        orders.stay_alive()
        if server.server.is_up():
            note(stage, (stage.role(program), "load"), difference(orders.taken, before))
            server.kill()
            stage.missed += 1
            watch_start(stage, program)
            return False
    assert orders.died, f"{program} ended by itself\n{server.server.log_tail()}"
    server.server.collect()
    stage.hits[stage.role(program), step, side] += 1
    watch_start(stage, program)
    assert server.server.is_up(), f"{program} does not start\n{server.server.log_tail()}"
    return True


def kill_hub(stage):
    return kill_at_a_step(stage, stage.some_hub())


def kill_adapter(stage):
    return kill_at_a_step(stage, stage.some_adapter())


def fill_disk(stage, program):
    """The disk takes a few octets more, and nothing for a while; then there is room again and the
    program goes on as it is."""
    orders = stage.orders[program]
    orders.fill_disk(stage.dice.randint(0, 20_000))
    stage.await_failures(orders, stage.dice.randint(2, 10))
    orders.make_room()
    stage.hit(stage.role(program), "full disk")
    stage.await_receipts()


def fill_hub_disk(stage):
    fill_disk(stage, stage.some_hub())


def fill_adapter_disk(stage):
    fill_disk(stage, stage.some_adapter())


def fail_hub_syncs(stage):
    """After an fsync that failed nobody knows what the disk holds: the hub is started again."""
    orders = stage.orders[HUB]
    orders.fail(SYNCS, errno.EIO)
    hub = stage.world.hub
    wait_until(lambda: stage.traffic.check() or hub.server.said("store.needs_restart"),
               "store.needs_restart", 60)
    orders.heal()
    stage.hit(HUB, "failing sync")
    hub.restart()
    stage.await_receipts()


def fail_adapter_syncs(stage):
    program = stage.some_adapter()
    orders = stage.orders[program]
    orders.fail(SYNCS, errno.EIO)
    stage.await_failures(orders, stage.dice.randint(1, 5))
    orders.heal()
    stage.hit("adapter", "failing sync")
    stage.await_receipts()


def shift_hub_clock(stage):
    """Ahead, and back again, which may be in another life."""
    program = stage.some_hub()
    stage.orders[program].shift_clock(stage.dice.randint(1, AHEAD_MAX))
    stage.await_receipts()
    if stage.dice.random() < 0.5:
        stage.server(program).restart()
    stage.orders[program].shift_clock(0)
    stage.hit(HUB, "clock")
    stage.await_receipts()


def restart_hub(stage):
    stage.server(stage.some_hub()).restart()
    stage.hit(HUB, "clean restart")


def lose_hub_disk(stage):
    """It is filled from the journal."""
    hub = stage.server(stage.some_hub())
    hub.kill()
    shutil.rmtree(hub.data)
    stage.await_receipts()
    hub.start()
    stage.hit(HUB, "lost disk")


def kill_all_hubs_but_one(stage):
    """Of those killed one may lose its disk."""
    killed = [stage.server(program) for program in stage.some_hubs(len(stage.world.hubs) - 1)]
    for hub in killed:
        hub.kill()
    if stage.dice.random() < 0.5:
        shutil.rmtree(killed[0].data)
    stage.await_receipts()
    for hub in killed:
        hub.start()
    stage.hit(HUB, "one left")


def freeze_hub(stage):
    """Longer than its lease; when it wakes up it must not believe what it knew."""
    program = stage.some_hub()
    with frozen(stage.server(program).server.signal):
        stage.await_without(program)
        stage.await_receipts()
    stage.hit(HUB, "frozen")


@contextlib.contextmanager
def frozen(send):
    send(signal.SIGSTOP)
    try:
        yield
    finally:
        send(signal.SIGCONT)


def cut_hub_line(stage):
    """No way to the brokers, while agencies still reach the hub."""
    program = stage.some_hub()
    stage.orders[program].cut_line()
    stage.await_without(program)
    stage.await_receipts()
    stage.orders[program].mend_line()
    stage.hit(HUB, "line cut")


@contextlib.contextmanager
def without_a_broker(stage):
    """One of them is killed, and started again."""
    cluster = stage.world.cluster
    node = str(stage.dice.choice(cluster.nodes))
    cluster.kill("--node", node)
    try:
        yield
    finally:
        cluster.start("--node", node)
    cluster.wait_until_in_sync()
    stage.hit("broker", "killed")


def kill_broker(stage):
    with without_a_broker(stage):
        stage.await_receipts()


def freeze_broker(stage):
    cluster = stage.world.cluster
    node = stage.dice.choice(cluster.nodes)
    with frozen(lambda number: cluster.signal(node, number)):
        stage.await_receipts()
    cluster.wait_until_in_sync()
    stage.hit("broker", "frozen")


def strike_without_a_broker(stage):
    """Two machines away at once: a broker, and whatever the other strike takes."""
    with without_a_broker(stage):
        stage.dice.choice(HUB_KINDS)(stage)
        stage.await_whole()


KINDS = (kill_hub, kill_hub, kill_hub, kill_adapter, kill_adapter, kill_adapter, fill_hub_disk,
         fill_adapter_disk, fail_hub_syncs, fail_adapter_syncs, shift_hub_clock)
# Of several hubs; each leaves enough of them, and of the brokers, for the load to go on.
HUB_KINDS = (kill_hub, restart_hub, lose_hub_disk, kill_all_hubs_but_one, freeze_hub, cut_hub_line,
             fill_hub_disk, shift_hub_clock)
SHARED_KINDS = (*HUB_KINDS, kill_hub, kill_adapter, kill_adapter, fill_adapter_disk,
                fail_adapter_syncs, kill_broker, freeze_broker, strike_without_a_broker)
