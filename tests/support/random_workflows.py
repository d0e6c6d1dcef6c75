"""Random definitions that every engine version takes at upload: loops, gateways, timers, dead ends and all."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from rochallor_cli.dev_engine import check
from rochallor_cli.dev_engine.versions import engine_rules
from support.workflows import (
    Document,
    decision,
    document,
    gateway,
    join,
    service,
    timer,
    transform,
    user_task,
    wait,
)

_DURATIONS = ("PT1M", "PT1M", "PT5M", "PT2H")


def random_document(random: Random, *, is_faulty: bool = True, has_timers: bool = True) -> Document:
    """A definition; is_faulty: also with what the engine accepts and regrets (no way on, unreadable durations)."""
    while True:
        made = _Maker(random, is_faulty=is_faulty, has_timers=has_timers).document()
        if not any(problem.severity == "error" for problem in check(made, engine_rules("0"))):
            return made


class _Maker:
    def __init__(self, random: Random, *, is_faulty: bool, has_timers: bool) -> None:
        self.random = random
        self.is_faulty = is_faulty
        self.has_timers = has_timers
        self.ids = [f"s{number}" for number in range(random.randint(2, 7))]

    def document(self) -> Document:
        steps: list[Document] = []
        for number, id_ in enumerate(self.ids):
            steps += self._step(id_, number)
        joins = [step["id"] for step in steps if step["type"] == "JOIN_GATEWAY"]
        for step in steps:
            if joins and step.get("nextStep") and not step["id"].startswith("j") and self._happens(0.5):
                step["nextStep"] = self.random.choice(joins)
        return document(*steps)

    def _happens(self, chance: float) -> bool:
        return self.random.random() < chance

    def _after(self, number: int) -> str:
        ahead = [*self.ids[number + 1 :], "end"]
        return self.random.choice(self.ids if self._happens(0.2) else ahead)

    def _step(self, id_: str, number: int) -> Sequence[Document]:
        after = self._after(number)
        kind = self.random.random()
        if kind < 0.45:
            return [self._resting(service(id_, after, retryCount=self.random.choice((0, 0, 1))), number)]
        if kind < 0.58:
            return [self._resting(user_task(id_, after), number)]
        if kind < 0.68:
            return [self._resting(wait(id_, after), number)]
        if kind < 0.74:
            return [transform(id_, {"n": self.random.choice(("${n + 1}", 0))}, after)]
        if kind < 0.82:
            return [decision(id_, self._branches(number))]
        branches = [self._after(number) for _ in range(self.random.randint(2, 3))]
        return [gateway(id_, branches, f"j{id_}"), join(f"j{id_}", after)]

    def _branches(self, number: int) -> dict[str, str]:
        border = self.random.randint(0, 2)
        other = f"n <= {border}" if self._happens(0.6) else "n < 99"
        return {f"n > {border}": self._after(number), other: self._after(number)}

    def _resting(self, step: Document, number: int) -> Document:
        if self._happens(0.15):
            step["conditionalNextSteps"] = self._branches(number)
        if self.has_timers and self._happens(0.3):
            step["boundaryEvents"] = [self._timer(number) for _ in range(self.random.randint(1, 2))]
        if self.is_faulty and step["type"] != "WAIT" and self._happens(0.15):
            del step["nextStep"]
        elif self.is_faulty and self._happens(0.03):
            step["conditionalNextSteps"] = {"n > 1": "nowhere", **self._branches(number)}
        return step

    def _timer(self, number: int) -> dict[str, Any]:
        duration = "PT0S" if self.is_faulty and self._happens(0.05) else self.random.choice(_DURATIONS)
        return timer(duration, self._after(number), interrupting=self._happens(0.5))
