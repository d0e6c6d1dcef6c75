"""Acting on instances that are named, read from standard input or chosen by options: chosen first, asked about, then
dealt with one by one, with one shape of rows whatever their number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from rochallor_cli.command_line.context import Context
from rochallor_cli.counting import count_text
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.errors import CliError, Interrupted, UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.bulk import Action, Bulk, Row, row_of, worst
from rochallor_cli.output.columns import View
from rochallor_cli.output.views import ACTIONS


@dataclass(frozen=True)
class Verb:
    """`cancel`, `cancelled`; instances of these statuses can be, and why others cannot."""

    name: str
    done: str
    statuses: tuple[str, ...]
    # Why it would be refused, by a rehearsal; None if it would be done.
    refusal: Callable[[Value], CliError | None]
    view: View = ACTIONS


@dataclass(frozen=True)
class Filters:
    """Which instances are meant, where they are not named; "" for any."""

    status: str = ""
    definition: str = ""
    business_key: str = ""

    def __bool__(self) -> bool:
        return bool(self.status or self.definition or self.business_key)

    @property
    def text(self) -> str:
        """`of loan, with key A-1, WAITING`."""
        parts = [f"of {self.definition}" if self.definition else "", self.status]
        parts.insert(1, f"with key {self.business_key}" if self.business_key else "")
        return ", ".join(part for part in parts if part)


def act(
    context: Context,
    verb: Verb,
    action: Action,
    *,
    named: Sequence[str],
    filters: Filters,
    dry_run: bool,
    yes: bool,
) -> tuple[list[Row], int]:
    """Do it, or with `dry_run` say what would be done; the rows, printed, and the exit status."""
    if bool(named) == bool(filters):
        raise UsageError(
            "name instances, or choose them by options", hint=f"rochallor instances {verb.name} --help"
        )
    ids = ids_from(named, context.environment.stdin)
    chosen = dict.fromkeys(ids) if ids else _chosen(context, verb, filters)
    if dry_run:
        return _rehearsed(context, verb, chosen)
    if not chosen:
        _say_nothing_fits(context, filters)
        context.printer.rows(verb.view, [])
        return [], ExitStatus.DONE
    if not named or "-" in named or context.settings.protected:
        which = f" {filters.text}" if filters else ""
        question = f"{verb.name.capitalize()} {count_text(len(chosen), 'instance')}{which} on {context.settings.where}?"
        context.confirm(question, yes=yes)
    return _done(context, verb, action, list(chosen))


def ids_from(named: Sequence[str], stdin: TextIO) -> list[str]:
    """The ids as they are named, each once; `-` stands for those on standard input, the first word of each line."""
    ids: list[str] = []
    for name in named:
        ids += [line.split()[0] for line in stdin if line.strip()] if name == "-" else [name]
    if named and not ids:
        raise UsageError("no ids on standard input")
    return list(dict.fromkeys(ids))


def _chosen(context: Context, verb: Verb, filters: Filters) -> dict[str, Value | None]:
    """Those that fit by id, all of them before anything is done: pages shift while instances change their status."""
    from rochallor_cli.output.progress import working

    if filters.status and filters.status not in verb.statuses:
        raise UsageError(
            f"--status {filters.status}: only {' and '.join(verb.statuses)} instances can be {verb.done}"
        )
    found: dict[str, Value | None] = {}
    with working(context.environment, "collecting instances", quiet=context.settings.quiet):
        for status in [filters.status] if filters.status else verb.statuses:
            for instance in context.engine.instances(
                definition_id=filters.definition, status=status, business_key=filters.business_key
            ):
                found[str(instance["id"])] = instance
    return found


def _say_nothing_fits(context: Context, filters: Filters) -> None:
    context.printer.note("no instances that fit")
    if filters.definition and context.engine.known_definition(filters.definition) is None:
        context.printer.warn(f"there is no definition {filters.definition} on {context.settings.where}")


def _rehearsed(context: Context, verb: Verb, chosen: Mapping[str, Value | None]) -> tuple[list[Row], int]:
    rows = []
    for instance_id, known in chosen.items():
        instance = context.engine.instance(instance_id) if known is None else known
        error = verb.refusal(instance)
        result = f"would be {verb.done}" if error is None else f"cannot be {verb.done}"
        rows.append(row_of(instance_id, result, instance, error=error))
    context.printer.rows(verb.view, rows)
    willing = sum(not row["exitStatus"] for row in rows)
    context.printer.note(f"dry run: {count_text(willing, 'instance')} would be {verb.done}")
    return rows, worst(rows)


def _done(context: Context, verb: Verb, action: Action, ids: list[str]) -> tuple[list[Row], int]:
    from rochallor_cli.engine_client.meaning import meaning
    from rochallor_cli.output.progress import working

    settings, printer = context.settings, context.printer
    # The client is made before the threads that share it.
    bulk = Bulk(action, verb.done, translate=lambda error: meaning(error, settings))
    rows: list[Row] = []
    try:
        with working(context.environment, verb.name, total=len(ids), quiet=settings.quiet) as progress:
            for _ in bulk.run(ids):
                progress.done += 1
    except KeyboardInterrupt:
        bulk.stop()
        raise Interrupted(f"{len(bulk.rows):,} of {count_text(len(ids), 'instance')} dealt with") from None
    finally:
        order = {instance_id: place for place, instance_id in enumerate(ids)}
        rows += sorted(bulk.rows, key=lambda row: order[row["id"]])
        alone = len(ids) == 1 and bulk.errors
        if not (alone and printer.for_people):
            printer.rows(verb.view, rows)
    if alone:
        raise bulk.errors[ids[0]]
    if len(ids) > 1:
        done = sum(not row["exitStatus"] for row in rows)
        printer.note(f"{done:,} of {count_text(len(ids), 'instance')} {verb.done}")
    return rows, worst(rows)
