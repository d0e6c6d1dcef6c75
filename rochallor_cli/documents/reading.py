"""One loader for definitions, variables and workers.yaml, from a file or standard input."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from rochallor_cli.documents.document import QUOTE_HINT, Document
from rochallor_cli.documents.json_text import parse_json
from rochallor_cli.documents.yaml_text import parse_yaml
from rochallor_cli.errors import InvalidDocumentError, NotFoundError, UnreadableTextError, UsageError


def read_documents(name: str, stdin: TextIO) -> list[Document]:
    """All documents of a file, or of standard input for `-`; empty YAML documents are left out."""
    source, text = read_text(name, stdin)
    return parse_documents(text, source=source, is_json=name.lower().endswith(".json"))


def read_document(name: str, stdin: TextIO) -> Document:
    """The one document of a file; raises InvalidDocumentError where there are none or several."""
    documents = read_documents(name, stdin)
    if len(documents) != 1:
        source = documents[0].source if documents else name
        found = "nothing" if not documents else f"{len(documents)} documents"
        raise InvalidDocumentError(f"{source}: expected one document, found {found}")
    return documents[0]


def read_text(name: str, stdin: TextIO) -> tuple[str, str]:
    """(the name for messages, the text) of a file or of `-`. The text is UTF-8; a byte order mark is dropped."""
    try:
        if name == "-":
            raw = stdin.buffer.read() if hasattr(stdin, "buffer") else stdin.read().encode()
        else:
            raw = Path(name).read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(f"no file {name}") from error
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror or error}") from error
    source = "standard input" if name == "-" else name
    try:
        return source, raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise UnreadableTextError(
            source, "not UTF-8", line=line, column=column, hint="save the file as UTF-8"
        ) from error


def parse_documents(text: str, *, source: str, is_json: bool = False) -> list[Document]:
    """The documents of a text. JSON where it is said to be, or where it starts like JSON and is; else YAML."""
    try:
        if is_json:
            return [parse_json(text, source=source)]
        if text.lstrip()[:1] in ("{", "["):
            try:
                return [parse_json(text, source=source)]
            except UnreadableTextError as error:
                return _yaml_or(error, text=text, source=source)
        return list(parse_yaml(text, source=source))
    except RecursionError as error:
        raise UnreadableTextError(source, "nested too deep") from error


def _yaml_or(json_error: UnreadableTextError, *, text: str, source: str) -> list[Document]:
    """YAML in flow style looks like JSON; what is neither gets JSON's message, unless a comment explains it."""
    try:
        return list(parse_yaml(text, source=source))
    except UnreadableTextError as error:
        raise (error if error.hint == QUOTE_HINT else json_error) from None
