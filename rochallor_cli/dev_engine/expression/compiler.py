"""From a checked and simplified tree to a program: a list of instructions for the machine.

Each instruction remembers the position of the node it stands for, which is where a fault is reported. Jumps
go forward by a number of instructions, loops go back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rochallor_cli.dev_engine.expression import instructions as do
from rochallor_cli.dev_engine.expression import tree
from rochallor_cli.dev_engine.expression.functions import FUNCTIONS
from rochallor_cli.dev_engine.expression.instructions import Instruction
from rochallor_cli.dev_engine.expression.patterns import compile_pattern


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


class _Compiler:
    def __init__(self) -> None:
        self.code: list[tuple[Instruction, object]] = []
        self.positions: list[int] = []
        self.at = 0
        self.chains: list[list[int]] = []
        self.declared: list[str] = []

    # --- emitting ----------------------------------------------------------------------------------

    def emit(self, instruction: Instruction, argument: object = None) -> int:
        """Add an instruction; the answer is its index, for jumps that get their length later."""
        self.code.append((instruction, argument))
        self.positions.append(self.at)
        return len(self.code) - 1

    def land(self, jump: int) -> None:
        """Let a jump end behind what has been emitted so far."""
        self.code[jump] = (self.code[jump][0], len(self.code) - jump - 1)

    def jump_back(self, target: int) -> None:
        """Go back to an instruction."""
        self.emit(do.jump, target - len(self.code) - 1)

    def visit(self, node: tree.Node, parent: tree.Node | None = None) -> None:
        """Emit a node; a chain of operators is gone down without recursion, it may be long."""
        spine: list[tree.Binary] = []
        outer = self.at
        while isinstance(node, tree.Binary):
            spine.append(node)
            parent, node = node, node.left
        self.at = node.at
        if isinstance(node, tree.Chain):
            self.chain(node, parent)
        else:
            _VISITORS[type(node)](self, node)
        for binary in reversed(spine):
            self.at = binary.at
            self.operator_and_right(binary)
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
        if node.name in _LOOPS:
            self.visit(node.arguments[0])
            self.emit(do.begin)
            _LOOPS[node.name](self, node)
            return
        for argument in node.arguments:
            self.visit(argument)
        self.emit(do.call_function, (FUNCTIONS[node.name], len(node.arguments)))

    # --- loops -----------------------------------------------------------------------------------------

    def _loop(self, body: Callable[[], None]) -> None:
        start = len(self.code)
        end = self.emit(do.jump_if_done)
        body()
        self.emit(do.next_item)
        self.jump_back(start)
        self.land(end)

    def _loop_backwards(self, body: Callable[[], None]) -> None:
        self.emit(do.to_last_item)
        start = len(self.code)
        end = self.emit(do.jump_if_before_first)
        body()
        self.emit(do.previous_item)
        self.jump_back(start)
        self.land(end)

    def _if_true(self, body: Callable[[], None]) -> None:
        """Run ``body`` where the truth value on the stack is true; it is taken off either way."""
        otherwise = self.emit(do.jump_if_false)
        self.emit(do.pop)
        body()
        end = self.emit(do.jump)
        self.land(otherwise)
        self.emit(do.pop)
        self.land(end)

    def quantifier(self, node: tree.FunctionCall) -> None:
        """``all``, ``any``, ``none``: stop at the first item that decides."""
        breaks: list[int] = []

        def body() -> None:
            self.visit(node.arguments[1])
            if node.name == "none":
                self.emit(do.invert)
            breaks.append(self.emit(do.jump_if_true if node.name == "any" else do.jump_if_false))
            self.emit(do.pop)

        self._loop(body)
        self.emit(do.push, node.name != "any")
        self.land(breaks[0])
        self.emit(do.end)

    def one(self, node: tree.FunctionCall) -> None:
        self._counting(node)
        self.emit(do.push_count)
        self.emit(do.push, 1)
        self.emit(do.same)
        self.emit(do.end)

    def _counting(self, node: tree.FunctionCall, on_hit: Callable[[], None] | None = None) -> None:
        def hit() -> None:
            self.emit(do.count_item)
            if on_hit:
                on_hit()

        def body() -> None:
            if len(node.arguments) > 1:
                self.visit(node.arguments[1])
            else:
                self.emit(do.push_item)
            self._if_true(hit)

        self._loop(body)

    def _push_found(self, node: tree.FunctionCall) -> None:
        if node.then is not None:
            self.visit(node.then)
        else:
            self.emit(do.push_item)

    def filter(self, node: tree.FunctionCall) -> None:
        self._counting(node, lambda: self._push_found(node))
        self.emit(do.push_count)
        self.emit(do.end)
        self.emit(do.make_list)

    def map(self, node: tree.FunctionCall) -> None:
        self._loop(lambda: self.visit(node.arguments[1]))
        self.emit(do.push_item_count)
        self.emit(do.end)
        self.emit(do.make_list)

    def count(self, node: tree.FunctionCall) -> None:
        breaks: list[int] = []

        def stop_when_enough() -> None:
            if node.enough is not None:
                breaks.append(self.emit(do.jump_if_enough, node.enough))

        self._counting(node, stop_when_enough)
        for jump in breaks:
            # The instruction needs the bound as well as the way.
            self.code[jump] = (do.jump_if_enough, (node.enough, len(self.code) - jump - 1))
        self.emit(do.push_count)
        self.emit(do.end)

    def sum(self, node: tree.FunctionCall) -> None:
        self.emit(do.push, 0)
        self.emit(do.set_accumulator)

        def body() -> None:
            if len(node.arguments) == 2:
                self.visit(node.arguments[1])
            else:
                self.emit(do.push_item)
            self.emit(do.push_accumulator)
            self.emit(do.add)
            self.emit(do.set_accumulator)

        self._loop(body)
        self.emit(do.push_accumulator)
        self.emit(do.end)

    def find(self, node: tree.FunctionCall) -> None:
        breaks: list[int] = []

        def body() -> None:
            self.visit(node.arguments[1])
            missed = self.emit(do.jump_if_false)
            self.emit(do.pop)
            if node.name.endswith("Index"):
                self.emit(do.push_index)
            else:
                self._push_found(node)
            breaks.append(self.emit(do.jump))
            self.land(missed)
            self.emit(do.pop)

        (self._loop_backwards if node.name.startswith("findLast") else self._loop)(body)
        if node.must_find:
            self.emit(do.fail, "reflect: slice index out of range")
        else:
            self.emit(do.push, None)
        self.land(breaks[0])
        self.emit(do.end)

    def group_by(self, node: tree.FunctionCall) -> None:
        self.emit(do.start_groups)

        def body() -> None:
            self.visit(node.arguments[1])
            self.emit(do.group_item)

        self._loop(body)
        self.emit(do.push_accumulator)
        self.emit(do.end)

    def sort_by(self, node: tree.FunctionCall) -> None:
        if len(node.arguments) == 3:
            self.visit(node.arguments[2])
        else:
            self.emit(do.push, "asc")
        self.emit(do.start_sorting)

        def body() -> None:
            self.visit(node.arguments[1])
            self.emit(do.keep_for_sorting)

        self._loop(body)
        self.emit(do.push_sorted)
        self.emit(do.end)

    def reduce(self, node: tree.FunctionCall) -> None:
        if len(node.arguments) == 3:
            self.visit(node.arguments[2])
        else:
            empty = self.emit(do.jump_if_done)
            self.emit(do.push_item)
            self.emit(do.next_item)
            filled = self.emit(do.jump)
            self.land(empty)
            self.emit(do.fail, "reduce of empty array with no initial value")
            self.land(filled)
        self.emit(do.set_accumulator)

        def body() -> None:
            self.visit(node.arguments[1])
            self.emit(do.set_accumulator)

        self._loop(body)
        self.emit(do.push_accumulator)
        self.emit(do.end)

    # --- the rest --------------------------------------------------------------------------------------

    def predicate(self, node: tree.Predicate) -> None:
        self.visit(node.body)

    def pointer(self, node: tree.Pointer) -> None:
        self.emit({"": do.push_item, "index": do.push_index, "acc": do.push_accumulator}[node.name])

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


_LOOPS: Final[dict[str, Callable[[_Compiler, tree.FunctionCall], None]]] = {
    **dict.fromkeys(("all", "any", "none"), _Compiler.quantifier),
    "one": _Compiler.one,
    "filter": _Compiler.filter,
    "map": _Compiler.map,
    "count": _Compiler.count,
    "sum": _Compiler.sum,
    **dict.fromkeys(("find", "findIndex", "findLast", "findLastIndex"), _Compiler.find),
    "groupBy": _Compiler.group_by,
    "sortBy": _Compiler.sort_by,
    "reduce": _Compiler.reduce,
}

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
