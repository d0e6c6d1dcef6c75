"""One loader for definitions, variables and workers.yaml: JSON, or YAML with JSON's types only.

Every value remembers its line and column, so that whoever finds a problem at a path can say where it is.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from rochallor_cli.errors import InvalidDocumentError, NotFoundError, UsageError

DocumentPath = tuple[str | int, ...]

# What anchors may add to a document: enough for any honest one, little enough for memory and patience.
ALIASED_NODES = 100_000
QUOTE_HINT = "quote texts that start with #: everything after it is a comment"


class Position(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """A value and where its parts stand. `emptied` are paths whose value a `#` turned into a comment."""

    source: str
    value: Any
    positions: Mapping[DocumentPath, Position] = field(default_factory=dict)
    keys: Mapping[DocumentPath, Position] = field(default_factory=dict)
    emptied: frozenset[DocumentPath] = frozenset()

    def position(self, path: DocumentPath, *, of_key: bool = False) -> Position:
        """Where the value at a path stands (or its key); of a path that is not there, its nearest parent."""
        for length in range(len(path), -1, -1):
            part = path[:length]
            if of_key and part in self.keys:
                return self.keys[part]
            if part in self.positions:
                return self.positions[part]
        return Position(1, 1)

    def at(self, path: DocumentPath, *, of_key: bool = False) -> str:
        """`file:line:column` of a path."""
        line, column = self.position(path, of_key=of_key)
        return f"{self.source}:{line}:{column}"


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
        raise InvalidDocumentError(
            f"{source}:{line}:{column}: not UTF-8", hint="save the file as UTF-8"
        ) from error


def parse_documents(text: str, *, source: str, is_json: bool = False) -> list[Document]:
    """The documents of a text. JSON where it is said to be, or where it starts like JSON and is; else YAML."""
    try:
        if is_json:
            return [parse_json(text, source=source)]
        if text.lstrip()[:1] in ("{", "["):
            try:
                return [parse_json(text, source=source)]
            except InvalidDocumentError as error:
                return _yaml_or(error, text, source)
        return list(parse_yaml(text, source=source))
    except RecursionError as error:
        raise InvalidDocumentError(f"{source}: nested too deep") from error


def _yaml_or(json_error: InvalidDocumentError, text: str, source: str) -> list[Document]:
    """YAML in flow style looks like JSON; what is neither gets JSON's message."""
    try:
        return list(parse_yaml(text, source=source))
    except InvalidDocumentError:
        raise json_error from None


def load_json(text: str) -> Any:
    """A JSON value, strictly: no NaN, no number that no double can hold. Raises ValueError."""
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large for a number")
    return number


# --- JSON ----------------------------------------------------------------------------------------


def parse_json(text: str, *, source: str) -> Document:
    """A JSON text with positions. Raises InvalidDocumentError with file:line:column."""
    try:
        load_json(text)
    except json.JSONDecodeError as error:
        message = error.msg[0].lower() + error.msg[1:]
        before = text[: error.pos].rstrip()
        hint = "a comma too many?" if before.endswith(",") else None
        raise InvalidDocumentError(f"{source}:{error.lineno}:{error.colno}: {message}", hint=hint) from error
    except ValueError as error:
        raise InvalidDocumentError(f"{source}: {error}") from error
    walk = _JsonWalk(text, source)
    value, _ = walk.value(walk.blank(0), ())
    return Document(source, value, walk.positions, walk.keys)


