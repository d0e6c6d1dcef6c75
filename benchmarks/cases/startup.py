"""Start-up: a worker until its first poll, and every class of command beside `python -c pass`."""

from __future__ import annotations

import os
import pty
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from benchmarks.bench import Bench
from benchmarks.engines import ROCHALLOR, Engine, null_engine
from benchmarks.processes import our_environment
from benchmarks.report import number
from benchmarks.results import Result, Sample
from benchmarks.workflows import chain, start_many, upload

READY_S = 20.0
BARE = "python -c pass"


def worker_startup(bench: Bench) -> Iterator[Result]:
    """From the start of the process to the arrival of its first poll."""
    result = Result("startup", "null", "A worker process from its start to its first poll")
    for _, contender in bench.interleaved():
        with null_engine() as engine:
            begun_s = time.monotonic()
            with contender.worker(engine.url):
                ready_ms = (_first_poll_s(engine) - begun_s) * 1000
        result.samples.append(Sample(contender.name, {"ready_ms": ready_ms}))
    yield result


def _first_poll_s(engine: Engine) -> float:
    """When the first poll came; processes of one machine share the monotonic clock."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        first_s = engine.counts()["first_poll_s"]
        if first_s:
            return first_s
        time.sleep(0.02)
    return float("nan")


@dataclass(frozen=True)
class Command:
    """A class of commands: what to run, in which streams, and how many bare starts it may take."""

    name: str
    arguments: tuple[str, ...]
    goal: float | None = None
    terminal: bool = False


def command_startup(bench: Bench) -> Iterator[Result]:
    """Every class of command, interleaved with bare Python; the goals are cli's own."""
    result = Result("cli", "null", "Start-up of commands")
    with null_engine() as engine:
        commands = _commands(engine)
        for command in commands:
            _times(command)  # once unmeasured: bytecode is written and files are in memory
        for _ in range(bench.rounds * 3):
            for command in commands:
                result.samples.append(Sample(command.name, _times(command)))
    for command in commands:
        _add_ratio(result, command)
    yield result


def _commands(engine: Engine) -> list[Command]:
    definition = chain(1, "cli")
    definition_id = upload(engine, definition)
    start_many(engine, definition_id, 1)
    with engine.wire() as wire:
        listed = wire.call("GET", f"/v1/instances?definitionId={definition_id}")
    instance_id = listed["items"][0]["id"]
    at = ("--engine-url", engine.url)
    return [
        Command(BARE, ()),
        Command("--version", ("--version",), 2),
        Command("--help, terminal", ("--help",), 10, terminal=True),
        Command("--help, pipe", ("--help",), 6),
        Command("instances get -o json", ("instances", "get", instance_id, "-o", "json", *at), 13),
        Command("instances get -o table", ("instances", "get", instance_id, "-o", "table", *at), 15),
        Command("instances list", ("instances", "list", *at), 11),
        Command("instances list, terminal", ("instances", "list", *at), terminal=True),
        Command("defs list", ("defs", "list", *at)),
        Command("work --help", ("work", "--help")),
    ]


def _times(command: Command) -> dict[str, float]:
    """What one start takes: by the clock, and in CPU time, which other work on the machine disturbs less."""
    code: Sequence[str] = ("-c", "pass") if command.name == BARE else ROCHALLOR
    run = [sys.executable, *code, *command.arguments]
    begun_s, cpu_s = time.perf_counter(), _cpu_of_children_s()
    status, output = (_run_on_terminal if command.terminal else _run_on_pipe)(run)
    took_s, used_s = time.perf_counter() - begun_s, _cpu_of_children_s() - cpu_s
    if status:
        raise OSError(f"{' '.join(run)}: status {status}: {output.decode()[-500:]}")
    return {"ms": took_s * 1000, "cpu_ms": used_s * 1000}


def _cpu_of_children_s() -> float:
    """CPU time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run_on_pipe(run: Sequence[str]) -> tuple[int, bytes]:
    finished = subprocess.run(run, env=our_environment(), capture_output=True, check=False)
    return finished.returncode, finished.stdout + finished.stderr


def _run_on_terminal(run: Sequence[str]) -> tuple[int, bytes]:
    ours, theirs = pty.openpty()
    output = b""
    with subprocess.Popen(run, env=our_environment(), stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        # Linux reports the end of a terminal as an error, macOS as an empty read.
        with suppress(OSError):
            while data := os.read(ours, 65536):
                output += data
        os.close(ours)
    return process.returncode, output


def _add_ratio(result: Result, command: Command) -> None:
    ratio = result.ratio(command.name, BARE, "cpu_ms")
    if ratio is not None and command.name != BARE:
        goal = "" if command.goal is None else f", goal ≤ {command.goal:g}: {_held(ratio <= command.goal)}"
        result.notes.append(f"{command.name}: {number(ratio)} × the CPU time of {BARE}{goal}")


def _held(is_held: bool) -> str:
    return "held" if is_held else "MISSED"
