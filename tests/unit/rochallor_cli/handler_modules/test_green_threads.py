"""Green threads are refused while a host runs, in whatever order their libraries are imported.

By stand-ins that announce a patch as gevent does, and patch by the function that eventlet has: the real ones would
patch these tests, should this fail.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rochallor_cli.handler_modules.green_threads import PatchRefusedError, patched_modules, refuse_patches

LIBRARIES = {
    "gevent/__init__.py": "",
    "gevent/events.py": "subscribers = []\nclass GeventWillPatchModuleEvent: pass\nclass GeventDidPatchEvent: pass\n",
    "gevent/monkey.py": """
from gevent import events
patched = []
def is_module_patched(name): return name in patched
def patch_socket():
    for subscriber in events.subscribers: subscriber(events.GeventWillPatchModuleEvent())
    patched.append("socket")
    for subscriber in events.subscribers: subscriber(events.GeventDidPatchEvent())
""",
    "eventlet/__init__.py": "from eventlet import patcher\nmonkey_patch = patcher.monkey_patch\n",
    "eventlet/patcher.py": "already_patched = {}\ndef monkey_patch(**on): already_patched['socket'] = True\n",
}
NAMES = ("gevent", "gevent.events", "gevent.monkey", "eventlet", "eventlet.patcher")


@pytest.fixture(autouse=True)
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, text in LIBRARIES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    kept = {name: sys.modules.pop(name) for name in NAMES if name in sys.modules}
    yield
    for name in NAMES:
        sys.modules.pop(name, None)
    sys.modules.update(kept)


def patch(library: str) -> None:
    if library == "gevent":
        importlib.import_module("gevent.monkey").patch_socket()
    else:
        importlib.import_module("eventlet").monkey_patch(socket=True)


@pytest.mark.parametrize("library", ["gevent", "eventlet"])
@pytest.mark.parametrize("is_loaded", [False, True], ids=["imported later", "imported before"])
def test_a_patch_raises_in_whoever_asks_for_it(library: str, is_loaded: bool) -> None:
    if is_loaded:
        importlib.import_module("gevent.monkey")
        importlib.import_module("eventlet")
    refuse_patches()
    refuse_patches()
    with pytest.raises(PatchRefusedError, match="async handlers"):
        patch(library)
    assert patched_modules() == []


@pytest.mark.parametrize("library", ["gevent", "eventlet"])
def test_a_patch_that_was_made_is_named(library: str) -> None:
    patch(library)
    assert patched_modules() == [f"{library}: socket"]
