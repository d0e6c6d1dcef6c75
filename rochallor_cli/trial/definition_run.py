"""A definition run once: on an embedded engine, or on one of yours under a name of its own."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.interruptions import held_interruptions
from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.definitions.uploads import Upload
from rochallor_cli.dev_engine import engine_rules
from rochallor_cli.documents.json_text import load_json
from rochallor_cli.engine_client.admin_client import ENDED, AdminClient, Value
from rochallor_cli.engine_client.connect import connect
from rochallor_cli.errors import CliError, Interrupted, UsageError, WaitRanOutError, did_you_mean
from rochallor_cli.hosting.config.host_config import LogConfig
from rochallor_cli.hosting.logs.log_setup import configure_host_logging
from rochallor_cli.instances.follow_displays import Follower, follower_for
from rochallor_cli.instances.following import Ending
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.text_width import harmless
from rochallor_cli.trial.flow_run import FlowRun, RunLines, SkippedTimers, StepAnswers
from rochallor_cli.trial.own_engine import own_engine
from rochallor_cli.trial.run_worker import ALL_OTHERS, WORKER_ID, registry_for, renamed, working
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineClientError
from workflow_sdk.handler.registry import HandlerRegistry

_CHAIN = ("autoStartNextWorkflow", "nextWorkflowId")


@dataclass(frozen=True)
class FlowPlan:
    """What is to be run: the definition first, then what it chains to; and what answers it."""

    uploads: Sequence[Upload]
    modules: Sequence[str]
    stubs: Mapping[str, dict[str, Any]]
    replies: Mapping[str, Sequence[Value]]
    variables: Value
    is_fast: bool
    # How many timers fire at most where they are not waited for.
    max_timers: int
    # How many steps are entered at most.
    max_steps: int
    timeout_s: float | None
    # On an engine of others: leave the instance as it stands.
    keeps: bool = False

    @property
    def definition(self) -> Value:
        return self.uploads[0].definition

    @property
    def job_types(self) -> dict[str, str]:
        """Those of the definition's steps."""
        return {str(step["id"]): str(step["jobType"]) for step in self._steps() if step.get("jobType")}

    @property
    def step_types(self) -> dict[str, str]:
        return {str(step["id"]): str(step["type"]) for step in self._steps()}

    @property
    def timed(self) -> set[str]:
        return {str(step["id"]) for step in self._steps() if step.get("boundaryEvents")}

    def require_known_steps(self) -> None:
        """Raises UsageError for an answer to a step, or a stub of a type, that is not there."""
        steps = {str(step["id"]): step.get("type") for step in self._steps()}
        for name in self.replies:
            if steps.get(name) not in ("USER_TASK", "WAIT"):
                known = [step for step, kind in steps.items() if kind in ("USER_TASK", "WAIT")]
                hint = did_you_mean(name, known) or f"there are: {', '.join(known) or 'none'}"
                raise UsageError(f"{name} is no user task and no wait of {self.definition['id']}", hint=hint)
        types = {str(step["jobType"]) for one in self.uploads for step in _steps(one) if step.get("jobType")}
        for name in self.stubs:
            if name not in types and name != ALL_OTHERS:
                hint = did_you_mean(name, sorted(types)) or f"there are: {', '.join(sorted(types)) or 'none'}"
                raise UsageError(f"--stub {name}: no step has this job type", hint=hint)

    def registry(self) -> HandlerRegistry:
        types = [str(step["jobType"]) for one in self.uploads for step in _steps(one) if step.get("jobType")]
        return registry_for(self.modules, stubs=self.stubs, job_types=types)

    def _steps(self) -> list[Value]:
        return _steps(self.uploads[0])


def _steps(upload: Upload) -> list[Value]:
    return [step for step in upload.definition["steps"] if isinstance(step, dict)]


def run_embedded(context: Context, plan: FlowPlan) -> Ending:
    """On an engine that is there for this run alone."""
    rules = engine_rules(context.offline_version().assumed, coercion=not context.settings.no_coercion)
    registry = plan.registry()
    with own_engine(rules, is_fast=plan.is_fast) as engine:
        # Nobody's credentials are sent to the embedded engine.
        settings = replace(context.settings, access=EngineAccess(engine.url), context=None)
        with connect(settings.access, printer=context.printer) as client:
            admin = AdminClient(client, settings)
            for one in reversed(plan.uploads):
                admin.upload(one.definition)
            timers = SkippedTimers(engine, plan.max_timers, plan.step_types) if plan.is_fast else None
            where = f"the embedded engine, version {rules.version}"
            with _told_what_became_of_it(stays=False):
                return _lead(
                    context, plan, engine=admin, client=client, registry=registry, where=where, timers=timers
                )


def run_on(context: Context, plan: FlowPlan, *, is_upload: bool) -> Ending:
    """On the engine of the settings: as it is with `is_upload`, else under a name and job types of its own."""
    registry = plan.registry()
    prefix, version = "", None
    if is_upload:
        for one in reversed(plan.uploads):
            context.engine.upload(one.definition)
    else:
        # Job types that no other run has: what an earlier one left open must not come to this one.
        prefix = f"run-{time.time_ns():x}-"
        registry = renamed(registry, prefix)
        plan = replace(plan, uploads=[_under_own_name(plan.uploads[0], prefix)])
        version = int(context.engine.upload(plan.definition)["version"])
        context.printer.note(
            f"uploaded as {plan.definition['id']} v{version}, which stays; what it chains to is left out"
        )
    where = context.settings.where
    client = context.engine.client
    with _told_what_became_of_it(stays=is_upload or plan.keeps):
        return _lead(
            context,
            plan,
            engine=context.engine,
            client=client,
            registry=registry,
            where=where,
            timers=None,
            prefix=prefix,
            version=version,
        )


