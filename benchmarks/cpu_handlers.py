"""A handler that needs some milliseconds of CPU, always for the same work: `rochallor work -m benchmarks.cpu_handlers`.

Run as a program it does that work over and over, without any worker, and answers each line on standard input with
how often. It ends with its input.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import Job

JOB_TYPE = "bench"
ROUNDS = 160_000

registry = HandlerRegistry()


def burn() -> None:
    """Plain Python, which holds the interpreter's lock: two threads of a process take turns."""
    total = 0
    for number in range(ROUNDS):
        total += number & 7


@registry.handler(JOB_TYPE)
def handle(job: Job) -> dict[str, Any]:
    burn()
    return {"done": True}


class Burner(threading.Thread):
    """Burns until the process ends."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.jobs = 0

    def run(self) -> None:
        while True:
            burn()
            self.jobs += 1


def main() -> None:
    """Burn in one thread, answer in this one."""
    burner = Burner()
    burner.start()
    for _ in sys.stdin:
        used = {"jobs": burner.jobs, "cpu_s": time.process_time(), "now_s": time.monotonic()}
        print(json.dumps(used), flush=True)


if __name__ == "__main__":
    main()
