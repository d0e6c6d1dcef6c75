"""Libraries without what they import and a short command never uses: TLS, cookies, asyncio, Markdown.

It is a third of what such a command costs. Others of the process that use these libraries, a handler for one, have
all of them: what was put off is loaded when one of its names is used.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType
from typing import Any

# Of names taken from these, httpx and httpcore only call them, make subclasses of them, or ask what is one.
_UNUSED_BY_HTTPX = (
    "anyio",
    "certifi",
    "email.message",
    "hashlib",
    "http.cookiejar",
    "httpcore._async",
    "httpcore._backends.anyio",
    "httpcore._backends.mock",
    "httpcore._backends.trio",
    "httpcore._sync.http2",
    "httpcore._sync.socks_proxy",
    "httpx._main",
    "idna",
    "mimetypes",
    "ssl",
    "trio",
    "urllib.request",
)
# For help written in Markdown, and for pretty tracebacks.
_UNUSED_BY_PANELS = ("rich.markdown", "rich.traceback")


def import_client() -> None:
    """Import what asks an engine."""
    _import("workflow_sdk.client.httpx_client", _UNUSED_BY_HTTPX)


def import_panels() -> Any:
    """Import Typer's drawing of help on terminals."""
    return _import("typer.rich_utils", _UNUSED_BY_PANELS)


def _import(library: str, unused: tuple[str, ...]) -> Any:
    # A version of it, or of Python, that uses at once what is put off is imported as usual.
    with suppress(Exception), _put_off(unused):
        import_module(library)
    return import_module(library)


class _Loads(type):
    """The metaclass of names whose module is not loaded yet: it is when one is called, or a subclass of one, or
    something of it is looked for.
    """

    place: tuple[str, str]

    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        if "place" in vars(cls):
            return cls.real()(*arguments, **named)
        cls.__bases__ = tuple(base.real() if isinstance(base, _Loads) else base for base in cls.__bases__)
        return super().__call__(*arguments, **named)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") or "place" not in vars(cls):
            raise AttributeError(name)
        return getattr(cls.real(), name)

    def __instancecheck__(cls, instance: object) -> bool:
        return cls.__subclasscheck__(type(instance))

    def __subclasscheck__(cls, other: type) -> bool:
        if "place" not in vars(cls):
            return super().__subclasscheck__(other)
        # Where a module is not loaded, there is nothing of its kinds.
        return cls.place[0] in sys.modules and issubclass(other, cls.real())

    def real(cls) -> Any:
        """What stands in the module by this name."""
        module, name = cls.place
        return getattr(import_module(module), name)


class _NotYetLoaded(ModuleType):
    """In the place of a module: while others are imported its names are promises, afterwards they are the module's."""

    is_promised = True

    def __getattr__(self, name: str) -> Any:
        if not self.is_promised:
            return getattr(import_module(self.__name__), name)
        if name.startswith("__"):
            raise AttributeError(name)
        return _Loads(name, (), {"place": (self.__name__, name)})


@contextmanager
def _put_off(names: tuple[str, ...]) -> Iterator[None]:
    """Let imports of the block take modules, and names from them, that are loaded when they are used.

    Only where no other thread could meet them meanwhile.
    """
    alone = threading.active_count() == 1
    stand_ins = {name: _NotYetLoaded(name) for name in names if alone and name not in sys.modules}
    sys.modules.update(stand_ins)
    for name, stand_in in stand_ins.items():
        parent, _, child = name.rpartition(".")
        # `import email.message` looks for the name in there; what is within a library, it takes by `from`.
        if parent in sys.stdlib_module_names:
            setattr(import_module(parent), child, stand_in)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            stand_in.is_promised = False
            del sys.modules[name]
