"""Writing down a program: instructions, their positions, and jumps whose length is known only later."""

from __future__ import annotations

from abc import ABC, abstractmethod

from rochallor_cli.dev_engine.expression.program.instructions import Instruction, jump
from rochallor_cli.dev_engine.expression.syntax import tree


class Emitter(ABC):
    """A program in the making."""

    def __init__(self) -> None:
        self.code: list[tuple[Instruction, object]] = []
        self.positions: list[int] = []
        self.at = 0
        """Where in the source the node stands whose instructions are being emitted."""

    def emit(self, instruction: Instruction, argument: object = None) -> int:
        """Add an instruction; the answer is its index, for jumps that get their length later."""
        self.code.append((instruction, argument))
        self.positions.append(self.at)
        return len(self.code) - 1

    def land(self, index: int) -> None:
        """Let a jump end behind what has been emitted so far."""
        instruction, argument = self.code[index]
        by = len(self.code) - index - 1
        self.code[index] = (instruction, by if argument is None else (argument, by))

    def jump_back(self, target: int) -> None:
        """Go back to an instruction."""
        self.emit(jump, target - len(self.code) - 1)

    @abstractmethod
    def visit(self, node: tree.Node) -> None:
        """Emit a node."""
