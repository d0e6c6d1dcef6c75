"""httpx, without what it imports and the synchronous client never uses: cookies, digests, urllib's own client.

They are an eighth of what a short command costs. Others of the process that use httpx, a handler for one, have all of
it: what was put off is loaded at its first call.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

# httpx and httpcore only call what they take from these, or make subclasses of it.
_PUT_OFF = ("certifi", "email.message", "hashlib", "http.cookiejar", "mimetypes", "urllib.request")


class _Loads(type):
    """The metaclass of names whose module is not loaded yet: calling one loads it, or a subclass of one."""

    place: tuple[str, str]

    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        if "place" in vars(cls):
            return cls.real()(*arguments, **named)
        cls.__bases__ = tuple(base.real() if isinstance(base, _Loads) else base for base in cls.__bases__)
        return super().__call__(*arguments, **named)

    def __instancecheck__(cls, instance: object) -> bool:
        return (
            isinstance(instance, cls.real()) if "place" in vars(cls) else super().__instancecheck__(instance)
        )

    def real(cls) -> Any:
        """What stands in the module by this name."""
        module, name = cls.place
        return getattr(import_module(module), name)


class _NotYetLoaded(ModuleType):
    """In the place of a module whose names are only called, or made subclasses of."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Loads(name, (), {"place": (self.__name__, name)})


@contextmanager
def _put_off() -> Iterator[None]:
    """Let imports of the block take names from modules that are loaded when one of the names is called.

    Only where no other thread could meet them meanwhile.
    """
    alone = threading.active_count() == 1
    names = [name for name in _PUT_OFF if alone and name not in sys.modules]
    for name in names:
        sys.modules[name] = _NotYetLoaded(name)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(import_module(parent), child, sys.modules[name])
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


with _put_off():
    import httpcore
    import httpx

__all__ = ["httpcore", "httpx"]
