"""The Prometheus files: promtool takes them, the alerts fire when they should, the page names them."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "deploy" / "prometheus"


def promtool(*arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_promtool_takes_the_configuration_and_its_rules():
    code, text = promtool("check", "config", "--syntax-only", FOLDER / "prometheus.yml")
    assert code == 0, text
    code, text = promtool("check", "rules", FOLDER / "truc-alerts.yml")
    assert code == 0, text


def test_the_alerts_fire_when_they_should():
    code, text = promtool("test", "rules", FOLDER / "truc-alerts.test.yml")
    assert code == 0, text


def test_the_metrics_page_names_every_alert_and_no_other():
    alerts = set(re.findall(r"alert: (\w+)", (FOLDER / "truc-alerts.yml").read_text()))
    named = set(re.findall(r"\bTrucHub\w+",
                           (ROOT / "docs" / "operations" / "metrics.md").read_text()))
    assert alerts == named
