"""What an expression uses, and what its author will trip over, without any variables at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rochallor_cli.dev_engine.expression.analysis.coercion_traps import coercion_traps
from rochallor_cli.dev_engine.expression.analysis.traps import Finding, Trap
from rochallor_cli.dev_engine.expression.checking.checker import check
from rochallor_cli.dev_engine.expression.checking.coercion import coerced
from rochallor_cli.dev_engine.expression.errors import Fault, SyntaxFault, located
from rochallor_cli.dev_engine.expression.evaluation import compile_expression
from rochallor_cli.dev_engine.expression.functions.names import FUNCTION_NAMES, RESERVED_WORDS
from rochallor_cli.dev_engine.expression.syntax import tree
from rochallor_cli.dev_engine.expression.syntax.parser import parse
from rochallor_cli.dev_engine.expression.syntax.rewriting import rewrite

# Whatever their operands are, these give a number, a text, a time or an error.
_NEVER_TRUE: Final = ("+", "-", "*", "/", "%", "**")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of an expression."""

    source: str
    names: tuple[str, ...]
    """Variables it reads, each once, in the order of the source; empty where it cannot be read."""
    functions: tuple[str, ...]
    """Functions of the language it calls, each once."""
    result: str
    """The Go type of what it comes to, as far as it is known without variables; else empty."""
    operator: str
    """The operator that has the last word, where it never gives a truth value; else empty."""
    fault: str
    """Why it fails whatever the variables are, as the engine words it; empty where it may work."""
    findings: tuple[Finding, ...]


@lru_cache(maxsize=256)
def analyse(source: str, coercion: bool = False) -> Analysis:
    """Everything about an expression that can be said without variables. Never raises.

    coercion: whether operands are converted by their operator, as newer engines do.
    """
    root, fault = _read(source)
    nodes = list(tree.walk(root)) if root is not None else []
    names = tuple(dict.fromkeys(node.name for node in nodes if isinstance(node, tree.Identifier)))
    functions = tuple(dict.fromkeys(node.name for node in nodes if isinstance(node, tree.FunctionCall)))
    fault = fault or compile_expression(source, coercion).fault
    result = "" if root is None or fault else _result(coerced(root) if coercion else root)
    findings = (
        *_findings(source, nodes, names=names, fault=fault),
        *(coercion_traps(source) if coercion else ()),
    )
    operator = root.operator if isinstance(root, tree.Binary) and root.operator in _NEVER_TRUE else ""
    return Analysis(source, names, functions, result, operator, fault, findings)


def _result(root: tree.Node) -> str:
    found = check(root)
    if found.is_nil:
        return "<nil>"
    return "" if found.is_unknown else found.name


def _read(source: str) -> tuple[tree.Node | None, str]:
    """The tree, or why there is none."""
    try:
        text = rewrite(source)
    except Fault as fault:
        return None, fault.message
    try:
        return parse(text), ""
    except SyntaxFault as fault:
        return None, located(fault.message, text, fault.at)
    except RecursionError:
        return None, compile_expression(source).fault


def _findings(
    source: str, nodes: list[tree.Node], *, names: tuple[str, ...], fault: str
) -> Iterator[Finding]:
    known = [
        *_about_quotes(source),
        *_about_contains(source),
        *_about_hash_names(source),
        *_about_words(names, fault),
        *_about_declarations(nodes),
        *_about_remainders(nodes),
        *_about_results(nodes),
    ]
    if fault and not any(finding.trap in _EXPLAINS_A_FAULT for finding in known):
        first_line = fault.partition("\n")[0]
        yield Finding(Trap.UNREADABLE, f"{first_line}{_hint(fault)}")
    yield from known


_EXPLAINS_A_FAULT: Final = frozenset(
    {Trap.QUOTES, Trap.CONTAINS_CALL, Trap.FUNCTION_NAME, Trap.RESERVED_WORD}
)

# --- what the fault gives away -------------------------------------------------------------------------

_HINTS: Final = (
    (r'unexpected token Operator\("="\)', "compare with =="),
    (r'unexpected token Identifier\("(?:AND|OR|NOT)"\)', "write and, or, not in small letters"),
    (r'unexpected token Operator\("&"\)', "write &&"),
    (r'unexpected token Operator\("\|"\)', "write ||, or name() behind a pipe"),
    (r"^unexpected token EOF$", "there is nothing to evaluate"),
    (r"mismatched types (?:string|int|float64) and", "convert one side, as in string(1) or int(text)"),
)


def _hint(fault: str) -> str:
    for pattern, hint in _HINTS:
        if re.search(pattern, fault.partition("\n")[0]):
            return f": {hint}"
    return ""


_FOREIGN_WORDS: Final = {
    "null": "nil", "None": "nil", "undefined": "nil", "True": "true", "TRUE": "true", "False": "false",
    "FALSE": "false", "$env": "the variable's own name",
}  # fmt: skip
_UNEXPECTED_WORD: Final = re.compile(r'unexpected token Operator\("([A-Za-z]+)"\)')
_FUNCTION_TYPE: Final = re.compile(
    r"mismatched types? .*func\(|\(type func\(|type func\(.* has no field|got func\("
)


