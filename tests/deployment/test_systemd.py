"""The systemd units of docs/deploy."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command_line import rochallor

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs" / "deploy"
UNITS = ("rochallor-work.service", "rochallor-work@.service")
# Between SIGTERM and SIGKILL there must be more than the default drain and 5 s.
LEAST_GRACE_S = 25 + 5
MOST_EXPOSURE = 3.0


@pytest.fixture(params=UNITS)
def unit(request: pytest.FixtureRequest) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / request.param)
    return parser


def test_the_unit_waits_for_the_drain_and_signals_the_host_alone(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]
    assert int(service["TimeoutStopSec"]) > LEAST_GRACE_S
    assert (service["Type"], service["NotifyAccess"], service["KillMode"]) == ("notify", "main", "mixed")
    assert service["RestartPreventExitStatus"] == "2 3 4"
    assert int(service["WatchdogSec"]) >= 10


def test_the_units_command_is_one_that_the_command_line_knows(unit: configparser.ConfigParser) -> None:
    program, *arguments = unit["Service"]["ExecStart"].split()
    assert program.endswith("/rochallor")
    assert rochallor(*arguments[:1], "--help").exit_status == 0
    assert arguments[:2] == ["work", "--config"]
    assert arguments[2] in ("/etc/rochallor/workers.yaml", "/etc/rochallor/%i.yaml")


def test_the_template_is_the_unit_but_for_its_instance() -> None:
    plain, template = ((DEPLOY / name).read_text("utf-8").split("[Unit]")[1] for name in UNITS)
    of_one = (
        template.replace(" (%i)", "")
        .replace("%i.yaml", "workers.yaml")
        .replace("%i.environment", "environment")
    )
    assert of_one == plain


def test_a_host_is_started_again_however_often_it_has_ended(unit: configparser.ConfigParser) -> None:
    """Else five deployments in a row would end it for good, or a minute without the database of a start-up hook."""
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert (unit["Service"]["Restart"], unit["Service"]["RestartSec"]) == ("on-failure", "5")


def test_a_host_whose_engine_is_away_does_not_hold_up_the_boot(unit: configparser.ConfigParser) -> None:
    assert "Before" not in unit["Unit"]
    assert unit["Service"]["TimeoutStartSec"] == "infinity"
    assert unit["Unit"]["After"] == "network-online.target"


@pytest.mark.parametrize("name", UNITS)
def test_systemd_accepts_the_unit(name: str, tmp_path: Path, tool: Callable[[str], str]) -> None:
    here = tmp_path / name.replace("@", "@one")
    here.write_text((DEPLOY / name).read_text().replace("/opt/workers/.venv/bin/rochallor", sys.executable))
    command = [tool("systemd-analyze"), "verify", str(here)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", UNITS)
def test_the_unit_is_hardened(name: str, tool: Callable[[str], str]) -> None:
    command = [tool("systemd-analyze"), "security", "--offline=true", "--no-pager", str(DEPLOY / name)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    found = re.search(r"exposure level for \S+: ([\d.]+)", said)
    assert found is not None, said
    assert float(found[1]) <= MOST_EXPOSURE
