"""The functions of the language by name, and what those that take a predicate are called with."""

from __future__ import annotations

from typing import Final

PREDICATE_FUNCTIONS: Final = {
    **dict.fromkeys(
        ("all", "none", "any", "one", "filter", "map", "find", "findIndex", "findLast", "findLastIndex"),
        ("expression", "predicate"),
    ),
    "groupBy": ("expression", "predicate"),
    **dict.fromkeys(("count", "sum"), ("expression", "predicate?")),
    **dict.fromkeys(("sortBy", "reduce"), ("expression", "predicate", "expression?")),
}
"""Name to arguments; those with a question mark may be left out."""

PLAIN_FUNCTIONS: Final = frozenset(
    [
        "len",
        "type",
        "abs",
        "ceil",
        "floor",
        "round",
        "int",
        "float",
        "string",
        "trim",
        "trimPrefix",
        "trimSuffix",
        "upper",
        "lower",
        "split",
        "splitAfter",
        "replace",
        "repeat",
        "join",
        "indexOf",
        "lastIndexOf",
        "hasPrefix",
        "hasSuffix",
        "max",
        "min",
        "mean",
        "median",
        "toJSON",
        "fromJSON",
        "toBase64",
        "fromBase64",
        "now",
        "duration",
        "date",
        "timezone",
        "first",
        "last",
        "get",
        "take",
        "keys",
        "values",
        "toPairs",
        "fromPairs",
        "reverse",
        "uniq",
        "concat",
        "flatten",
        "sort",
        "bitand",
        "bitor",
        "bitxor",
        "bitnand",
        "bitshl",
        "bitshr",
        "bitushr",
        "bitnot",
    ]
)

FUNCTION_NAMES: Final = PLAIN_FUNCTIONS | PREDICATE_FUNCTIONS.keys()

RESERVED_WORDS: Final = frozenset(
    {"in", "not", "and", "or", "let", "if", "else", "contains", "startsWith", "endsWith", "matches"}
)
"""Words of the language that cannot name a variable; ``nil``, ``true`` and ``false`` hide one."""
