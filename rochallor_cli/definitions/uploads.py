"""Uploading definitions: everything is read before anything is sent, then sent in the order it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from rochallor_cli.definitions.differences import AS_NEW_MARK, same
from rochallor_cli.definitions.files import Folders, read_all
from rochallor_cli.documents.document import QUOTE_HINT, Document
from rochallor_cli.engine_client.admin_client import AdminClient, Value
from rochallor_cli.engine_client.reading import version_of
from rochallor_cli.errors import CliError, EngineRefusedError, InvalidDocumentError

if TYPE_CHECKING:
    from rochallor_cli.definitions.finding import DocumentFinding

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
        """Empty where the document has none, or one that is no text."""
        found = self.definition.get("id")
        return found if isinstance(found, str) else ""


def read_uploads(names: Sequence[str], stdin: TextIO, *, folders: Folders | None = None) -> list[Upload]:
    """The definitions of files, folders and `-`, ordered so that a `nextWorkflowId` comes before who names it."""
    documents = read_all(names, stdin, folders=folders)
    uploads = [_upload(document) for document in documents]
    _refuse_twice(uploads)
    return list(_in_order(uploads))


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


def send(engine: AdminClient, upload: Upload, *, as_new_at: str | None = None) -> dict[str, Any]:
    """A row of what an upload came to: id, version, name, uploadedAt, result, source and, if it is another, latest.

    as_new_at: the moment to mark what would not become the latest with, so that it does.
    """
    latest = engine.known_definition(upload.id) if upload.id else None
    if latest is not None and _is_marked(latest) and same(latest, upload.definition):
        # The engine would answer with the older version that has no mark.
        stored = {key: latest.get(key) for key in ("id", "version", "name")}
        return {**stored, "result": "unchanged", "source": upload.document.source}
    sent = upload.definition
    if as_new_at and latest is not None and _version_of(engine, upload, latest) < _version(latest):
        sent = _marked(sent, as_new_at)
    try:
        answer = engine.upload(sent)
    except EngineRefusedError as error:
        raise _located(error, upload.document) if error.details else error from error
    return {**answer, **_result(latest, version_of(answer)), "source": upload.document.source}


def not_sent(upload: Upload, result: str) -> dict[str, Any]:
    """The row of what is not on the engine: refused, or not sent."""
    name = upload.definition.get("name")
    return {
        "id": upload.id,
        "version": None,
        "name": name,
        "result": result,
        "source": upload.document.source,
    }


def _is_marked(definition: Value) -> bool:
    metadata = definition.get("metadata")
    return isinstance(metadata, Mapping) and AS_NEW_MARK in metadata


def _marked(definition: Value, moment: str) -> Value:
    """With a mark in `metadata` that no stored version has."""
    metadata = definition.get("metadata")
    return {
        **definition,
        "metadata": {**(metadata if isinstance(metadata, Mapping) else {}), AS_NEW_MARK: moment},
    }


def _located(error: EngineRefusedError, document: Document) -> CliError:
    """The engine's problems in its own words, each with its line and column."""
    from rochallor_cli.definitions.linting import located

    return _with_lines(error, document, located(document, error.details))


def _with_lines(error: CliError, document: Document, lines: Sequence[str]) -> CliError:
    kind, hint = type(error), QUOTE_HINT if document.emptied else error.hint
    if len(lines) == 1:
        return kind(lines[0], hint=hint)
    return kind(f"{document.source}: {len(lines)} problems", details=lines, hint=hint)


def _result(latest: Value | None, version: int) -> dict[str, Any]:
    """What an upload came to: an older text gets its old version back, and the latest stays the latest."""
    before = _version(latest)
    if version > before:
        return {"result": "created"}
    if version == before:
        return {"result": "unchanged"}
    return {"result": NOT_LATEST, "latest": before}


def refusal(document: Document, found: Sequence[DocumentFinding]) -> CliError:
    """The error for a document in which this was found."""
    from rochallor_cli.definitions.linting import placed_lines

    return _with_lines(InvalidDocumentError(document.source), document, placed_lines(found))


def rehearse(engine: AdminClient, upload: Upload, *, is_as_new: bool = False) -> dict[str, Any]:
    """What `send` would come to, as far as it can be known without sending."""
    latest = engine.known_definition(upload.id)
    version = _version_of(engine, upload, latest)
    if is_as_new and version < _version(latest):
        version = _version(latest) + 1
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
    return 0 if definition is None else version_of(definition)
