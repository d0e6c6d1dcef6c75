"""From a checked and simplified tree to a program: a list of instructions for the machine.

Each instruction remembers the position of the node it stands for, which is where a fault is reported. Jumps
go forward by a number of instructions, loops go back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rochallor_cli.dev_engine.expression.functions import FUNCTIONS
from rochallor_cli.dev_engine.expression.patterns import compile_pattern
from rochallor_cli.dev_engine.expression.program import instructions as do
from rochallor_cli.dev_engine.expression.program import loop_instructions as loop
from rochallor_cli.dev_engine.expression.program.emitter import Emitter
from rochallor_cli.dev_engine.expression.program.instructions import Instruction
from rochallor_cli.dev_engine.expression.program.loop_compiler import LOOPS
from rochallor_cli.dev_engine.expression.syntax import tree
from rochallor_cli.dev_engine.expression.syntax.tree import Coercion


@dataclass(frozen=True, slots=True)
class Program:
    """What the machine runs, and what a report needs: the rewritten source and a position per instruction."""

    text: str
    code: tuple[tuple[Instruction, object], ...]
    positions: tuple[int, ...]


def compile_tree(node: tree.Node, text: str) -> Program:
    """The program of a tree; ``text`` is the source that positions refer to."""
    compiler = _Compiler()
    compiler.visit(node)
    return Program(text, tuple(compiler.code), tuple(compiler.positions))


_BINARY: Final[dict[str, Instruction]] = {
    "<": do.less, ">": do.more, "<=": do.less_or_equal, ">=": do.more_or_equal,
    "+": do.add, "-": do.subtract, "*": do.multiply, "/": do.divide, "%": do.modulo,
    "**": do.exponentiate, "^": do.exponentiate, "in": do.contained, "..": do.make_range,
    "contains": do.text_contains, "startsWith": do.text_starts, "endsWith": do.text_ends,
    "matches": do.matches,
}  # fmt: skip
_SHORT_CIRCUITS: Final[dict[str, Instruction]] = {
    "and": do.jump_if_false,
    "&&": do.jump_if_false,
    "or": do.jump_if_true,
    "||": do.jump_if_true,
    "??": do.jump_if_not_nil,
}
_COERCIONS: Final[dict[Coercion, Instruction]] = {
    Coercion.NUMBER: do.coerce_to_number,
    Coercion.BOOLEAN: do.coerce_to_boolean,
    Coercion.NUMBER_OR_SAME: do.coerce_to_number_or_same,
}


class _Compiler(Emitter):
    def __init__(self) -> None:
        super().__init__()
        self.chains: list[list[int]] = []
        self.declared: list[str] = []

    def visit(self, node: tree.Node, parent: tree.Node | None = None) -> None:
        """Emit a node; a chain of operators is gone down without recursion, it may be long."""
        outer = self.at
        first, spine = tree.left_spine(node)
        self.at = first.at
        if isinstance(first, tree.Chain):
            self.chain(first, spine[0] if spine else parent)
        else:
            _VISITORS[type(first)](self, first)
        for link in spine:
            self.at = link.at
            if isinstance(link, tree.Binary):
                self.operator_and_right(link)
            else:
                self.emit(_COERCIONS[link.to])
        self.at = outer

    # --- names, literals, operators ------------------------------------------------------------------

    def nil(self, _node: tree.Nil) -> None:
        self.emit(do.push, None)

    def identifier(self, node: tree.Identifier) -> None:
        if node.name in self.declared:
            self.emit(do.load_declared, node.name)
        else:
            self.emit(do.load, node.name)

    def literal(self, node: tree.Literal) -> None:
        self.emit(do.push, node.value)

    def unary(self, node: tree.Unary) -> None:
        self.visit(node.operand)
        if node.operator != "+":
            self.emit(do.negate if node.operator == "-" else do.invert)

    def operator_and_right(self, node: tree.Binary) -> None:
        """Everything of an operation but its left side, which has been emitted."""
        if node.operator in _SHORT_CIRCUITS:
            end = self.emit(_SHORT_CIRCUITS[node.operator])
            self.emit(do.pop)
            self.visit(node.right, node)
            self.land(end)
        elif (
            node.operator == "matches"
            and isinstance(node.right, tree.Literal)
            and isinstance(node.right.value, str)
        ):
            self.emit(do.matches_pattern, compile_pattern(node.right.value))
        else:
            self.visit(node.right, node)
            self.emit(_equality(node) if node.operator in ("==", "!=") else _BINARY[node.operator])
            if node.operator == "!=":
                self.emit(do.invert)

    # --- members and calls -----------------------------------------------------------------------------

    def chain(self, node: tree.Chain, parent: tree.Node | None) -> None:
        self.chains.append([])
        self.visit(node.inner)
        for jump in self.chains.pop():
            self.land(jump)
        if not (isinstance(parent, tree.Binary) and parent.operator == "??"):
            self.emit(do.nil_if_nil)

    def member(self, node: tree.Member) -> None:
        self.visit(node.owner)
        if node.optional and self.chains:
            self.chains[-1].append(self.emit(do.jump_if_nil))
        self.visit(node.key)
        self.emit(do.fetch)

    def slice(self, node: tree.Slice) -> None:
        self.visit(node.owner)
        if node.high is None:
            self.emit(do.push_length)
        else:
            self.visit(node.high)
        if node.low is None:
            self.emit(do.push, 0)
        else:
            self.visit(node.low)
        self.emit(do.cut)

    def call(self, node: tree.Call) -> None:
        for argument in node.arguments:
            self.visit(argument)
        self.visit(node.callee)
        self.emit(do.call, len(node.arguments))

    def function(self, node: tree.FunctionCall) -> None:
        if node.name in LOOPS:
            self.visit(node.arguments[0])
            self.emit(loop.begin)
            LOOPS[node.name](self, node)
            return
        for argument in node.arguments:
            self.visit(argument)
        self.emit(do.call_function, (FUNCTIONS[node.name], len(node.arguments)))

    # --- the rest --------------------------------------------------------------------------------------

    def predicate(self, node: tree.Predicate) -> None:
        self.visit(node.body)

    def pointer(self, node: tree.Pointer) -> None:
        self.emit({"": loop.push_item, "index": loop.push_index, "acc": loop.push_accumulator}[node.name])

    def declaration(self, node: tree.Declaration) -> None:
        self.visit(node.value)
        self.emit(do.declare, node.name)
        self.declared.append(node.name)
        self.visit(node.body)
        self.declared.pop()

    def sequence(self, node: tree.Sequence) -> None:
        for part in node.parts[:-1]:
            self.visit(part)
            self.emit(do.pop)
        self.visit(node.parts[-1])

    def conditional(self, node: tree.Conditional) -> None:
        self.visit(node.condition)
        otherwise = self.emit(do.jump_if_false)
        self.emit(do.pop)
        self.visit(node.yes)
        end = self.emit(do.jump)
        self.land(otherwise)
        self.emit(do.pop)
        self.visit(node.no)
        self.land(end)

    def list(self, node: tree.ListLiteral) -> None:
        for item in node.items:
            self.visit(item)
        self.emit(do.push, len(node.items))
        self.emit(do.make_list)

    def map_literal(self, node: tree.MapLiteral) -> None:
        for key, value in node.pairs:
            self.visit(key)
            self.visit(value)
        self.emit(do.push, len(node.pairs))
        self.emit(do.make_map)


def _equality(node: tree.Binary) -> Instruction:
    """Two values of one known type are compared as such, which fails where they turn out to be of another."""
    kinds = {node.left.type.kind, node.right.type.kind}
    if kinds == {"int"} and not node.left.type.is_named and not node.right.type.is_named:
        return do.same_int
    return do.same_text if kinds == {"string"} else do.same


_VISITORS: Final[dict[type[tree.Node], Callable[..., None]]] = {
    tree.Nil: _Compiler.nil,
    tree.Identifier: _Compiler.identifier,
    tree.Literal: _Compiler.literal,
    tree.Unary: _Compiler.unary,
    tree.Member: _Compiler.member,
    tree.Slice: _Compiler.slice,
    tree.Call: _Compiler.call,
    tree.FunctionCall: _Compiler.function,
    tree.Predicate: _Compiler.predicate,
    tree.Pointer: _Compiler.pointer,
    tree.Declaration: _Compiler.declaration,
    tree.Sequence: _Compiler.sequence,
    tree.Conditional: _Compiler.conditional,
    tree.ListLiteral: _Compiler.list,
    tree.MapLiteral: _Compiler.map_literal,
}
