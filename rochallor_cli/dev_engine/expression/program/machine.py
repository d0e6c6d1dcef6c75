"""Running a program: one instruction after the other, no recursion, a bounded number of steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rochallor_cli.dev_engine.expression.errors import Fault, SyntaxFault
from rochallor_cli.dev_engine.expression.evaluation_state import Run
from rochallor_cli.dev_engine.expression.program.compiler import Program


def run_program(program: Program, variables: Mapping[str, object], now: datetime) -> object:
    """The value of a program. Raises ``SyntaxFault``, with the position of the instruction that failed."""
    run = Run(variables, now)
    # The first instruction stands for what was wrong before any was done.
    code, at = program.code, 1
    length = len(code)
    try:
        run.charge(0)
        at = 0
        while at < length:
            instruction, argument = code[at]
            at += 1
            run.steps += 1
            jump = instruction(run, argument)
            if not jump:
                continue
            at += jump
            if jump < 0:  # only loops go back: without them the steps are few
                run.charge(0)
    except Fault as fault:
        raise SyntaxFault(fault.message, program.positions[at - 1]) from None
    finally:
        run.close()
    return run.stack[-1]
