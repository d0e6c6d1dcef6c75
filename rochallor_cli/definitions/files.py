"""Which files of a folder hold definitions, and what is passed over."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final, TextIO

from rochallor_cli.definitions.field_names import in_engine_spelling
from rochallor_cli.documents.document import Document
from rochallor_cli.documents.reading import read_document, read_documents
from rochallor_cli.errors import InvalidDocumentError, NotFoundError, UnreadableTextError

SUFFIXES: Final = (".yaml", ".yml", ".json")
# Folders of dependencies; hidden ones are passed over as well.
_FOREIGN_FOLDERS: Final = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
_OF_DEFINITION: Final = frozenset(
    {"id", "name", "description", "version", "metadata", "autoStartNextWorkflow", "nextWorkflowId"}
    | {"input_schema", "steps"}
)


@dataclass
class Folders:
    """How folders are read, and what of them was not: `exclude` holds patterns of paths or names.

    passed_over: a line for each file that is taken for no definition. links: a line for each link not followed.
    """

    exclude: Sequence[str] = ()
    passed_over: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def read_all(
    names: Sequence[str],
    stdin: TextIO,
    *,
    unreadable: list[UnreadableTextError] | None = None,
    folders: Folders | None = None,
) -> list[Document]:
    """Every document of files, folders and `-`; InvalidDocumentError where there is none at all.

    Of folders only definitions count, of files named one by one everything. What is wrong with a file is raised,
    or put into `unreadable` where the caller wants to hear of all of them.
    """
    folders = folders or Folders()
    found: list[Document] = []
    for name in names:
        try:
            is_folder = name != "-" and os.path.isdir(name)
            found += _of_folder(name, folders, unreadable) if is_folder else _read(name, stdin)
        except UnreadableTextError as error:
            if unreadable is None:
                raise
            unreadable.append(error)
    if not found and not unreadable:
        raise InvalidDocumentError(f"{', '.join(names)}: no definition in it")
    return found


def _read(name: str, stdin: TextIO) -> list[Document]:
    return [in_engine_spelling(document) for document in read_documents(name, stdin)]


def read_definition(name: str, stdin: TextIO) -> Document:
    """The one document of a file or of `-`, its fields in the engine's spelling."""
    return in_engine_spelling(read_document(name, stdin))


def _of_folder(name: str, folders: Folders, unreadable: list[UnreadableTextError] | None) -> list[Document]:
    found: list[Document] = []
    errors = len(unreadable or ())
    for path in _files(name, folders):
        try:
            documents = _definitions_in(path)
        except UnreadableTextError as error:
            if unreadable is None:
                hint = f"{error.hint}; " if error.hint else ""
                raise InvalidDocumentError(
                    error.message, hint=f"{hint}--exclude {Path(path).name} passes it over"
                ) from error
            unreadable.append(error)
            continue
        if not documents:
            folders.passed_over.append(f"{path}: no definition")
        found += documents
    if not found and len(unreadable or ()) == errors:
        more = "; -v names what was passed over" if folders.passed_over else ""
        raise NotFoundError(f"no definitions in {name}", hint=f"looked for {', '.join(SUFFIXES)}{more}")
    return found


def _definitions_in(path: str) -> list[Document]:
    """The documents of a file where one of them is meant as a definition, else none."""
    documents = _read(path, sys.stdin)
    return documents if any(_is_meant(document.value) for document in documents) else []


def _is_meant(value: Any) -> bool:
    """Whether it has steps as definitions have them, or nothing but what a definition has."""
    if not isinstance(value, Mapping):
        return False
    fields = {str(key).lower(): inner for key, inner in value.items()}
    if "steps" in fields:
        # Pipelines of CI systems have steps as well, without types.
        steps = fields["steps"] if isinstance(fields["steps"], list) else []
        return "id" in fields or any(isinstance(step, Mapping) and "type" in step for step in steps)
    return {"id", "name"} <= fields.keys() <= {name.lower() for name in _OF_DEFINITION}


def _files(name: str, folders: Folders) -> Iterator[str]:
    """The files of a folder that may hold definitions, in the order of their paths; links to folders are said."""
    seen: set[Path] = set()
    candidates: list[str] = []
    for parent, inner, names in os.walk(name):
        inner[:] = [each for each in sorted(inner) if _is_entered(parent, each, top=name, folders=folders)]
        candidates += [os.path.join(parent, each) for each in names if Path(each).suffix.lower() in SUFFIXES]
    for path in sorted(candidates):
        real = Path(path).resolve()
        if Path(path).is_symlink() and (real in seen or not real.is_file()):
            what = "has been read already" if real in seen else "leads nowhere"
            folders.links.append(f"{path} is a link to {os.readlink(path)}, which {what}: passed over")
        elif reason := _why_not(path, top=name, folders=folders):
            folders.passed_over.append(f"{path}: {reason}")
        elif real.is_file():
            seen.add(real)
            yield path


def _is_entered(parent: str, folder: str, *, top: str, folders: Folders) -> bool:
    path = os.path.join(parent, folder)
    if folder.startswith(".") or folder in _FOREIGN_FOLDERS:
        folders.passed_over.append(f"{path}: a hidden folder, or one of dependencies")
        return False
    if _is_excluded(path, top=top, folders=folders):
        folders.passed_over.append(f"{path}: excluded")
        return False
    if Path(path).is_symlink():
        folders.links.append(f"{path} is a link to a folder and is not followed; name it to have it read")
        return False
    return True


def _why_not(path: str, *, top: str, folders: Folders) -> str:
    name = Path(path).name
    if name.startswith("."):
        return "a hidden file"
    if _is_excluded(path, top=top, folders=folders):
        return "excluded"
    return ""


def _is_excluded(path: str, *, top: str, folders: Folders) -> bool:
    within = Path(path).relative_to(top).as_posix()
    return any(
        fnmatch(within, pattern.rstrip("/")) or fnmatch(Path(path).name, pattern.rstrip("/"))
        for pattern in folders.exclude
    )
