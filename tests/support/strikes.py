"""Kinds of fault that a run can draw from. Each strikes a world under load and heals it again; a new
kind is a function (stage) in KINDS.

A Stage is what a strike needs: the world, orders for each program, dice, the traffic, and the tally of
what was really hit.
"""

import collections
import errno
from dataclasses import dataclass, field

from faults import SIDES, STEPS, SYNCS
from waiting import wait_until

HUB = "hub"
REACH_MAX = 40         # a point of death is drawn among the next so many steps of its kind
REACH_SECONDS = 15     # and reached within this time, or the strike does not count
DOCUMENTS_BETWEEN = 3  # receipts between two strikes: the world is under load


@dataclass
class Stage:
    world: object
    orders: dict   # by program: "hub" or a system
    dice: object
    traffic: object
    hits: collections.Counter = field(default_factory=collections.Counter)
    missed: int = 0
    # Steps of each kind that a program was seen to take: while it starts, and under load.
    seen: dict = field(default_factory=lambda: collections.defaultdict(collections.Counter))

    def server(self, program):
        return self.world.hub if program == HUB else self.world.adapters[program]

    def some_adapter(self):
        return self.dice.choice(sorted(self.world.adapters))

    def await_receipts(self, number=DOCUMENTS_BETWEEN):
        """Until so many more documents have their receipts."""
        goal = self.traffic.count() + number
        wait_until(lambda: self.traffic.check() or self.traffic.count() >= goal,
                   lambda: f"{goal} receipts\n{self.world.logs()}", 120)

    def await_failures(self, orders, number):
        goal = orders.failed + number
        wait_until(lambda: self.traffic.check() or orders.failed >= goal,
                   f"{number} steps that fail", 60)


def role(program):
    return HUB if program == HUB else "adapter"


def difference(after, before):
    return {step: after[step] - before[step] for step in STEPS}


def watch_start(stage, program):
    """Starts a program that runs to its readiness or to its death, and notes what it took."""
    before = stage.orders[program].taken
    server = stage.server(program)
    server.begin()
    server.wait_until_ready()
    if server.server.is_up():
        note(stage, (role(program), "start"), difference(stage.orders[program].taken, before))


def note(stage, phase, taken):
    for step, count in taken.items():
        stage.seen[phase][step] = max(stage.seen[phase][step], count)


def learn(stage, program):
    """Sees once which steps a program takes."""
    server = stage.server(program)
    before = stage.orders[program].taken
    stage.await_receipts(10)
    note(stage, (role(program), "load"), difference(stage.orders[program].taken, before))
    server.kill()
    watch_start(stage, program)


def kill_at_a_step(stage, program):
    """Kills a program before or after a drawn step of a drawn kind; True when it died there."""
    dice, orders, server = stage.dice, stage.orders[program], stage.server(program)
    step = dice.choice([step for step in STEPS if any(
        stage.seen[role(program), phase][step] for phase in ("start", "load"))])
    phase = dice.choice([phase for phase in ("start", "load")
                         if stage.seen[role(program), phase][step]])
    count = dice.randint(1, min(stage.seen[role(program), phase][step], REACH_MAX))
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
            note(stage, (role(program), "load"), difference(orders.taken, before))
            server.kill()
            stage.missed += 1
            watch_start(stage, program)
            return False
    assert orders.died, f"{program} ended by itself\n{server.server.log_tail()}"
    server.server.collect()
    stage.hits[role(program), step, side] += 1
    watch_start(stage, program)
    assert server.server.is_up(), f"{program} does not start\n{server.server.log_tail()}"
    return True


def kill_hub(stage):
    return kill_at_a_step(stage, HUB)


def kill_adapter(stage):
    return kill_at_a_step(stage, stage.some_adapter())


def fill_disk(stage, program):
    """The disk takes a few octets more, and nothing for a while; then there is room again and the
    program goes on as it is."""
    orders = stage.orders[program]
    orders.fill_disk(stage.dice.randint(0, 20_000))
    stage.await_failures(orders, stage.dice.randint(2, 10))
    orders.make_room()
    stage.hits[role(program), "full disk", ""] += 1
    stage.await_receipts()


def fill_hub_disk(stage):
    fill_disk(stage, HUB)


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
    stage.hits[HUB, "failing sync", ""] += 1
    hub.restart()
    stage.await_receipts()


def fail_adapter_syncs(stage):
    program = stage.some_adapter()
    orders = stage.orders[program]
    orders.fail(SYNCS, errno.EIO)
    stage.await_failures(orders, stage.dice.randint(1, 5))
    orders.heal()
    stage.hits["adapter", "failing sync", ""] += 1
    stage.await_receipts()


KINDS = (kill_hub, kill_hub, kill_hub, kill_adapter, kill_adapter, kill_adapter, fill_hub_disk,
         fill_adapter_disk, fail_hub_syncs, fail_adapter_syncs)
