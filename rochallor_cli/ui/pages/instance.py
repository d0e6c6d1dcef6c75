"""One instance: graph, steps, timeline, variables, chain, and why it stands where it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rochallor_cli.engine_client.admin_client import ENDED, AdminClient, Value
from rochallor_cli.engine_client.reading import definition_of, mapping
from rochallor_cli.errors import CliError
from rochallor_cli.explanation.explaining import Explanation, confirmed_by
from rochallor_cli.explanation.facts import Facts
from rochallor_cli.explanation.parsed_definitions import ParsedDefinition
from rochallor_cli.explanation.part_texts import (
    ahead_words,
    cause_words,
    doubt_words,
    event_words,
    mover_parts,
    shown_movers,
    verdict_words,
)
from rochallor_cli.explanation.suggested_commands import retry_words, ways_out
from rochallor_cli.explanation.verdict_text import verdict_text
from rochallor_cli.graph.model import GraphNode, graph_of, painted
from rochallor_cli.output.step_states import state_text
from rochallor_cli.ui.page_engine import PageEngine, Query
from rochallor_cli.ui.pages.chain import MOST_DEFINITIONS, child_of, next_workflow, parent_of
from rochallor_cli.ui.pages.page import UiPage
from rochallor_cli.ui.pages.timeline import MOST_ROWS, timeline
from workflow_sdk.errors import WorkflowSDKError

_MOST_EXECUTIONS = 20
_MOST_EVENTS = 8
_EXPLANATION_HOLDS_S = 10.0
_ACTS = {"USER_TASK": "complete", "user-task": "complete", "WAIT": "signal", "signal": "signal"}


@dataclass(frozen=True)
class InstanceData:
    """An instance as it was found. explanation: None with the reason in `why_not`. child: None where there is none."""

    facts: Facts
    explanation: Explanation | None
    why_not: str
    version_text: str
    retry: str
    child: Value | None
    parent: Value | None
    at: datetime

    def offers(self, kind: str, step: str) -> bool:
        """Whether complete, signal or cancel is something that can be done now."""
        if kind == "cancel":
            return not self.facts.is_ended
        return {"kind": kind, "step": step} in acts_of(self)


class InstancePage(UiPage):
    """`/instances/ID`; `?chain=parent` looks for what started it."""

    template = "instance.html"
    parts = ("head", "why", "acting", "picture", "steps", "bars", "variables", "chain")
    section = "instances"

    def __init__(self, page_engine: PageEngine, address: str, *, instance_id: str, query: Query) -> None:
        super().__init__(page_engine, address)
        self.instance_id = instance_id
        self._wants_parent = query.get("chain") == "parent"
        self._parent: Value | None = None
        self._child: Value | None = None
        self._looked_for: set[str] = set()
        self._last: InstanceData | None = None

    def read(self) -> InstanceData:
        facts, why_not = self._facts()
        last = self._last
        if last is not None and _is_recent(last, facts, self.page_engine.now()):
            return last
        explanation, version = None, self.page_engine.version()
        if not why_not:
            try:
                explanation, facts = confirmed_by(
                    self.page_engine.facts, facts, version.possible, now=self.page_engine.now
                )
            except WorkflowSDKError:
                raise
            except CliError as error:
                why_not = error.message
            except Exception:  # noqa: BLE001 - a view of odd data shows what it has, as `instances get` does
                why_not = "what the engine says of it is odd"
        self._look_around(facts)
        around = (self._child, self._parent)
        self._last = InstanceData(
            facts, explanation, why_not, version.text, retry_words(version), *around, self.page_engine.now()
        )
        return self._last

    def every_s(self, found: InstanceData) -> float:
        # It may be retried: somebody who has just copied the command wants to see that.
        return 5.0 if found.facts.is_ended else 0.0

    def state(self, found: InstanceData) -> Any:
        return found.facts.instance, found.facts.executions

    @property
    def name(self) -> str:
        return f"Instance {self.instance_id}"

    def title(self, found: InstanceData) -> str:
        return f"{found.facts.status} {found.facts.instance.get('definitionId')} {self.instance_id}"

    def frame(self) -> dict[str, Any]:
        drawn_by = self.page_engine.command("defs", "graph", "--instance", self.instance_id)
        return {"instance_id": self.instance_id, "drawn_by": drawn_by}

    def values(self, found: InstanceData) -> dict[str, Any]:
        facts = found.facts
        anchors = {step: f"step-{number}" for number, step in enumerate(self._step_ids(facts))}
        verdict = verdict_text(found.explanation) if found.explanation and not facts.is_ended else ""
        drawn = painted(graph_of(facts.document), {**facts.instance, "verdict": verdict}, facts.executions)
        return {
            "instance": facts.instance,
            "instance_id": self.instance_id,
            "status": facts.status,
            "is_ended": facts.is_ended,
            "verdict": verdict,
            "graph": replace(drawn, title=drawn.title.partition(" · ")[0]),
            "anchors": anchors,
            "steps": self._steps(facts, {node.id: node for node in drawn.nodes}, anchors),
            "why": self._why(found),
            "acts": acts_of(found),
            "bars": timeline(facts.instance, facts.executions, self.page_engine.now()),
            "left_out": max(len(facts.executions) - MOST_ROWS, 0),
            "variables": facts.instance.get("variables"),
            "is_mapping": isinstance(facts.instance.get("variables"), dict),
            "chain": self._chain(found),
        }

    # --- reading ---------------------------------------------------------------------------------

    def _facts(self) -> tuple[Facts, str]:
        """What the engine says of it, and why it cannot be explained where something is odd or missing."""
        try:
            return self.page_engine.facts.facts(self.instance_id), ""
        except WorkflowSDKError:
            raise
        except CliError as error:
            return self._bare_facts(), error.message
        except Exception:  # noqa: BLE001 - likewise
            return self._bare_facts(), "what the engine says of it is odd"

    def _bare_facts(self) -> Facts:
        """What there is of an instance that cannot be explained: its definition may be missing."""
        engine = self.page_engine.engine
        instance = engine.instance(self.instance_id)
        executions = [
            {**row, "stepId": str(row.get("stepId")), "status": str(row.get("status"))}
            for row in engine.client.get_instance_history(self.instance_id)
        ]
        return Facts(instance, executions, ParsedDefinition(_definition(engine, instance)))

    def _look_around(self, facts: Facts) -> None:
        """The chain is looked up once, not at every look."""
        if self._child is None and facts.is_ended and self._is_new("child", facts):
            self._child = child_of(self.page_engine, instance=facts.instance, definition=facts.document)
        if self._wants_parent and self._is_new("parent", facts):
            self._parent = parent_of(self.page_engine, facts.instance)

    def _is_new(self, what: str, facts: Facts) -> bool:
        key = f"{what} {facts.status}"
        if key in self._looked_for:
            return False
        self._looked_for.add(key)
        return True

    # --- showing ---------------------------------------------------------------------------------

    def _step_ids(self, facts: Facts) -> list[str]:
        entered = [str(row.get("stepId")) for row in facts.executions]
        return list(dict.fromkeys([*facts.steps, *entered]))

    def _steps(
        self, facts: Facts, nodes: dict[str, GraphNode], anchors: dict[str, str]
    ) -> list[dict[str, Any]]:
        chosen = self._first_shown(facts)
        by_step: dict[str, list[Value]] = {}
        for row in facts.executions:
            by_step.setdefault(str(row.get("stepId")), []).append(row)
        return [
            {
                "id": step_id,
                "anchor": anchor,
                "fields": mapping(facts.steps.get(step_id)),
                "state": nodes[step_id].state if step_id in nodes else "",
                "table": nodes[step_id].table if step_id in nodes else None,
                "is_chosen": step_id == chosen,
                "is_missing": step_id in nodes and nodes[step_id].type == "missing",
                "earlier": max(len(by_step.get(step_id, [])) - _MOST_EXECUTIONS, 0),
                "executions": [
                    {**row, "state": state_text(row, ended=facts.is_ended)}
                    for row in by_step.get(step_id, [])[-_MOST_EXECUTIONS:]
                ],
            }
            for step_id, anchor in anchors.items()
        ]

    def _first_shown(self, facts: Facts) -> str:
        """The step that is looked at first: where it failed, where it is, or the last that it was in."""
        for status in ("FAILED", "RUNNING", ""):
            rows = [row for row in facts.executions if status in ("", row.get("status"))]
            if rows and not (status == "FAILED" and facts.status != "FAILED"):
                return str(rows[-1].get("stepId"))
        return next(iter(facts.steps), "")

    def _why(self, found: InstanceData) -> dict[str, Any]:
        explanation = found.explanation
        if explanation is None:
            return {"words": "", "why_not": found.why_not}
        commands = ways_out(explanation, found.facts, retry=found.retry)
        return {
            "words": verdict_words(explanation),
            "verdict": explanation.verdict,
            "why_not": "",
            "since": explanation.since,
            "movers": [
                (mover.step, *mover_parts(mover, more)) for mover, more in shown_movers(explanation.moved_by)
            ],
            "causes": [
                (
                    cause_words(cause),
                    [(str(row.get("stepId")), *event_words(row)) for row in cause.rows[-_MOST_EVENTS:]],
                )
                for cause in explanation.causes
            ],
            "ahead": [line for _, line in ahead_words(explanation)],
            "not_known": explanation.not_known,
            "doubt": "" if explanation.certain else doubt_words(found.version_text),
            "ways_out": [(self.page_engine.reaching(command), what) for command, what in commands],
        }

    def _chain(self, found: InstanceData) -> dict[str, Any]:
        return {
            "next": next_workflow(found.facts.document),
            "child": found.child,
            "parent": found.parent,
            "looked": self._wants_parent,
            "most": MOST_DEFINITIONS,
        }


def _is_recent(last: InstanceData, facts: Facts, now: datetime) -> bool:
    """Whether nothing has happened; from time to time it is explained anew all the same, since timers become due."""
    same = (facts.instance, facts.executions) == (last.facts.instance, last.facts.executions)
    return same and (now - last.at).total_seconds() < _EXPLANATION_HOLDS_S


def _definition(engine: AdminClient, instance: Value) -> Value:
    """An instance's definition; nothing where it cannot be had, for the rest is shown all the same."""
    try:
        return engine.definition(*definition_of(instance))
    except CliError:
        return {}


def acts_of(found: InstanceData) -> list[dict[str, str]]:
    """What a person can do now: the open user tasks and awaited signals, each once."""
    facts = found.facts
    if facts.status in ENDED:
        return []
    if found.explanation is not None:
        movers = found.explanation.moved_by
        open_ones = [(mover.kind, mover.step) for mover in movers if mover.answers_500 != "always"]
    else:
        rows = [row for row in facts.executions if row.get("status") == "RUNNING"]
        open_ones = [(str(row.get("stepType")), str(row.get("stepId"))) for row in rows]
    known = dict.fromkeys((_ACTS[kind], step) for kind, step in open_ones if kind in _ACTS)
    return [{"kind": kind, "step": step} for kind, step in known]
