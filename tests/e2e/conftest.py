import pytest
from world import World


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the ends of its programs' logs."""
    report = (yield).get_result()
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, World):
                report.sections.append(("logs of the programs", value.logs()))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The pilot's directory, all adapters up; shared by the tests of one module, which therefore
    use DocumentIds of their own."""
    with World(tmp_path_factory.mktemp("world")) as world:
        yield world
