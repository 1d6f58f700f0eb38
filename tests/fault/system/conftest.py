import pytest
from failed_world import pytest_runtest_makereport  # noqa: F401
from faults import order_all
from world import World


@pytest.fixture
def world(tmp_path):
    """All programs run with libtruc_faults.so; `world.orders` holds what each obeys."""
    world = World(tmp_path)
    world.orders = order_all(world)
    with world:
        yield world
