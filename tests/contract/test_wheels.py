"""Installation needs no compiler: all that it brings has wheels for each Python and system of ours.

Nothing is fetched but the lists of files of the few packages that hold code for one system.
"""

from __future__ import annotations

import functools
import os
import re
import ssl
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import httpx
import pytest
from packaging import tags
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename

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
# Of glibc, the latest that a wheel may ask for is 2.28: Debian 10, RHEL 8, Ubuntu 18.10.
GLIBC = ("_2_28", "_2_27", "_2_26", "_2_24", "_2_17", "2014", "_2_12", "2010", "_2_5", "1")
WHEEL = re.compile(r"[\w.+!-]+\.whl\b")


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

    def tags(self, python: str) -> set[tags.Tag]:
        """What pip takes there, with CPython of this version."""
        major, minor = map(int, python.split("."))
        found = tags.cpython_tags((major, minor), platforms=self.platforms)
        return {*found, *tags.compatible_tags((major, minor), platforms=self.platforms)}


def linux(machine: str) -> System:
    return System(tuple(f"manylinux{glibc}_{machine}" for glibc in GLIBC), "linux", machine)


def macos(machine: str) -> System:
    return System(tuple(tags.mac_platforms((14, 0), machine)), "darwin", machine)


SYSTEMS = {
    "Linux x86_64": linux("x86_64"),
    "Linux aarch64": linux("aarch64"),
    "macOS arm64": macos("arm64"),
    "macOS x86_64": macos("x86_64"),
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


def is_for_all(name: str) -> bool:
    """Whether the wheel that is installed here has no code for one system: it serves everybody."""
    try:
        made = metadata.distribution(name).read_text("WHEEL") or ""
    except metadata.PackageNotFoundError:
        return False
    return re.search(r"^Tag: .*py3-none-any$", made, re.MULTILINE) is not None


def index_url() -> str:
    """Of the index that pip is set up with."""
    if given := os.environ.get("PIP_INDEX_URL"):
        return given
    asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    set_up = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    return set_up.stdout.strip() or "https://pypi.org/simple"


@functools.cache
def wheels_of(name: str) -> list[str]:
    """The names of its wheels in the index, whose page is HTML or JSON."""
    trusted = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
    answer = httpx.get(
        f"{index_url().rstrip('/')}/{name}/",
        headers={"Accept": "application/vnd.pypi.simple.v1+json, text/html;q=0.1"},
        verify=trusted,
        follow_redirects=True,
        timeout=60,
    )
    return WHEEL.findall(answer.raise_for_status().text)


@pytest.fixture
def index() -> None:
    """Skips where no index can be reached at all."""
    try:
        wheels_of("idna")
    except httpx.TransportError as error:
        pytest.skip(f"no package index can be reached: {error}")


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


@pytest.mark.parametrize("python", PYTHONS)
def test_what_has_one_wheel_for_all_takes_this_python(python: str) -> None:
    names = [name for name in brought(SYSTEMS["Linux x86_64"].environment(python)) if is_for_all(name)]
    assert {"httpx", "typer", "rich"} < set(names)
    taken = {name: SpecifierSet(metadata.metadata(name).get("Requires-Python") or "") for name in names}
    assert [name for name, pythons in taken.items() if f"{python}.0" not in pythons] == []


@pytest.mark.slow
@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_what_has_code_for_one_system_has_a_wheel_for_each(name: str, python: str) -> None:
    system = SYSTEMS[name]
    taken = system.tags(python)
    pins = [pin for found, pin in brought(system.environment(python)).items() if not is_for_all(found)]
    assert len(pins) >= 8
    assert [pin for pin in pins if not has_wheel(pin, taken)] == []


def has_wheel(pin: str, taken: set[tags.Tag]) -> bool:
    """Whether the index has one of this version that may be installed; of no version, of any."""
    wanted, text = Requirement(pin), pin.partition("==")[2]
    # Reading a name takes long, and an index has thousands of a package.
    for file in (file for file in wheels_of(canonicalize_name(wanted.name)) if text in file):
        _, version, _, made_for = parse_wheel_filename(file)
        if version in wanted.specifier and made_for & taken:
            return True
    return False