def _about_words(names: tuple[str, ...], fault: str) -> Iterator[Finding]:
    for name in names:
        if name in _FOREIGN_WORDS:
            text = f'"{name}" is an undefined variable here; write {_FOREIGN_WORDS[name]}'
            yield Finding(Trap.FOREIGN_WORD, text)
        elif name in FUNCTION_NAMES and _FUNCTION_TYPE.search(fault):
            text = f'"{name}" is a function of the language; a variable of that name can only stand alone: rename it'
            yield Finding(Trap.FUNCTION_NAME, text)
    word = _UNEXPECTED_WORD.search(fault)
    if word and word[1] in RESERVED_WORDS and word[1] != "contains":
        text = f'"{word[1]}" is a word of the language and cannot name a variable'
        yield Finding(Trap.RESERVED_WORD, text)


def _about_declarations(nodes: list[tree.Node]) -> Iterator[Finding]:
    for node in nodes:
        if isinstance(node, tree.Declaration):
            text = f"let does not work: {node.name} is looked for among the variables; use a transformation"
            yield Finding(Trap.RESERVED_WORD, text)


def _about_remainders(nodes: list[tree.Node]) -> Iterator[Finding]:
    for node in nodes:
        if not isinstance(node, tree.Binary) or node.operator != "%":
            continue
        if any(
            isinstance(side, tree.Identifier | tree.Member | tree.Pointer) for side in (node.left, node.right)
        ):
            text = "variables are doubles, which have no remainder; write int(x) % 2"
            yield Finding(Trap.REMAINDER, text)
            return


def _about_results(nodes: list[tree.Node]) -> Iterator[Finding]:
    last = nodes[-1] if nodes else None
    if isinstance(last, tree.FunctionCall) and last.name in ("groupBy", "fromPairs"):
        text = f"JSON cannot hold what {last.name} gives: the engine answers 500 to the request that led here"
        yield Finding(Trap.NO_JSON, text)
    for node in nodes:
        divisor = node.right if isinstance(node, tree.Binary) and node.operator == "/" else None
        if isinstance(divisor, tree.Literal) and divisor.value == 0:
            text = "what is divided by zero is infinite, which JSON cannot hold: the engine answers 500 to the request"
            yield Finding(Trap.NO_JSON, text)
            return


# --- what the rewriting does ---------------------------------------------------------------------------

# Strings as an author reads them, each kind of quote closing itself.
_STRINGS: Final = re.compile(r"`((?:[^`]|``)*)`|\"((?:\\.|[^\"\\\n])*)\"|'((?:\\.|[^'\\\n])*)'", re.DOTALL)
_REWRITTEN_WITHIN: Final = re.compile(r"#[A-Za-z_]|\$\{|\bcontains\(")
_CONTAINS: Final = re.compile(r"(?:(!|\bnot\s+)\s*)?\bcontains\(")
_HASH_DASH: Final = re.compile(r"#([A-Za-z_]\w*)-([A-Za-z_]\w*)")
_HASH_POINTER: Final = re.compile(r"#(index|acc)\b")


def _without_strings(source: str) -> str:
    return _STRINGS.sub('""', source)


def _about_quotes(source: str) -> Iterator[Finding]:
    for found in _STRINGS.finditer(source):
        raw, double, single = found.groups()
        within = raw or double or single or ""
        if (double and "'" in double and source.count("'") > 1) or (
            single and ('"' in single or "\\'" in single)
        ):
            text = f"the quotes in {found[0]} are exchanged blindly; use backquotes, with double quotes at most within"
            yield Finding(Trap.QUOTES, text)
        if raw and raw.count("'") > 1:
            yield Finding(
                Trap.QUOTES, f"the single quotes in {found[0]} become double ones, in backquotes as well"
            )
        if _REWRITTEN_WITHIN.search(within):
            text = (
                f"#name, ${{…}} and contains(…) are rewritten within quotes as well, as in {found[0]}; put such a text "
                'together: "#" + "name"'
            )
            yield Finding(Trap.REWRITTEN_TEXT, text)


def _about_contains(source: str) -> Iterator[Finding]:
    outside = _without_strings(source)
    calls = list(_CONTAINS.finditer(outside))
    if any(call[1] for call in calls):
        text = "!contains(list, x) becomes !(x) in (list), which fails; write not (x in list)"
        yield Finding(Trap.CONTAINS_CALL, text)
    elif calls and _CONTAINS.search(_without_strings(_rewritten(source))):
        text = "contains(…) works with two plain arguments only, without parentheses; write x in list"
        yield Finding(Trap.CONTAINS_CALL, text)
    elif "," in "".join(re.findall(r"\bcontains\(\s*\[([^\]]*)\]", outside)):
        text = "contains([a, b], x) is cut at the first comma; write x in [a, b]"
        yield Finding(Trap.CONTAINS_CALL, text)


def _rewritten(source: str) -> str:
    try:
        return rewrite(source)
    except Fault:
        return ""


def _about_hash_names(source: str) -> Iterator[Finding]:
    outside = _without_strings(source)
    if found := _HASH_DASH.search(outside):
        text = f"{found[0]} is {found[1]} minus {found[2]}; a name with a dash cannot be read"
        yield Finding(Trap.HASH_NAME, text)
    if found := _HASH_POINTER.search(outside):
        text = (
            f"#{found[1]} becomes the variable {found[1]}; there is no index and no accumulator in predicates"
        )
        yield Finding(Trap.HASH_NAME, text)
