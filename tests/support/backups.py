"""Backups of a running hub: its settings, how one is asked for, what is told of it."""

import json

from programs import program, run
from waiting import wait_until
from world import OPERATOR, toml


def backup_settings(folder, **settings):
    """A hub's section; made when asked for only, unless `settings` say otherwise."""
    settings = {"directory": str(folder), "every": "0s", "operators": [OPERATOR]} | settings
    return "[backup]\n" + "".join(f"{name} = {toml(value)}\n" for name, value in settings.items())


def ask(world, method="GET"):
    client = world.operator_client()
    try:
        return client.ask(method, "/v1/backups")
    finally:
        client.close()


def back_up(world, beside=lambda: None):
    """Asks for a backup, does what goes on `beside` it, and waits for its end: the report."""
    answer = ask(world, "POST")
    assert answer.status == 202, answer
    beside()
    return wait_until(lambda: finished(ask(world).json), "the end of a backup", 60)


def finished(report):
    return None if "running_since" in report else report


def back_up_well(world, beside=lambda: None):
    before = len(events(world, "backup.made"))
    report = back_up(world, beside)
    assert "last_failure" not in report, report
    made = events(world, "backup.made")
    assert len(made) == before + 1
    assert report["backups"][-1]["id"] == made[-1]["id"]
    return made[-1]


def events(world, name):
    lines = world.hub.server.log_text().splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == name]


def truc_hub(*arguments):
    return run([program("truc-hub"), "backup", *map(str, arguments)])
