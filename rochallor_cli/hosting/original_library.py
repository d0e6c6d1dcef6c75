"""The standard library as the host sees it: as it was before handlers were imported, whatever they put in its place.

A job that patches `time.monotonic` or `json.dumps`, for a test of its own perhaps, or by mistake, would stop reports
and leases of all. So the host's modules get copies of the modules they use, where a patch does not arrive, and so do
those modules of the standard library that the host stands on. Handlers and their libraries share the originals as ever.
"""

from __future__ import annotations

import sys
from types import ModuleType

from rochallor_cli.hosting.close_guard import guard_descriptors

OWN = ("rochallor_cli", "workflow_sdk", "prometheus_client")
# What the host stands on reads clocks and sockets while it runs. Within its own package each sees the originals.
STOOD_ON = (
    "asyncio",
    "concurrent",
    "genericpath",
    "json",
    "logging",
    "posixpath",
    "queue",
    "selectors",
    "threading",
    "traceback",
    "urllib",
)
# What they hold changes, and both sides are to see it.
_SHARED = ("sys", "builtins", "warnings", "__main__")
# Programs have reasons to change how names are looked up for all of them.
_SHARED_BELOW = (*_SHARED, "socket", "ssl")


def keep_standard_library() -> None:
    """To be called before handlers are imported, in a process that is a host's and nothing else."""
    global _copies
    _copies = _Copies()
    _copies.put_into_all()
    guard_descriptors(sys.modules["os"])


def keep_it_for_late_modules() -> None:
    """For what the host itself has imported since then; nothing where nothing was kept."""
    if _copies is not None:
        _copies.put_into_all()


class _Copies:
    """One copy of each module; what it holds of other modules are copies, too."""

    def __init__(self) -> None:
        self._of: dict[int, ModuleType] = {}
        # The numbers of objects stay theirs while they live.
        self._are_copies: set[int] = set()

    def put_into_all(self) -> None:
        for module in list(sys.modules.values()):
            package = getattr(module, "__name__", "").partition(".")[0]
            if package in OWN:
                self.put_into(module, but=_SHARED)
            elif package in STOOD_ON:
                self.put_into(module, but=(*_SHARED_BELOW, package))

    def put_into(self, module: ModuleType, *, but: tuple[str, ...]) -> None:
        names = vars(module)
        for name, value in list(names.items()):
            is_copy = id(value) in self._are_copies
            if isinstance(value, ModuleType) and not is_copy and _is_standard(value, but):
                names[name] = self._copy(value)

    def _copy(self, module: ModuleType) -> ModuleType:
        copy = self._of.get(id(module))
        if copy is None:
            copy = self._of[id(module)] = ModuleType(module.__name__, module.__doc__)
            self._are_copies.add(id(copy))
            vars(copy).update(vars(module))
            self.put_into(copy, but=_SHARED)
        return copy


def _is_standard(module: ModuleType, but: tuple[str, ...]) -> bool:
    package = getattr(module, "__name__", "").partition(".")[0]
    return package in sys.stdlib_module_names and package not in but


_copies: _Copies | None = None
