"""Definitions that nobody would write, made by chance: every type of step, loops, joins from anywhere, timers."""

from __future__ import annotations

import random
from typing import Any

from rochallor_cli.dev_engine import engine_rules

Step = dict[str, Any]
RESTING = ("SERVICE_TASK", "USER_TASK", "WAIT")


def random_definition(rng: random.Random, version: str, *, timers: bool = True) -> dict[str, Any]:
    """A document that every engine of the version accepts, and that never goes round without a rest.

    Conditions of one step exclude each other where the engine has no order for them.
    """
    while True:
        steps = _Draft(rng, version, timers=timers).steps()
        if _is_reached(steps) and not _spins(steps):
            return {"id": "walk", "name": "Walk", "steps": steps}


class _Draft:
    def __init__(self, rng: random.Random, version: str, *, timers: bool) -> None:
        self._rng = rng
        self._rules = engine_rules(version)
        self._ids = [f"s{number}" for number in range(rng.randint(3, 8))]
        self._joins: list[str] = []
        self._timers = timers
        # No two timers of one moment: their order is the engine's own.
        self._minutes = rng.sample(range(1, 200), 20)

    def steps(self) -> list[Step]:
        found = [step for number in range(len(self._ids)) for step in self._some(number)]
        for step in found:
            if self._joins and step["type"] in (*RESTING, "TRANSFORMATION") and self._rng.random() < 0.5:
                step["nextStep"] = self._rng.choice(self._joins)
        return [*found, _step("end", "END")]

    def _some(self, number: int) -> list[Step]:
        id_, pick = self._ids[number], self._rng.random()
        if pick < 0.38:
            return [
                self._resting(number, "SERVICE_TASK", jobType=id_, retryCount=self._rng.choice((0, 0, 1, 2)))
            ]
        if pick < 0.48:
            return [self._resting(number, "USER_TASK")]
        if pick < 0.57:
            return [self._resting(number, "WAIT")]
        if pick < 0.67:
            entries = {"a": "${a + 1}"}
            return [_step(id_, "TRANSFORMATION", transformations=entries, nextStep=self._after(number))]
        if pick < 0.73 and self._rules.decision_tables:
            return [self._table(number)]
        if pick < 0.8:
            return [_step(id_, "DECISION", conditionalNextSteps=self._branches(number, 2))]
        join = f"j{number}"
        self._joins.append(join)
        branches = [self._after(number) for _ in range(self._rng.randint(2, 4))]
        gateway = _step(id_, "PARALLEL_GATEWAY", parallelNextSteps=branches, joinStep=join)
        return [gateway, _step(join, "JOIN_GATEWAY", nextStep=self._after(number))]

    def _resting(self, number: int, type_: str, **fields: Any) -> Step:
        step = _step(self._ids[number], type_, nextStep=self._after(number), **fields)
        if self._rng.random() < 0.15:
            step["conditionalNextSteps"] = self._branches(number, 1)
        if type_ == "USER_TASK" and self._rng.random() < 0.15:
            del step["nextStep"]
        if self._timers and self._rng.random() < 0.2:
            step["boundaryEvents"] = [self._timer(number) for _ in range(self._rng.randint(1, 2))]
        return step

    def _timer(self, number: int) -> Step:
        duration, interrupting = f"PT{self._minutes.pop()}M", self._rng.random() < 0.5
        target = self._after(number)
        return {"type": "TIMER", "duration": duration, "interrupting": interrupting, "targetStepId": target}

    def _table(self, number: int) -> Step:
        rng = self._rng
        rules = [
            {"when": {"c": f"a > {rng.randint(0, 3)}"}, "outputs": {"t": rng.randint(0, 3)}}
            for _ in range(rng.randint(1, 3))
        ]
        if rng.random() < 0.6:
            rules.append({"when": {}, "outputs": {"t": 0, "a": "${a + 1}"}})
        table = {"rules": rules}
        step = _step(self._ids[number], "DECISION_TABLE", decisionTable=table, hitPolicy="F")
        return step | {"nextStep": self._after(number)}

    def _branches(self, number: int, low: int) -> dict[str, str]:
        if self._rules.ordered_branches and self._rng.random() < 0.5:
            conditions = [f"a > {low}", f"a > {low} && true", "a < 99"]
        else:
            conditions = [f"a > {low}", self._rng.choice((f"a <= {low}", f"a < {low}"))]
        return {condition: self._after(number) for condition in conditions}

    def _after(self, number: int) -> str:
        """A later step as a rule, any one now and then."""
        if self._rng.random() < 0.12:
            return self._rng.choice(self._ids)
        return self._rng.choice([*self._ids[number + 1 :], "end"])


def _step(id_: str, type_: str, **fields: Any) -> Step:
    return {"id": id_, "name": id_, "type": type_, **fields}


def _ways(step: Step) -> list[str]:
    """Every step that this one names."""
    targets = [event["targetStepId"] for event in step.get("boundaryEvents", ())]
    targets += [*step.get("parallelNextSteps", ()), *step.get("conditionalNextSteps", {}).values()]
    return targets + [step[name] for name in ("nextStep", "joinStep") if name in step]


def _is_reached(steps: list[Step]) -> bool:
    ways = {step["id"]: _ways(step) for step in steps}
    found: set[str] = set()
    open_ = [steps[0]["id"]]
    while open_:
        id_ = open_.pop()
        if id_ not in found:
            found.add(id_)
            open_ += ways[id_]
    return len(found) == len(steps)


def _spins(steps: list[Step]) -> bool:
    """True where a circle without a rest exists: a real engine would hang in it."""
    left = {step["id"]: set(_ways(step)) for step in steps if step["type"] not in RESTING}
    while True:
        ended = [id_ for id_, targets in left.items() if not targets & left.keys()]
        if not ended:
            return bool(left)
        for id_ in ended:
            del left[id_]
