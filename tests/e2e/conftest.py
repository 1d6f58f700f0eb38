import pytest
from failed_world import pytest_runtest_makereport  # noqa: F401
from world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The pilot's directory, all adapters up; shared by the tests of one module, which therefore
    use DocumentIds of their own."""
    with World(tmp_path_factory.mktemp("world")) as world:
        yield world
