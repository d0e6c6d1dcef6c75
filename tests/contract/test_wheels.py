"""Installation needs no compiler: all that it brings has wheels for each Python and system of ours.

Nothing is installed: pip asks the index that it is set up with what it would take.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PREFIX = "Programming Language :: Python :: "
PYTHONS = [name.removeprefix(PREFIX) for name in PROJECT["classifiers"] if name.startswith(PREFIX)]
PINS = {
    canonicalize_name(line.partition("==")[0]): line
    for line in (ROOT / "constraints.txt").read_text("utf-8").split()
}
# What users may ask for besides; `dev` is for those who change the code.
EXTRAS = ("otel", "ui")
# Of glibc, the oldest that a wheel may ask for is 2.28: Debian 10, RHEL 8, Ubuntu 18.10.
GLIBC = ("_2_28", "_2_27", "_2_26", "_2_24", "_2_17", "2014", "_2_12", "2010", "_2_5", "1")


@dataclass(frozen=True)
class System:
    """Whose wheels are asked for, and what a requirement's condition finds there."""

    platforms: tuple[str, ...]
    sys_platform: str
    machine: str

    def environment(self, python: str) -> dict[str, str]:
        named = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[self.sys_platform]
        return {
            "python_version": python,
            "python_full_version": f"{python}.0",
            "sys_platform": self.sys_platform,
            "platform_system": named,
            "platform_machine": self.machine,
            "os_name": "nt" if self.sys_platform == "win32" else "posix",
        }


def linux(machine: str) -> System:
    return System(tuple(f"manylinux{glibc}_{machine}" for glibc in GLIBC), "linux", machine)


SYSTEMS = {
    "Linux x86_64": linux("x86_64"),
    "Linux aarch64": linux("aarch64"),
    "macOS arm64": System(("macosx_14_0_arm64",), "darwin", "arm64"),
    "macOS x86_64": System(("macosx_14_0_x86_64",), "darwin", "x86_64"),
    "Windows": System(("win_amd64",), "win32", "AMD64"),
}


def brought(environment: dict[str, str]) -> dict[str, str]:
    """Name and pin of all that an installation with both extras brings, what the dependencies depend on as well."""
    asked = [*PROJECT["dependencies"], *(text for extra in EXTRAS for text in extra_of(extra))]
    waiting = [(Requirement(text), "") for text in asked]
    found: dict[str, str] = {}
    for requirement, extra in waiting:
        name = canonicalize_name(requirement.name)
        marker = requirement.marker
        if name in found or (marker and not marker.evaluate({**environment, "extra": extra})):
            continue
        found[name] = PINS.get(name, str(requirement).partition(";")[0])
        extras = requirement.extras or {""}
        waiting += [(Requirement(text), each) for text in needs_of(name) for each in extras]
    return found


def extra_of(name: str) -> list[str]:
    return list(PROJECT["optional-dependencies"][name])


def needs_of(name: str) -> list[str]:
    """What an installed package says that it needs; of those for other systems nothing is known here."""
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


def asked_of_pip(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What pip says of an installation into an empty folder, which it only plans."""
    plan = [
        "install",
        "--dry-run",
        "--ignore-installed",
        "--no-deps",
        "--only-binary=:all:",
        f"--target={folder}",
    ]
    return subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *plan, "--retries=1", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The index that pip is set up with, if it can be reached at all."""
    asked = asked_of_pip(tmp_path_factory.mktemp("asked"), PINS["idna"])
    if "from versions: none" in asked.stderr:
        pytest.skip("no package index can be reached")
    assert asked.returncode == 0, asked.stderr


def test_what_is_asked_for_is_all_that_an_installation_brings() -> None:
    names = brought(SYSTEMS["Linux x86_64"].environment("3.11")).keys()
    assert {
        "httptools",
        "aiohttp",
        "multidict",
        "confluent-kafka",
        "protobuf",
        "pyyaml",
        "markupsafe",
    } < names
    assert {"pytest", "mypy", "rochallor-cli"} & names == set()
    assert [name for name in names if name not in PINS] == []


@pytest.mark.slow
@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_all_that_is_installed_has_a_wheel(name: str, python: str, tmp_path: Path) -> None:
    system = SYSTEMS[name]
    where = [
        "--implementation=cp",
        f"--python-version={python}",
        *(f"--platform={each}" for each in system.platforms),
    ]
    asked = asked_of_pip(tmp_path, *where, *brought(system.environment(python)).values())
    assert asked.returncode == 0, asked.stderr
