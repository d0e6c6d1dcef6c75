"""Uploading definitions: everything is read before anything is sent, then sent in the order it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from rochallor_cli.definitions.differences import same
from rochallor_cli.documents.document import QUOTE_HINT, Document
from rochallor_cli.documents.reading import read_documents
from rochallor_cli.engine_client.admin_client import AdminClient, Value
from rochallor_cli.errors import InvalidDocumentError, NotFoundError

SUFFIXES = (".yaml", ".yml", ".json")
NOT_LATEST = "not the latest"
# How many older versions a dry run reads to see whether the text is one of them.
_OLDER_VERSIONS_READ = 50


@dataclass(frozen=True)
class Upload:
    """One definition to upload: its document, and the value as it is sent (without `version`)."""

    document: Document
    definition: Value

    @property
    def id(self) -> str:
        return str(self.definition.get("id", ""))


def read_uploads(names: Sequence[str], stdin: TextIO) -> list[Upload]:
    """The definitions of files, folders and `-`, ordered so that a `nextWorkflowId` comes before who names it."""
    documents = read_all(names, stdin)
    uploads = [_upload(document) for document in documents]
    _refuse_twice(uploads)
    return list(_in_order(uploads))


def read_all(
    names: Sequence[str], stdin: TextIO, *, unreadable: list[InvalidDocumentError] | None = None
) -> list[Document]:
    """Every document of files, folders and `-`; InvalidDocumentError where there is none at all.

    What is wrong with a file is raised, or put into `unreadable` where the caller wants to hear of all of them.
    """
    documents: list[Document] = []
    for path in (path for name in names for path in _files(name)):
        try:
            documents += read_documents(path, stdin)
        except InvalidDocumentError as error:
            if unreadable is None:
                raise
            unreadable.append(error)
    if not documents and not unreadable:
        raise InvalidDocumentError(f"{', '.join(names)}: no definition in it")
    return documents


def _files(name: str) -> list[str]:
    folder = Path(name)
    if name == "-" or not folder.is_dir():
        return [name]
    found = sorted(
        str(path) for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    if not found:
        raise NotFoundError(f"no definitions in {name}", hint=f"looked for {', '.join(SUFFIXES)}")
    return found


def _upload(document: Document) -> Upload:
    if not isinstance(document.value, dict):
        kind = "a list" if isinstance(document.value, list) else "a single value"
        raise InvalidDocumentError(f"{document.at(())}: expected a mapping, found {kind}")
    return Upload(document, {key: value for key, value in document.value.items() if key != "version"})


def _refuse_twice(uploads: Sequence[Upload]) -> None:
    first: dict[str, Upload] = {}
    for upload in uploads:
        if upload.id and upload.id in first:
            where = first[upload.id].document.at(("id",))
            raise InvalidDocumentError(f"{upload.document.at(('id',))}: {upload.id} is in {where} as well")
        first[upload.id] = upload


def _in_order(uploads: Sequence[Upload]) -> Iterator[Upload]:
    by_id = {upload.id: upload for upload in uploads}
    done: set[int] = set()

    def visit(upload: Upload) -> Iterator[Upload]:
        if id(upload) in done:
            return
        done.add(id(upload))
        following = by_id.get(str(upload.definition.get("nextWorkflowId", "")))
        if following is not None:
            yield from visit(following)
        yield upload

    for upload in uploads:
        yield from visit(upload)


def send(engine: AdminClient, upload: Upload) -> dict[str, Any]:
    """A row of what an upload came to: id, version, name, uploadedAt, result, source and, if it is another, latest."""
    latest = engine.known_definition(upload.id) if upload.id else None
    try:
        answer = engine.upload(upload.definition)
    except InvalidDocumentError as error:
        raise _located(error, upload.document) from error
    return {**answer, **_result(latest, int(answer["version"])), "source": upload.document.source}


def _located(error: InvalidDocumentError, document: Document) -> InvalidDocumentError:
    """The engine's problems, each with its line and column."""
    from rochallor_cli.definitions.linting import located

    return _with_lines(error, document, located(document, error.details))


def _with_lines(
    error: InvalidDocumentError, document: Document, lines: Sequence[str]
) -> InvalidDocumentError:
    hint = QUOTE_HINT if document.emptied else error.hint
    if len(lines) == 1:
        return InvalidDocumentError(lines[0], hint=hint)
    return InvalidDocumentError(f"{document.source}: {len(lines)} problems", details=lines, hint=hint)


def _result(latest: Value | None, version: int) -> dict[str, Any]:
    """What an upload came to: an older text gets its old version back, and the latest stays the latest."""
    before = _version(latest)
    if version > before:
        return {"result": "created"}
    if version == before:
        return {"result": "unchanged"}
    return {"result": NOT_LATEST, "latest": before}


def refuse_invalid(upload: Upload) -> None:
    """Raise InvalidDocumentError for what the newest engine that is known refuses."""
    from rochallor_cli.definitions.linting import Assumed, placed_lines, refusals
    from rochallor_cli.dev_engine import engine_rules

    found = refusals(upload.document, Assumed(engine_rules()))
    if found:
        error = InvalidDocumentError(upload.document.source)
        raise _with_lines(error, upload.document, placed_lines(found))


def rehearse(engine: AdminClient, upload: Upload) -> dict[str, Any]:
    """What `send` would come to, as far as it can be known without sending."""
    refuse_invalid(upload)
    latest = engine.known_definition(upload.id)
    version = _version_of(engine, upload, latest)
    row = {"id": upload.id, "name": upload.definition.get("name"), "source": upload.document.source}
    return {**row, "version": version, **_result(latest, version)}


def _version_of(engine: AdminClient, upload: Upload, latest: Value | None) -> int:
    """The version that the engine would answer with: that of the same text, or the next one."""
    if latest is None:
        return 1
    newest = _version(latest)
    if same(latest, upload.definition):
        return newest
    for version in range(newest - 1, max(newest - 1 - _OLDER_VERSIONS_READ, 0), -1):
        if same(engine.definition(upload.id, version), upload.definition):
            return version
    return newest + 1


def _version(definition: Value | None) -> int:
    return int((definition or {}).get("version") or 0)


def as_new(upload: Upload, moment: str) -> Upload:
    """The definition with a mark in `metadata` that no stored version has, so that it becomes the latest."""
    metadata = upload.definition.get("metadata")
    marked = {**(metadata if isinstance(metadata, Mapping) else {}), "uploadedAsNew": moment}
    return Upload(upload.document, {**upload.definition, "metadata": marked})
