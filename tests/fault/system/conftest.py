import pytest
from failed_world import pytest_runtest_makereport  # noqa: F401
from soak import world_of


@pytest.fixture
def world(tmp_path):
    with world_of(tmp_path, hubs=1) as world:
        yield world
