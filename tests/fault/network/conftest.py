import itertools

import pytest
from failed_world import pytest_runtest_makereport  # noqa: F401
from kafka_cluster import Cluster
from namespace import Namespace
from several_hubs import SharedWorld, wait_for_members

NUMBERS = itertools.count(1)
AWAY = "h2"


@pytest.fixture(scope="module")
def line():
    line = Namespace()
    yield line
    line.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, line):
    cluster = Cluster(tmp_path_factory.mktemp("kafka") / "cluster", "--address", line.here)
    yield cluster
    cluster.stop()


@pytest.fixture
def world(tmp_path, cluster, line):
    """Three hubs, one of them behind the line."""
    with SharedWorld(tmp_path / "world", cluster, f"network-{next(NUMBERS)}.", hubs=3,
                     elsewhere={AWAY: line}) as world:
        wait_for_members(world, 3)
        yield world
