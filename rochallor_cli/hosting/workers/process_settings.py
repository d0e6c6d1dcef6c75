"""Settings of the whole process, its modules and what they hold: what a job has changed of them is put back."""

from __future__ import annotations

import gc
import logging
import os
import re
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

_root = logging.getLogger()


@dataclass(frozen=True)
class _Setting:
    """`at_once`: others cannot work with what a job has made of it; else a job that still runs may need it."""

    called: str
    value: Callable[[], Any]
    put: Callable[[Any], object]
    at_once: bool = True


def _put_collection(is_on: bool) -> None:
    (gc.enable if is_on else gc.disable)()


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it has been deleted
        return ""


def _umask() -> int | None:
    """Asked by os.umask it would be another one for a moment, in which other threads make files."""
    try:
        with open("/proc/self/status", "rb", buffering=0) as status:
            found = re.search(rb"^Umask:\s*([0-7]+)", status.read(4_096), re.MULTILINE)
    except OSError:
        return None  # a system that does not say it
    return None if found is None else int(found[1], 8)


_SETTINGS = (
    _Setting("logging.disable", lambda: _root.manager.disable, logging.disable),
    _Setting("the root logger's level", lambda: _root.level, _root.setLevel),
    _Setting("sys.setrecursionlimit", sys.getrecursionlimit, sys.setrecursionlimit),
    _Setting("sys.setswitchinterval", sys.getswitchinterval, sys.setswitchinterval),
    _Setting("gc.disable", gc.isenabled, _put_collection, at_once=False),
    _Setting("socket.setdefaulttimeout", socket.getdefaulttimeout, socket.setdefaulttimeout, at_once=False),
)
# These cost system calls. Not among them is the environment: what a library sets there when a first job loads it,
# it needs from then on, and nobody can tell that from a job's own.
_DEARER_SETTINGS = (
    _Setting("the working directory", _working_directory, os.chdir, at_once=False),
    _Setting("the umask", _umask, os.umask, at_once=False),
)


class ProcessSettings:
    """To be made after handlers were imported: what their modules have set stays."""

    def __init__(self, *, dearer: bool = False) -> None:
        settings = _DEARER_SETTINGS if dearer else _SETTINGS
        self._were = [(setting, setting.value()) for setting in settings]

    def put_back(self, *, others_run: bool) -> list[str]:
        """What had been changed."""
        due = [(setting, value) for setting, value in self._were if setting.at_once or not others_run]
        return [
            setting.called for setting, value in due if setting.value() != value and _is_put(setting, value)
        ]


def _is_put(setting: _Setting, value: Any) -> bool:
    try:
        setting.put(value)
    except OSError:  # the working directory is not there any more
        return False
    return True


class ImportedModules:
    """Those that were there when handlers had been imported: without them nothing can be imported any more."""

    def __init__(self) -> None:
        self._modules = sys.modules
        self._kept: dict[str, ModuleType] = dict(sys.modules)
        self._count = len(self._kept)

    def put_back(self, *, others_run: bool) -> list[str]:
        if sys.modules is self._modules and len(self._modules) >= self._count:
            return []
        is_exchanged = sys.modules is not self._modules
        sys.modules = self._modules
        missing = {name for name in self._kept if name not in self._modules}
        is_cleared = any(name.partition(".")[0] in sys.stdlib_module_names for name in missing)
        # A job that takes out modules of its own wants them imported anew.
        for name in missing if is_cleared else ():
            self._modules[name] = self._kept[name]
        self._count = len(self._modules)
        return ["sys.modules"] * (is_cleared or is_exchanged)


# Without these neither handlers nor what the host stands on would work; what it reads itself it has copies of.
_NEEDED = (
    "builtins",
    "genericpath",
    "json",
    "json.decoder",
    "json.encoder",
    "logging",
    "os",
    "posixpath",
    "queue",
    "selectors",
    "socket",
    "threading",
    "time",
    "traceback",
    "urllib.parse",
)


class LibraryFunctions:
    """Functions and classes of the standard library that a job has patched and left so."""

    def __init__(self) -> None:
        known = [sys.modules[name] for name in _NEEDED if name in sys.modules]
        self._were = [(module, dict(vars(module))) for module in known]

    def put_back(self, *, others_run: bool) -> list[str]:
        return [
            name for module, were in self._were if vars(module) != were for name in _restored(module, were)
        ]


def _restored(module: ModuleType, were: dict[str, Any]) -> list[str]:
    """What is no function or class is state of the module's own, and so is what has been added."""
    names = vars(module)
    patched = [name for name, value in were.items() if callable(value) and names.get(name) is not value]
    names.update({name: were[name] for name in patched})
    were.update(names)
    return [f"{module.__name__}.{name}" for name in patched]
