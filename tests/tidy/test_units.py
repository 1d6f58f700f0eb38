"""The systemd units: systemd takes them, and what they may write to fits the operations pages."""

import pathlib
import re
import shlex
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
UNITS = {name: ROOT / "deploy" / "systemd" / f"{name}.service" for name in ("truc-hub", "truc-edge")}
EXPOSURE_MAX = 20  # tenths, as `systemd-analyze security` counts: below 2.0 of 10


def setting(text, name):
    """The values of a setting that stands in a unit, one for each line."""
    return re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60)


def verify(folder, name, text):
    """systemd's verdict. It wants the program to exist, so another stands in for ours."""
    unit = folder / f"{name}.service"
    unit.write_text(text.replace(f"/usr/bin/{name}", "/bin/true"))
    return analyze("verify", "--man=no", unit)


@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_unit(name, tmp_path):
    done = verify(tmp_path, name, UNITS[name].read_text())
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_unit_is_found(tmp_path):
    text = UNITS["truc-edge"].read_text().replace("StateDirectoryMode=0750", "StateDirectoryMode=x")
    assert "Failed to parse mode value" in verify(tmp_path, "truc-edge", text).stderr


@pytest.mark.parametrize("name", UNITS)
def test_the_unit_stays_hardened(name):
    done = analyze("security", "--offline=yes", f"--threshold={EXPOSURE_MAX}", UNITS[name])
    assert done.returncode == 0, done.stdout[-200:] + done.stderr


@pytest.mark.parametrize("name", UNITS)
def test_the_unit_has_one_writable_path(name):
    text = UNITS[name].read_text()
    assert setting(text, "StateDirectory") == [name]
    assert not re.search(r"^(ReadWritePaths|BindPaths|RuntimeDirectory)=", text, re.MULTILINE), \
        "a second mount, which no rename crosses"


@pytest.mark.parametrize("name, page", [("truc-hub", "hub"), ("truc-edge", "adapter")])
def test_the_operations_page_writes_where_the_unit_lets_it(name, page):
    text = (ROOT / "docs" / "operations" / f"{page}.md").read_text()
    paths = re.findall(r'^(?:data|folder) = "([^"]+)"', text, re.MULTILINE)
    assert paths and all(path.startswith(f"/var/lib/{name}") for path in paths), paths


@pytest.mark.parametrize("name, page", [("truc-hub", "hub"), ("truc-edge", "adapter")])
def test_the_unit_reads_the_configuration_that_the_operations_page_names(name, page):
    [command] = setting(UNITS[name].read_text(), "ExecStart")
    words = shlex.split(command)
    assert words[0] == f"/usr/bin/{name}"
    path = words[words.index("--config") + 1]
    assert path in (ROOT / "docs" / "operations" / f"{page}.md").read_text()
