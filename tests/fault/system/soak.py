"""Random load and random faults by a seed, for as long as asked:

    tests/fault/system/soak.py --minutes 60 [--seed N] [--hubs 3] [--kinds kill_hub,fill_hub_disk]

Several hubs share the work over a Kafka of three brokers. Prints its seed first, what it struck and
hit, and at the end the proof (history.prove) or what does not hold; exit status 1 then, and the
world's folder stays.
"""

import argparse
import collections
import contextlib
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

import strikes  # noqa: E402
from faults import order_all  # noqa: E402
from history import prove  # noqa: E402
from kafka_cluster import Cluster  # noqa: E402
from several_hubs import SharedWorld  # noqa: E402
from traffic import Traffic  # noqa: E402
from world import World  # noqa: E402


@contextlib.contextmanager
def world_of(folder, hubs):
    """All programs run with libtruc_faults.so; `world.orders` holds what each obeys."""
    if hubs == 1:
        world = World(folder / "world")
        world.orders = order_all(world)
        with world:
            yield world
        return
    cluster = Cluster(folder / "kafka", "--nodes", "3")
    try:
        world = SharedWorld(folder / "world", cluster, "soak.", hubs)
        world.orders = order_all(world, cluster.ports)
        with world:
            yield world
    finally:
        cluster.stop()


class Run:
    """A world under load and under strikes; the load begins at once."""

    def __init__(self, world, dice):
        self.world = world
        self.traffic = Traffic(world, dice.random())
        self.stage = strikes.Stage(world, world.orders, dice, self.traffic)
        self.struck = collections.Counter()
        self.stage.await_whole()
        self.traffic.start()
        self._guard(lambda: [strikes.learn(self.stage, program)
                             for program in (world.hub.folder.name, *sorted(world.adapters))])

    def _guard(self, act):
        try:
            return act()
        except BaseException:
            self.traffic.stop()
            raise

    def strike(self, kind):
        def act():
            kind(self.stage)
            self.stage.await_whole()
            self.struck[kind.__name__] += 1
            self.traffic.check()
        self._guard(act)

    def kill_cycles(self, number):
        """So many deaths at the step that was drawn for them; the others do not count."""
        while sum(self.stage.hits.values()) < number:
            self.strike(self.stage.dice.choice((strikes.kill_hub, strikes.kill_adapter)))

    def finish(self):
        """Heals everything, waits for everything, and proves it."""
        for orders in self.world.orders.values():
            orders.heal()
        self.traffic.drain()
        prove(self.world, self.traffic.history)

    def report(self):
        history = self.traffic.history
        print(f"{len(history.entries)} documents, losses 0, duplicates 0: each acknowledged, delivered "
              f"once, in order, with receipts that verify; {len(history.listings)} listings")
        print("answers that asked to come again:", history.delays or "none")
        print(f"{self.struck.total()} strikes, {self.stage.missed} not reached:",
              ", ".join(f"{kind} {count}" for kind, count in sorted(self.struck.items())))
        for (who, what, side), count in sorted(self.stage.hits.items()):
            print(f"  {who:8} {side:6} {what:13} {count}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--hubs", type=int, default=1, choices=range(1, 5))
    parser.add_argument("--kinds", help="only these, by their names in strikes.py")
    given = parser.parse_args()
    kinds = strikes.KINDS if given.hubs == 1 else strikes.SHARED_KINDS
    if given.kinds:
        kinds = [getattr(strikes, name) for name in given.kinds.split(",")]
    print(f"seed {given.seed}, {given.minutes:g} minutes, {given.hubs} hubs", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="truc-soak-"))
    try:
        with world_of(folder, given.hubs) as world:
            run = Run(world, random.Random(given.seed))
            end = time.monotonic() + 60 * given.minutes
            while time.monotonic() < end:
                run.strike(run.stage.dice.choice(kinds))
            run.finish()
            run.report()
    except BaseException:
        print(f"seed {given.seed} failed; its world is in {folder}", flush=True)
        raise
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