class _JsonWalk:
    """Reads a text that is known to be JSON once more, for positions and keys given twice."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source
        self.positions: dict[DocumentPath, Position] = {}
        self.keys: dict[DocumentPath, Position] = {}
        self._scalar = json.JSONDecoder().raw_decode
        self._lines = [0, *(index + 1 for index, character in enumerate(text) if character == "\n")]

    def blank(self, index: int) -> int:
        while index < len(self.text) and self.text[index] in " \t\r\n":
            index += 1
        return index

    def place(self, index: int) -> Position:
        from bisect import bisect_right

        line = bisect_right(self._lines, index)
        return Position(line, index - self._lines[line - 1] + 1)

    def value(self, index: int, path: DocumentPath) -> tuple[Any, int]:
        self.positions[path] = self.place(index)
        if self.text[index] == "{":
            return self._object(index, path)
        if self.text[index] == "[":
            return self._array(index, path)
        return self._scalar(self.text, index)

    def _object(self, index: int, path: DocumentPath) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        index = self.blank(index + 1)
        while self.text[index] != "}":
            place = self.place(index)
            key, index = self._scalar(self.text, index)
            _refuse_twice(key, found, self.keys.get((*path, key)), place, self.source)
            self.keys[(*path, key)] = place
            index = self.blank(self.blank(index) + 1)
            found[key], index = self.value(index, (*path, key))
            index = self._after_comma(index)
        return found, index + 1

    def _array(self, index: int, path: DocumentPath) -> tuple[list[Any], int]:
        found: list[Any] = []
        index = self.blank(index + 1)
        while self.text[index] != "]":
            item, index = self.value(index, (*path, len(found)))
            found.append(item)
            index = self._after_comma(index)
        return found, index + 1

    def _after_comma(self, index: int) -> int:
        index = self.blank(index)
        return self.blank(index + 1) if self.text[index] == "," else index


def _refuse_twice(
    key: str, found: Mapping[str, Any], first: Position | None, place: Position, source: str
) -> None:
    if key in found and first is not None:
        where = f"{source}:{place.line}:{place.column}"
        raise InvalidDocumentError(f"{where}: duplicate key {key!r}, first on line {first.line}")


# --- YAML ----------------------------------------------------------------------------------------


def parse_yaml(text: str, *, source: str) -> Iterator[Document]:
    """The documents of a YAML text. Raises InvalidDocumentError with file:line:column."""
    import yaml

    from rochallor_cli.json_yaml import JsonTypesLoader

    lines = text.splitlines()
    try:
        for node in yaml.compose_all(text, Loader=JsonTypesLoader):
            walk = _YamlWalk(lines, source)
            value = walk.value(node, ())
            if value is not None:
                yield Document(source, value, walk.positions, walk.keys, frozenset(walk.emptied))
    except yaml.MarkedYAMLError as error:
        raise _yaml_problem(error, lines, source) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InvalidDocumentError(f"{source}:{line}: characters that YAML does not allow") from error


# What libyaml and PyYAML say → what it means to the author, and what to do. The first that is found counts.
_YAML_WORDS = (
    ("'\\t'", "a tab in the indentation", "YAML indents with blanks only"),
    ("mapping values are not allowed", "", 'quote texts that hold ": "'),
    ("cannot start any token", "", "quote texts that start with @, ` or %"),
    ("unexpected end of stream", "a quote that is never closed", None),
    ("did not find expected", "", "check the indentation of this line and of the one before"),
    ("expected <block end>", "", "check the indentation of this line and of the one before"),
    ("could not find expected ':'", "", "check the indentation of this line and of the one before"),
    ("undefined alias", "", "quote texts that start with *"),
)


def _yaml_problem(error: Any, lines: list[str], source: str) -> InvalidDocumentError:
    mark = error.problem_mark or error.context_mark
    problem, hint = str(error.problem or error.context or "cannot be read"), None
    shown = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in shown[: len(shown) - len(shown.lstrip())]:
        problem = "'\\t'"
    for words, meaning, advice in _YAML_WORDS:
        if words in problem:
            problem, hint = meaning or problem, advice
            break
    if problem == "a quote that is never closed" and error.context_mark:
        mark = error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    return InvalidDocumentError(f"{source}:{line + 1}:{column + 1}: {problem}", hint=hint)


class _YamlWalk:
    """Turns nodes into values, with positions, keys given twice, and a bound on what anchors may add."""

    def __init__(self, lines: list[str], source: str) -> None:
        self.lines = lines
        self.source = source
        self.positions: dict[DocumentPath, Position] = {}
        self.keys: dict[DocumentPath, Position] = {}
        self.emptied: set[DocumentPath] = set()
        self._open: set[int] = set()
        self._seen: set[int] = set()
        self._aliased = 0

    def value(self, node: Any, path: DocumentPath) -> Any:
        import yaml

        self._bound(node)
        self.positions[path] = _place(node)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        finally:
            self._open.discard(id(node))

    def _bound(self, node: Any) -> None:
        if id(node) in self._open:
            raise self._problem(node, "an alias inside of what it stands for")
        if id(node) in self._seen:
            self._aliased += 1
            if self._aliased > ALIASED_NODES:
                raise self._problem(node, f"aliases add more than {ALIASED_NODES:,} values")
        self._seen.add(id(node))

    def _mapping(self, node: Any, path: DocumentPath) -> dict[str, Any]:
        import yaml

        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._problem(key_node, "a key must be a text")
            key = str(key_node.value)
            if key == "<<" and not key_node.style:
                raise self._problem(key_node, "merge keys (<<) are not JSON")
            place = _place(key_node)
            _refuse_twice(key, found, self.keys.get((*path, key)), place, self.source)
            self.keys[(*path, key)] = place
            found[key] = self.value(value_node, (*path, key))
            if found[key] is None:
                self._note_emptied(value_node, (*path, key))
        return found

    def _note_emptied(self, node: Any, path: DocumentPath) -> None:
        """Whether a value is empty because what was meant as one stands behind a `#`."""
        if node.value:
            return
        line = self.keys[path].line
        rest = self.lines[line - 1 : line + 1]
        after_key = rest[0].partition(":")[2].strip() if rest else ""
        below = rest[1].strip() if len(rest) > 1 else ""
        if after_key.startswith("#") or (not after_key and below.lstrip("- ").startswith("#")):
            self.emptied.add(path)

    def _scalar(self, node: Any, path: DocumentPath) -> Any:
        from rochallor_cli.json_yaml import BOOL, FLOAT, INT, NULL

        if node.tag == NULL:
            return None
        if node.tag == BOOL:
            return node.value.lower() == "true"
        if node.tag in (INT, FLOAT):
            return self._number(node)
        if not node.tag.endswith(":str"):
            raise self._problem(node, f"the tag {node.tag} is not JSON")
        return node.value

    def _number(self, node: Any) -> int | float:
        from rochallor_cli.json_yaml import INT

        try:
            return int(node.value) if node.tag == INT else _finite(node.value)
        except ValueError as error:
            long = len(node.value) > sys.int_info.default_max_str_digits
            raise self._problem(node, "a number with too many digits" if long else str(error)) from error

    def _problem(self, node: Any, text: str) -> InvalidDocumentError:
        place = _place(node)
        return InvalidDocumentError(f"{self.source}:{place.line}:{place.column}: {text}")


def _place(node: Any) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)
