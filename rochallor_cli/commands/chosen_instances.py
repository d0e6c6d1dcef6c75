"""Acting on instances that are named, read from standard input or chosen by options: chosen first, asked about, then
dealt with one by one, with one shape of rows whatever their number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from rochallor_cli.command_line.context import Context
from rochallor_cli.commands.filters import say_if_cut, say_nothing_fits, selection
from rochallor_cli.counting import count_text
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.errors import CliError, Interrupted, NotFoundError, UsageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.bulk import ActOnInstance, BulkOperation, Row, row_of, worst
from rochallor_cli.instances.selection import MOST_READ, Filters, steps_of_instance
from rochallor_cli.output.columns import View
from rochallor_cli.output.views import ACTIONS

# Named in a question; of more steps only the number.
_MOST_STEPS = 4


@dataclass(frozen=True)
class Verb:
    """`cancel`, `cancelled`; instances of these statuses can be, and why others cannot."""

    name: str
    done: str
    statuses: tuple[str, ...]
    # Why it would be refused, by a rehearsal; None if it would be done.
    refusal: Callable[[Value], CliError | None]
    view: View = ACTIONS
    # What a rehearsal says of one that would be done, besides that; "" for nothing.
    foretold: Callable[[Value], str] = lambda _: ""
    # At which step a rehearsal says it would be done, where one is meant. May raise why it cannot be.
    step_of: Callable[[Value], str | None] | None = None
    # The result of one whose state forbids it; "" for `not` and `done`.
    conflict: str = ""


def act(
    context: Context,
    verb: Verb,
    action: ActOnInstance,
    *,
    named: Sequence[str],
    filters: Filters,
    most: int = MOST_READ,
    dry_run: bool,
    yes: bool,
) -> tuple[list[Row], int]:
    """Do it, or with `dry_run` say what would be done; the rows, printed, and the exit status."""
    require_one_way(verb.name, named, filters)
    ids = ids_from(named, context.environment.stdin)
    was_cut = False
    chosen: dict[str, Value | None] = dict.fromkeys(ids)
    if not ids:
        chosen, was_cut = _chosen(context, verb, filters=filters, most=most)
    if dry_run:
        rows, status = _rehearsed(context, verb, chosen)
        return rows, status or _status_of_choice(was_cut)
    if not chosen:
        say_nothing_fits(context, filters)
        context.printer.rows(verb.view, [])
        return [], _status_of_choice(was_cut)
    if not named or "-" in named or context.settings.protected:
        context.confirm(_question(context, verb, filters=filters, chosen=chosen), yes=yes)
    rows, status = _done(context, verb, action=action, chosen=chosen)
    return rows, status or _status_of_choice(was_cut)


def _status_of_choice(was_cut: bool) -> ExitStatus:
    """Whether there may be more that fit than were read."""
    return ExitStatus.WAIT_RAN_OUT if was_cut else ExitStatus.DONE


def _question(context: Context, verb: Verb, *, filters: Filters, chosen: Mapping[str, Value | None]) -> str:
    """`Cancel 5 instances of imports, WAITING (4 at import, 1 at notify) on http://…?`."""
    which = f" {filters.text}" if filters else ""
    steps = Counter(
        step for instance in chosen.values() if instance for step in map(str, steps_of_instance(instance))
    )
    named = [f"{count:,} at {step}" for step, count in steps.most_common(_MOST_STEPS)]
    if len(steps) > _MOST_STEPS:
        named.append(f"{len(steps) - _MOST_STEPS} more steps")
    where = f" ({', '.join(named)})" if named else ""
    number = count_text(len(chosen), "instance")
    return f"{verb.name.capitalize()} {number}{which}{where} on {context.settings.where}?"


def require_one_way(command: str, named: Sequence[str], filters: Filters) -> None:
    """Raise where instances are neither named nor chosen by options, or both."""
    if bool(named) == bool(filters):
        raise UsageError(
            "name instances, or choose them by options", hint=f"rochallor instances {command} --help"
        )


def ids_from(named: Sequence[str], stdin: TextIO) -> list[str]:
    """The ids as they are named, each once; `-` stands for those on standard input, the first word of each line."""
    ids: list[str] = []
    for name in named:
        ids += [line.split()[0] for line in stdin if line.strip()] if name == "-" else [name]
    if named and not ids:
        raise UsageError("no ids on standard input")
    return list(dict.fromkeys(ids))


def _chosen(
    context: Context, verb: Verb, *, filters: Filters, most: int
) -> tuple[dict[str, Value | None], bool]:
    """Those that fit by id, all of them before anything is done, for pages shift while instances change their status;
    and whether there may be more.
    """
    from rochallor_cli.output.progress import working

    if filters.status and filters.status not in verb.statuses:
        raise UsageError(
            f"--status {filters.status}: only {' and '.join(verb.statuses)} instances can be {verb.done}"
        )
    selected = selection(context, filters, most)
    statuses = [filters.status] if filters.status else verb.statuses
    with working(context.environment, "collecting instances", quiet=context.settings.quiet):
        found: dict[str, Value | None] = {str(one["id"]): one for one in selected.instances(*statuses)}
    return found, say_if_cut(context, selected)


def _rehearsed(context: Context, verb: Verb, chosen: Mapping[str, Value | None]) -> tuple[list[Row], int]:
    rows = []
    for instance_id, known in chosen.items():
        instance, error = _as_it_is(context, instance_id) if known is None else (known, None)
        if error is not None and len(chosen) == 1:
            raise error
        step, error = _rehearsed_step(verb, instance) if error is None else (None, error)
        result = f"would be {verb.done}" if error is None else f"cannot be {verb.done}"
        foretold = verb.foretold(instance) if error is None else ""
        if foretold:
            context.printer.note(f"{instance_id}: {foretold}")
        meant = {} if verb.step_of is None else {"step": step}
        rows.append(row_of(instance_id, result=result, instance={**instance, **meant}, error=error))
    # Nothing came of them yet that could be named in their place.
    context.printer.rows(verb.view._replace(name="id"), rows)
    willing = sum(not row["exitStatus"] for row in rows)
    context.printer.note(f"dry run: {count_text(willing, 'instance')} would be {verb.done}")
    return rows, worst(rows)


def _as_it_is(context: Context, instance_id: str) -> tuple[Value, CliError | None]:
    """The instance; or why there is none, which is a row like others, as it is where it is done."""
    try:
        return context.engine.instance(instance_id), None
    except (NotFoundError, UsageError) as error:
        return {}, error


def _rehearsed_step(verb: Verb, instance: Value) -> tuple[str | None, CliError | None]:
    """The step it would be done at, if one is meant; or why it would be refused."""
    error = verb.refusal(instance)
    if error is not None or verb.step_of is None:
        return None, error
    try:
        return verb.step_of(instance), None
    except CliError as refused:
        return None, refused


def _done(
    context: Context, verb: Verb, *, action: ActOnInstance, chosen: Mapping[str, Value | None]
) -> tuple[list[Row], int]:
    from rochallor_cli.engine_client.error_meaning import meaning
    from rochallor_cli.output.progress import working

    settings, printer = context.settings, context.printer
    ids = list(chosen)
    # The client is made before the threads that share it.
    bulk = BulkOperation(
        action,
        verb.done,
        translate=lambda error: meaning(error, settings),
        look=context.engine.instance,
        known=chosen,
        conflict=verb.conflict,
    )
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
