"""Finding handlers: `handlers.py`, `pkg.module`, `pkg.module:registry`, `dir/`.

A module offers its handlers as `HandlerRegistry` objects at module level (any name, any number), or as a
function `register(registry)`.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from rochallor_cli.errors import InvalidDocumentError, StopRequested
from rochallor_cli.handler_modules.green_threads import HINT, patched_modules
from rochallor_cli.handler_modules.user_traceback import path_text, user_traceback
from workflow_sdk.handler.registry import Handler, HandlerRegistry


@dataclass(frozen=True)
class LoadedHandlers:
    """One registry with everything the modules offer, and the files to watch for changes."""

    registry: HandlerRegistry
    files: tuple[Path, ...]


@dataclass(frozen=True)
class _Source:
    """One module to import: its name, the folder that must be importable, how the user called it."""

    name: str
    root: Path
    called: str
    attribute: str = ""
    # Of a folder's files only some need hold handlers.
    may_be_empty: bool = False


def load_handlers(modules: Sequence[str], *, folder: Path | None = None) -> LoadedHandlers:
    """Import the modules, named as from `folder` (the working directory), and merge their registries.

    InvalidDocumentError where one is missing, cannot be imported, offers no handlers, or where two of them
    serve the same job type.
    """
    registries: list[HandlerRegistry] = []
    files: list[Path] = []
    # All of them are found before the first is imported, which may change the working directory.
    folder = folder or working_directory()
    sources = {called: list(_sources(called, folder)) for called in modules}
    for called, found_sources in sources.items():
        found: list[HandlerRegistry] = []
        for source in found_sources:
            module = _imported(source)
            found += _registries(module, source)
            files += [Path(module.__file__)] if module.__file__ else []
        if not any(registry.job_types() for registry in found):
            raise _no_handlers(called)
        registries += found
    return LoadedHandlers(merged(registries), tuple(dict.fromkeys(files)))


def watchable_files(loaded: LoadedHandlers) -> list[Path]:
    """The user's own files that are imported now: the handlers', and what they import from beside them."""
    roots = {working_directory(), *(file.resolve().parent for file in loaded.files)}
    installed = ("site-packages", "dist-packages")
    found = []
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and not any(part in installed for part in Path(file).parts):
            path = Path(file).resolve()
            if any(path.is_relative_to(root) for root in roots) and not _is_ours(module.__name__):
                found.append(path)
    return sorted({*found, *(file.resolve() for file in loaded.files)})


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in ("rochallor_cli", "workflow_sdk", "__main__")


# --- from what the user wrote to modules ---------------------------------------------------------


def working_directory() -> Path:
    """The working directory; where it has been deleted, the root, beneath which nothing of the user's is found."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path(os.sep)


def _sources(called: str, folder: Path) -> Iterator[_Source]:
    path_text, attribute = _split_attribute(called)
    path = folder / path_text
    # Unlike Path.is_dir, these take names that are too long for a file.
    if os.path.isdir(path):
        yield from _folder(path, called)
    elif path_text.endswith(".py"):
        if not os.path.isfile(path):
            raise InvalidDocumentError(f"no file {path_text}", hint=_missing_file_hint(path))
        yield _file(path, called, attribute=attribute)
    elif os.sep in path_text:
        raise InvalidDocumentError(f"no folder {path_text}", hint=_missing_file_hint(path))
    else:
        yield _Source(path_text, folder, called, attribute)


def _split_attribute(called: str) -> tuple[str, str]:
    path, colon, attribute = called.rpartition(":")
    return (path, attribute) if colon and attribute.isidentifier() else (called, "")


