"""kill -9 before and after every kind of durable step, in the hub and in adapters, under load."""

import os

from load import seeded
from soak import Run

CYCLES = int(os.environ.get("TRUC_CYCLES", 30))  # 60 took four minutes on two processors


def test_programs_killed_at_any_durable_step_lose_nothing_and_double_nothing(world):
    dice = seeded()
    run = Run(world, dice)
    run.kill_cycles(CYCLES)
    run.finish()
    run.report()
