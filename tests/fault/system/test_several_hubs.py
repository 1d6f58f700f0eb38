"""Random load and random faults on three hubs over three brokers."""

import pytest
import strikes
from load import seeded
from soak import Run, world_of

pytestmark = pytest.mark.kafka

STRIKES = 8


@pytest.fixture
def world(tmp_path):
    with world_of(tmp_path, hubs=3) as world:
        yield world


def test_hubs_and_brokers_struck_under_load_lose_nothing_and_double_nothing(world):
    dice = seeded()
    run = Run(world, dice)
    for kind in dice.sample(strikes.SHARED_KINDS, STRIKES):
        run.strike(kind)
    run.finish()
    run.report()