def _folder(folder: Path, called: str) -> Iterator[_Source]:
    files = [path for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")]
    if not files:
        raise InvalidDocumentError(f"no Python files in {path_text(str(folder))}{os.sep}")
    for path in files:
        yield _file(path, called, may_be_empty=True)


def _file(path: Path, called: str, *, attribute: str = "", may_be_empty: bool = False) -> _Source:
    """A file inside a package is imported as a part of it, so that its relative imports work."""
    parts, folder = [path.stem], path.resolve().parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    shown = called if attribute or not may_be_empty else path_text(str(path))
    return _Source(".".join(parts), folder, shown, attribute, may_be_empty)


def _missing_file_hint(path: Path) -> str | None:
    if not path.parent.is_dir():
        return f"there is no folder {path_text(str(path.parent))}"
    near = [path_text(str(other)) for other in sorted(path.parent.glob("*.py"))][:3]
    return f"there is: {', '.join(near)}" if near else None


# --- importing ------------------------------------------------------------------------------------


def _imported(source: _Source) -> ModuleType:
    root = str(source.root)
    if root not in sys.path:
        sys.path.insert(0, root)
    try:
        module = importlib.import_module(source.name)
    except SystemExit as error:
        raise InvalidDocumentError(
            f"{source.called} called sys.exit({error.code!r}) while it was imported",
            hint='put what is meant for running it as a program under `if __name__ == "__main__":`',
        ) from None
    except (KeyboardInterrupt, StopRequested):
        raise  # a signal, not the module
    except BaseException as error:  # noqa: BLE001 - importing runs the user's code: whatever it raises is theirs
        _refuse_monkey_patches(source)
        raise _import_failure(source, error) from None
    _require_from(module, source)
    _refuse_monkey_patches(source)
    return module


def _refuse_monkey_patches(source: _Source) -> None:
    patched = patched_modules()
    if patched:
        raise InvalidDocumentError(
            f"{source.called} had a library patch what a worker host needs as it is ({', '.join(patched)})",
            hint=HINT,
        )


def _import_failure(source: _Source, error: BaseException) -> InvalidDocumentError:
    if isinstance(error, ModuleNotFoundError) and error.name and _is_or_holds(error.name, source.name):
        return InvalidDocumentError(
            f"no module {error.name} (looked for {source.called})",
            hint=f"write a file as path/to/handlers.py; modules are looked for in {source.root} and sys.path",
        )
    return InvalidDocumentError(f"{source.called} could not be imported", details=user_traceback(error))


def _is_or_holds(missing: str, wanted: str) -> bool:
    return wanted == missing or wanted.startswith(f"{missing}.")


def _require_from(module: ModuleType, source: _Source) -> None:
    """Two files of one name in different folders cannot both be imported; nor one named like a library."""
    there = Path(module.__file__).resolve() if module.__file__ else None
    is_named_by_file = source.called.partition(":")[0].endswith((".py", os.sep))
    if is_named_by_file and there is not None and not there.is_relative_to(source.root):
        raise InvalidDocumentError(
            f"{source.called} cannot be imported: the name {source.name} is taken by {path_text(str(there))}",
            hint="rename the file, or put it into a package",
        )


# --- from modules to one registry -----------------------------------------------------------------


def _registries(module: ModuleType, source: _Source) -> list[HandlerRegistry]:
    if source.attribute:
        return [_named(module, source)]
    found = {id(value): value for value in vars(module).values() if isinstance(value, HandlerRegistry)}
    if found:
        return list(found.values())
    register = getattr(module, "register", None)
    return [_filled_by(register, source)] if callable(register) else []


def _named(module: ModuleType, source: _Source) -> HandlerRegistry:
    value = getattr(module, source.attribute, None)
    if isinstance(value, HandlerRegistry):
        return value
    if callable(value):
        return _filled_by(value, source)
    here = [name for name, other in vars(module).items() if isinstance(other, HandlerRegistry)]
    raise InvalidDocumentError(
        f"{source.called}: {source.name} has no HandlerRegistry named {source.attribute}",
        hint=f"it has: {', '.join(here)}" if here else None,
    )


def _filled_by(register: Callable[[HandlerRegistry], object], source: _Source) -> HandlerRegistry:
    registry = HandlerRegistry()
    try:
        register(registry)
    except Exception as error:  # noqa: BLE001 - the user's function: whatever it raises is theirs
        raise InvalidDocumentError(
            f"register(registry) of {source.called} failed", details=user_traceback(error)
        ) from None
    return registry


def merged(registries: Sequence[HandlerRegistry]) -> HandlerRegistry:
    """One registry with all handlers and hooks; a single one stays itself. InvalidDocumentError for a type twice."""
    different = list({id(registry): registry for registry in registries}.values())
    if len(different) == 1:
        return different[0]
    merged = HandlerRegistry()
    seen: dict[str, Handler] = {}
    for registry in different:
        for job_type, handler in registry.handlers().items():
            if job_type in seen:
                raise _served_twice(job_type, seen[job_type], handler)
            seen[job_type] = handler
        _include(merged, registry)
    return merged


def _include(merged: HandlerRegistry, registry: HandlerRegistry) -> None:
    for handler in registry.handlers().values():
        merged.add(handler)  # as it is, with the hooks of its own registry
    for hook in registry.startup_hooks():
        merged.on_startup(hook)
    for hook in reversed(registry.shutdown_hooks()):
        merged.on_shutdown(hook)


def _served_twice(job_type: str, first: Handler, second: Handler) -> InvalidDocumentError:
    return InvalidDocumentError(
        f"job type {job_type} has two handlers: {place_of(first)} and {place_of(second)}",
        hint="a worker serves a job type with one handler: remove one, or make them two workers",
    )


def place_of(handler: Handler) -> str:
    """`handlers.py:14 validate_application`: where a handler is, for people."""
    return f"{path_text(handler.file)}:{handler.line} {handler.name}" if handler.file else handler.name


def _no_handlers(called: str) -> InvalidDocumentError:
    return InvalidDocumentError(
        f"{called} has no handlers",
        hint='registry = HandlerRegistry() at module level, and @registry.handler("job-type") over a function',
    )
