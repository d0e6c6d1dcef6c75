"""Settings of the whole process: whatever jobs make of them, the next one finds them as they were."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rochallor_cli.hosting.logs.loggers_in_use import LoggersInUse
from rochallor_cli.hosting.workers.process_settings import ImportedModules, ProcessSettings


def to_a_deleted_directory() -> None:
    folder = mkdtemp()
    os.chdir(folder)
    shutil.rmtree(folder)


DEEDS: dict[str, Callable[[], object]] = {
    "elsewhere": lambda: os.chdir("/"),
    "into what is deleted": to_a_deleted_directory,
    "open to all": lambda: os.umask(0),
    "closed to all": lambda: os.umask(0o777),
    "no time-out": lambda: socket.setdefaulttimeout(0.01),
    "no collection": gc.disable,
    "deeper": lambda: sys.setrecursionlimit(50_000),
    "slower": lambda: sys.setswitchinterval(0.5),
}
# Others that still run may need these.
KEPT_WHILE_OTHERS_RUN = {"elsewhere", "into what is deleted", "open to all", "closed to all", "no time-out"}


def state() -> dict[str, Any]:
    umask = os.umask(0)
    os.umask(umask)
    try:
        folder = os.getcwd()
    except FileNotFoundError:
        folder = "deleted"
    return {
        "folder": folder,
        "umask": umask,
        "time-out": socket.getdefaulttimeout(),
        "collects": gc.isenabled(),
        "depth": sys.getrecursionlimit(),
        "interval": sys.getswitchinterval(),
    }


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    folder, umask, depth, interval = (
        os.getcwd(),
        os.umask(0),
        sys.getrecursionlimit(),
        sys.getswitchinterval(),
    )
    os.umask(umask)
    yield
    os.chdir(folder)
    os.umask(umask)
    socket.setdefaulttimeout(None)
    gc.enable()
    sys.setrecursionlimit(depth)
    sys.setswitchinterval(interval)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says its umask")
@settings(max_examples=40, deadline=None)
@given(
    jobs=st.lists(st.lists(st.sampled_from(sorted(DEEDS)), min_size=1, max_size=4), min_size=1, max_size=4)
)
def test_after_each_job_the_process_is_as_it_was(jobs: list[list[str]]) -> None:
    parts = (ProcessSettings(), ProcessSettings(dearer=True))
    before = state()
    for deeds in jobs:
        for deed in deeds:
            DEEDS[deed]()
        has_changed = state() != before
        found = [what for part in parts for what in part.put_back(others_run=False)]
        assert state() == before
        assert bool(found) == has_changed


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says its umask")
@pytest.mark.parametrize("deed", sorted(KEPT_WHILE_OTHERS_RUN))
def test_what_a_job_that_still_runs_may_need_is_put_back_when_none_runs(deed: str) -> None:
    parts = (ProcessSettings(), ProcessSettings(dearer=True))
    before = state()
    DEEDS[deed]()
    made = state()
    assert [part.put_back(others_run=True) for part in parts] == [[], []]
    assert state() == made != before
    assert sum(len(part.put_back(others_run=False)) for part in parts) == 1
    assert state() == before


def test_a_working_directory_that_is_gone_for_good_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    os.chdir(folder)
    part = ProcessSettings(dearer=True)
    os.chdir("/")
    folder.rmdir()
    assert part.put_back(others_run=False) == []
    assert os.getcwd() == "/"


def test_what_a_library_may_have_set_for_good_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SET_BY_A_JOB", raising=False)
    added, root = logging.NullHandler(), logging.getLogger()
    parts = (ProcessSettings(), ProcessSettings(dearer=True), ImportedModules(), LoggersInUse())
    monkeypatch.setenv("SET_BY_A_JOB", "yes")
    root.addHandler(added)
    warnings.simplefilter("ignore")
    monkeypatch.setitem(sys.modules, "added_by_a_job", ModuleType("added_by_a_job"))
    filters = list(warnings.filters)
    try:
        assert [part.put_back(others_run=False) for part in parts] == [[]] * len(parts)
        assert (os.environ["SET_BY_A_JOB"], added in root.handlers) == ("yes", True)
        assert ("added_by_a_job" in sys.modules, list(warnings.filters)) == (True, filters)
    finally:
        root.removeHandler(added)
