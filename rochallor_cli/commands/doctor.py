"""`rochallor doctor`: is everything in order here, and is the engine there?"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.command_line.setting_options import with_settings
from rochallor_cli.commands import doctor_checks
from rochallor_cli.commands.doctor_checks import CHECKS
from rochallor_cli.commands.doctor_checks import ok as _ok
from rochallor_cli.commands.doctor_checks import problem as _problem
from rochallor_cli.commands.doctor_checks import row as _row
from rochallor_cli.configuration.masking import masked, url_text
from rochallor_cli.errors import CliError, UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.hosting.config.given import BROKER_SETTINGS
from rochallor_cli.version import VERSION

app = typer.Typer()

# Of instances and definitions, for what is not known here.
_LOOKED_AT = 20
# Of what is not known, for whoever is to read it.
_NAMED = 20


@command(
    app,
    "doctor",
    examples=(
        "rochallor doctor",
        "rochallor doctor --context prod -o json",
        "rochallor doctor --brokers localhost:9092",
        "rochallor doctor --config workers.yaml",
    ),
)
@with_settings(BROKER_SETTINGS)
def doctor(context: Context, **flags: Any) -> int:
    """Check this installation, the settings and the engine. Runs nothing, changes nothing.

    The first page of any triage: which engine it is, what instances stand still, which job types nobody here serves
    (with a workers.yaml, whose handlers are imported for it), topics and groups, clocks and certificates.
    Exit status 0 if all is well, otherwise that of the first problem (5: engine or brokers cannot be reached,
    8: a login is refused). The engine is asked for two request time-outs at most, a minute by default;
    a row says what was not asked by then.
    """
    rows = [_without_secrets(row, context) for row in _checks(context, flags)]
    context.printer.rows(CHECKS, rows)
    problems = [row for row in rows if row["result"] == "problem"]
    for row in rows:
        if row["hint"]:
            context.printer.note(f"{row['check']}: {row['hint']}")
    return int(problems[0]["exitStatus"]) if problems else ExitStatus.DONE


def _without_secrets(row: dict[str, Any], context: Context) -> dict[str, Any]:
    return {**row, "detail": masked(row["detail"], context.invocation.secrets)}


def _checks(context: Context, flags: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    python = f"Python {platform.python_version()} at {sys.executable}"
    yield _ok("rochallor", f"{VERSION}, {python}, {platform.system()}")
    yield _sdk()
    from rochallor_cli.hosting.config.file_settings import kafka_access, with_workers_file

    try:
        file, context = with_workers_file(context, flags)
        kafka = kafka_access(context, flags, file=file)
        settings = context.settings
    except CliError as error:
        yield _problem("settings", error)
        return
    yield _ok(
        "settings",
        f"engine-url {url_text(settings.access.url)} from {settings.origins['engine_url']}",
    )
    if settings.left_behind:
        yield _row("credentials", "warning", settings.left_behind)
    yield from doctor_checks.certificates(settings.access, context.environment.now())
    questions = doctor_checks.Questions(context)
    yield from _engine(context, questions, brokers_are_named=bool(kafka.brokers))
    yield from doctor_checks.handlers(context, file, questions)
    if kafka.brokers:
        yield from _brokers(context, questions, brokers=kafka.brokers, config=kafka.config)
    yield from questions.left_out()


def _dispatch_mode(context: Context, *, brokers_are_named: bool) -> dict[str, Any]:
    mode = context.engine.client.dispatch_mode()
    if mode != "kafka_outbox":
        return _ok("dispatch mode", f"{mode}: work --mode poll")
    untested = "" if brokers_are_named else "; name the brokers with --brokers to have them tested, too"
    return _ok("dispatch mode", f"{mode}: work --mode kafka{untested}")


def _sdk() -> dict[str, Any]:
    from rochallor_cli.sdk_check import require_our_sdk

    try:
        require_our_sdk()
    except CliError as error:
        return _problem("workflow_sdk", error)
    return _ok("workflow_sdk", "wholly ours")


def _engine(
    context: Context, questions: doctor_checks.Questions, *, brokers_are_named: bool
) -> Iterator[dict[str, Any]]:
    asked: dict[str, Callable[[], dict[str, Any] | None]] = {
        "engine": lambda: _answers(context),
        "engine version": lambda: _version(context),
        "not known here": lambda: _unknown(context),
        "dispatch mode": lambda: _dispatch_mode(context, brokers_are_named=brokers_are_named),
        "definitions": lambda: _ok("definitions", f"{context.engine.count_definitions():,}"),
        "clock": lambda: doctor_checks.clock(context),
        "instances": lambda: _instances(context),
        "standing still": lambda: doctor_checks.standing_still(context),
    }
    for check, ask in asked.items():
        answer = questions.answer(check, ask)
        if answer is not None:
            yield answer


def _answers(context: Context) -> dict[str, Any]:
    started = context.environment.monotonic()
    context.engine.client.healthz()
    took_ms = (context.environment.monotonic() - started) * 1000
    return _ok("engine", f"{context.settings.where} answers in {took_ms:.0f} ms")


def _version(context: Context) -> dict[str, Any]:
    from rochallor_cli.engine_client.engine_version import asked_version, said_version

    # The command that is to tell: whatever is said or remembered, the engine itself is asked.
    found = asked_version(context.engine.client, context.settings, context.environment.environ)
    version = said_version(context.settings) or found
    if not set(version.possible) & set(found.possible):
        detail = f"{version.text} ({version.how}), but it answers as version {found.text} does"
        return _row("engine version", "warning", detail, hint="--engine-version auto goes by its answers")
    return _ok("engine version", f"{version.text} ({version.how})")


def _instances(context: Context) -> dict[str, Any]:
    counts = (
        f"{context.engine.count_instances(status=status):,} {status}"
        for status in ("ACTIVE", "WAITING", "FAILED")
    )
    return _ok("instances", ", ".join(counts))


def _unknown(context: Context) -> dict[str, Any] | None:
    """What the latest instances and definitions hold that this version of rochallor does not know."""
    from rochallor_cli.definitions.unknown_parts import unknown_in
    from rochallor_cli.engine_client.unknown_values import unknown_in_instances

    engine = context.engine
    found = unknown_in_instances(engine.instances(limit=_LOOKED_AT))
    latest = (str(row.get("id")) for row in engine.definitions(limit=_LOOKED_AT))
    known = (engine.known_definition(definition_id) for definition_id in latest)
    found += dict.fromkeys(str(each) for definition in known if definition for each in unknown_in(definition))
    if not found:
        return None
    named, more = found[:_NAMED], len(found) - _NAMED
    if more > 0:
        named.append(f"{more:,} more")
    detail = f"{', '.join(named)}: shown as they are; a newer rochallor may know them"
    return _row("not known here", "warning", detail)


def _brokers(
    context: Context, questions: doctor_checks.Questions, *, brokers: str, config: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    from rochallor_cli.definitions.job_types import users_by_type
    from rochallor_cli.hosting.checks.broker_checks import BrokersAwayError, topic_states
    from workflow_sdk.errors import KafkaConfigError

    # Without an engine's answer the brokers can be asked all the same.
    users: dict[str, Sequence[str]] = {}
    unknown = questions.answer("topics", lambda: users.update(users_by_type(context.engine)))
    if unknown is not None:
        yield unknown
    try:
        states = topic_states(brokers, config, sorted(users))
    except KafkaConfigError as error:
        yield _problem("brokers", UsageError(str(error)))
        return
    except BrokersAwayError as error:
        status = ExitStatus.NOT_AUTHORISED if error.is_login else ExitStatus.UNREACHABLE
        yield _problem("brokers", CliError(str(error), exit_status=status))
        return
    yield _ok("brokers", f"{brokers} can be reached")
    yield from doctor_checks.topics(states, brokers)
