"""YAML with JSON's types and nothing else: what is a number, true or null is what JSON takes for one.

YAML 1.1 would read `no` as false, `2026-01-01` as a date, `1:30` as 90 and `1e5` as text.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_STR = "tag:yaml.org,2002:str"
NULL = "tag:yaml.org,2002:null"
BOOL = "tag:yaml.org,2002:bool"
INT = "tag:yaml.org,2002:int"
FLOAT = "tag:yaml.org,2002:float"

_RULES = (
    (NULL, re.compile(r"^(?:null|Null|NULL|~|)$"), ["n", "N", "~", ""]),
    (BOOL, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    (INT, re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789")),
    (
        FLOAT,
        re.compile(r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$"),
        list("-0123456789"),
    ),
)

# libyaml's parser and emitter where PyYAML was built with them: some ten times quicker.
_Parser: Any = getattr(yaml, "CParser", None)
_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class JsonTypesLoader(_Base):  # type: ignore[misc]
    """Composes nodes whose tags follow the rules above."""


class JsonTypesDumper(yaml.SafeDumper):
    """Writes values so that the loader reads back the same."""

    def ignore_aliases(self, data: object) -> bool:
        return True


class _AsciiDumper(JsonTypesDumper):
    """As above, for streams and terminals that cannot take every character."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_block = "\n" in text and "\r" not in text and (text.isascii() or not isinstance(dumper, _AsciiDumper))
    return dumper.represent_scalar(_STR, text, style="|" if is_block else None)


JsonTypesDumper.add_representer(str, _text)
JsonTypesLoader.yaml_implicit_resolvers = {}
# The dumper keeps YAML 1.1's rules as well: texts that other readers would mistake are quoted.
JsonTypesDumper.yaml_implicit_resolvers = {
    first: list(rules) for first, rules in yaml.SafeDumper.yaml_implicit_resolvers.items()
}
for _tag, _rule, _first in _RULES:
    JsonTypesLoader.add_implicit_resolver(_tag, _rule, _first)
    JsonTypesDumper.add_implicit_resolver(_tag, _rule, _first)


def dump(value: object, *, ascii_only: bool = False) -> str:
    """The value as a YAML document; keys in their order. `ascii_only` escapes all other characters, as JSON can."""
    dumper = _AsciiDumper if ascii_only else JsonTypesDumper
    text: str = yaml.dump(value, Dumper=dumper, allow_unicode=not ascii_only, sort_keys=False, width=10_000)
    return text.removesuffix("...\n")
