"""YAML with JSON's types, with positions: keys given twice, merge keys and other tags are errors."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from rochallor_cli.documents.document import Document, DocumentPath, Position, refuse_twice
from rochallor_cli.documents.json_text import finite
from rochallor_cli.documents.yaml_problems import yaml_problem
from rochallor_cli.errors import UnreadableTextError

# What anchors may add to a document: enough for any honest one, little enough for memory and patience.
ALIASED_NODES = 100_000
_IGNORE = re.compile(r"(?:^|\s)#\s*rochallor:\s*ignore\[([\w\s,]*)\]")


def parse_yaml(text: str, *, source: str) -> Iterator[Document]:
    """The documents of a YAML text. Raises UnreadableTextError."""
    import yaml

    from rochallor_cli.documents.json_yaml import JsonTypesLoader

    lines = text.splitlines()
    comments = {number: line for number, line in enumerate(lines, 1) if line.lstrip().startswith("#")}
    try:
        for node in yaml.compose_all(text, Loader=JsonTypesLoader):
            walk = _YamlWalk(lines, source)
            value = walk.value(node, ())
            if value is not None:
                emptied, ignored = frozenset(walk.emptied), ignored_codes(lines)
                yield Document(source, value, walk.positions, walk.keys, emptied, ignored, comments)
    except yaml.MarkedYAMLError as error:
        raise yaml_problem(error, lines, source) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UnreadableTextError(source, "characters that YAML does not allow", line=line) from error


def ignored_codes(lines: list[str]) -> dict[int, frozenset[str]]:
    """By line: the codes that `# rochallor: ignore[W401]` leaves out there, or standing alone on the next line."""
    found: dict[int, frozenset[str]] = {}
    waiting: frozenset[str] = frozenset()
    for number, line in enumerate(lines, 1):
        comment = _IGNORE.search(line)
        codes = frozenset(re.findall(r"\w+", comment[1].upper())) if comment else frozenset()
        if line.lstrip().startswith("#"):
            waiting |= codes
        elif line.strip():
            found[number] = codes | waiting
            waiting = frozenset()
    return {number: codes for number, codes in found.items() if codes}


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
            refuse_twice(key, found, first=self.keys.get((*path, key)), place=place, source=self.source)
            self.keys[(*path, key)] = place
            found[key] = self.value(value_node, (*path, key))
            if found[key] in (None, {}, []):
                self._note_emptied(value_node, (*path, key))
        return found

    def _note_emptied(self, node: Any, path: DocumentPath) -> None:
        """Whether a value is empty because what was meant as one stands behind a `#`."""
        if node.value:
            return
        if node.end_mark.line > node.start_mark.line:
            within = self.lines[node.start_mark.line + 1 : node.end_mark.line]
            if any(line.lstrip().startswith("#") for line in within):
                self.emptied.add(path)
            return
        line = self.keys[path].line
        rest = self.lines[line - 1 : line + 1]
        after_key = rest[0].partition(":")[2].strip() if rest else ""
        below = rest[1].strip() if len(rest) > 1 else ""
        if after_key.startswith("#") or (not after_key and below.lstrip("- ").startswith("#")):
            self.emptied.add(path)

    def _scalar(self, node: Any, path: DocumentPath) -> Any:
        from rochallor_cli.documents.json_yaml import BOOL, FLOAT, INT, NULL

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
        from rochallor_cli.documents.json_yaml import INT

        try:
            return int(node.value) if node.tag == INT else finite(node.value)
        except ValueError as error:
            long = len(node.value) > sys.int_info.default_max_str_digits
            raise self._problem(node, "a number with too many digits" if long else str(error)) from error

    def _problem(self, node: Any, text: str) -> UnreadableTextError:
        place = _place(node)
        return UnreadableTextError(self.source, text, line=place.line, column=place.column)


def _place(node: Any) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)