@contextmanager
def _told_what_became_of_it(*, stays: bool) -> Iterator[None]:
    """A run that was cut short says whether its instance can still be looked at."""
    try:
        yield
    except KeyboardInterrupt:
        stands = "; its instance is where it stood" if stays else ""
        raise Interrupted(f"the run was left{stands}") from None
    except WaitRanOutError as error:
        if stays:
            raise
        gone = "its instance went with the run; --engine-url with --keep leaves one to look at"
        hint = gone if error.hint is None or "it was not cancelled" in error.hint else error.hint
        raise WaitRanOutError(error.message, hint=hint) from None


def _under_own_name(upload: Upload, prefix: str) -> Upload:
    steps = [
        {**step, "jobType": f"{prefix}{step['jobType']}"} if step.get("jobType") else step
        for step in _steps(upload)
    ]
    kept = {name: value for name, value in upload.definition.items() if name not in _CHAIN}
    return replace(upload, definition={**kept, "id": _own_id(upload), "steps": steps})


def _own_id(upload: Upload) -> str:
    """The same for each run of a file by one user on one machine: engines forget no definition, and list each."""
    whose = [platform.node(), str(Path.home()), os.path.abspath(upload.document.source)]
    return f"run-{hashlib.sha256(json.dumps(whose).encode()).hexdigest()[:8]}-{upload.id}"[:256]


def _lead(
    context: Context,
    plan: FlowPlan,
    *,
    engine: AdminClient,
    client: RestEngineClient,
    registry: HandlerRegistry,
    where: str,
    timers: SkippedTimers | None,
    prefix: str = "",
    version: int | None = None,
) -> Ending:
    """`prefix`: what stands before the job types of this run alone; people are told of them as they wrote them.

    version: of the definition; None: the latest.
    """
    printer = context.printer
    configure_host_logging(LogConfig(level="warning"), context.environment.stderr, workers=[WORKER_ID])
    served = set(registry.job_types())
    missing = sorted(set(plan.job_types.values()) - served)
    if missing:
        printer.note(f"no handler and no stub for {', '.join(each.removeprefix(prefix) for each in missing)}")
    with working(client, registry) as check:
        instance_id = ""
        try:
            with held_interruptions():
                instance_id = str(
                    engine.start(str(plan.definition["id"]), plan.variables, version=version)["id"]
                )
            printer.note(f"{instance_id} of {plan.definition['id']} on {where}")
            run = FlowRun(
                engine=engine,
                instance_id=instance_id,
                answers=StepAnswers(plan.replies, _asking(context)),
                served=served,
                job_types=plan.job_types,
                timed=plan.timed,
                check=check,
                timers=timers,
                prefix=prefix,
                max_steps=plan.max_steps,
            )
            return run.lead(printer, _follower(printer), plan.timeout_s)
        finally:
            if instance_id and prefix and not plan.keeps:
                _leave_nothing_open(engine, instance_id, printer)


def _leave_nothing_open(engine: AdminClient, instance_id: str, printer: Printer) -> None:
    """Cancel an instance that nobody else can move: its job types are those of this run alone."""
    # What ended the run is what people are told of.
    with suppress(CliError, EngineClientError):
        if engine.instance(instance_id).get("status") not in ENDED:
            engine.cancel(instance_id, "the run that started it is over")
            printer.note(f"cancelled {instance_id}, which nobody serves any more; --keep leaves it open")


def _follower(printer: Printer) -> Follower:
    if printer.for_people:
        return RunLines(printer, note_for=lambda execution: "")
    return follower_for(printer)


def _asking(context: Context) -> Any:
    """How a person is asked; None where nobody can be."""
    environment = context.environment
    if not (environment.stdin_is_terminal and environment.stderr_is_terminal):
        return None

    def ask(step: str, step_type: str) -> Value | None:
        what = "user task" if step_type == "USER_TASK" else "wait"
        while True:
            environment.stderr.write(
                harmless(f"{what} {step}: name=value …, JSON, or nothing; Ctrl-D leaves it: ")
            )
            environment.stderr.flush()
            line = environment.stdin.readline()
            if not line:
                environment.stderr.write("\n")
                return None
            answer = answer_from(line)
            if answer is not None:
                return answer
            environment.stderr.write("that is neither a JSON object nor name=value\n")

    return ask


def answer_from(line: str) -> Value | None:
    """The variables of a line: a JSON object, or pairs as --var takes them; None where it is neither."""
    text = line.strip()
    if text.startswith("{"):
        try:
            value = load_json(text)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None
    try:
        pairs = [word.partition("=") for word in shlex.split(text)]
    except ValueError:
        return None
    if not all(name and equals for name, equals, _ in pairs):
        return None
    return {name: _json_or_text(value) for name, _, value in pairs}


def _json_or_text(text: str) -> Any:
    try:
        return load_json(text)
    except (ValueError, RecursionError):
        return text
