"""Who is measured: this repository's SDK, and the published one in a virtual environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import ROOT, Child, clean_environment, our_environment

PUBLISHED = "rochallor-sdk==1.1.0"
PROGRAM = Path(__file__).with_name("worker_program.py")
OURS = "ours"
SLOW = "published default"


@dataclass(frozen=True)
class Contender:
    """A name, the Python that has the SDK, and the settings its worker is given."""

    name: str
    python: Path
    environment: Mapping[str, str]
    arguments: tuple[str, ...] = ()
    is_published: bool = False

    def worker(self, url: str, *arguments: str) -> Child:
        """Start a worker process against the engine at ``url``."""
        command = [str(self.python), str(PROGRAM), "--url", url, *self.arguments, *arguments]
        return Child(command, self.environment)


def ours() -> Contender:
    """This repository's SDK with default settings."""
    return Contender(OURS, Path(sys.executable), our_environment())


def checkout(folder: Path) -> Contender:
    """Another checkout of this repository, say of the commit before: was this change worth it?"""
    return Contender(f"{folder.name}/", Path(sys.executable), our_environment(folder.resolve()))


def published(python: Path) -> list[Contender]:
    """The published SDK at its best setting and at its default one."""
    environment = clean_environment()
    return [
        Contender("published 10 ms", python, environment, ("--poll-interval", "0.01"), is_published=True),
        Contender(SLOW, python, environment, is_published=True),
    ]


def published_python() -> Path:
    """The Python of the published SDK's environment, made on first use in the user's cache folder.

    The two SDKs have the same import name, so they cannot share an environment.
    """
    folder = cache_folder() / f"{PUBLISHED}-py{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / "bin" / "python"
    complete = folder / "complete"
    if not complete.exists():
        print(f"installing {PUBLISHED} in an environment of its own …", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        subprocess.run(
            [*pip, "--constraint", str(ROOT / "constraints.txt"), PUBLISHED],
            check=True,
            env=clean_environment(),
        )
        complete.touch()
    return python


def cache_folder() -> Path:
    base = os.environ.get("ROCHALLOR_BENCH_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return Path(base or Path.home() / ".cache") / "rochallor-benchmarks"
