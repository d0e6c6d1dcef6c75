"""Firing boundary timers."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.errors import Refused
from rochallor_cli.dev_engine.records import Timer
from rochallor_cli.dev_engine.services.apply_effects import write_outcome
from rochallor_cli.dev_engine.services.decisions import decide
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.state_machine import transitions
from rochallor_cli.dev_engine.state_machine.effects import FaultMet


def due_timers(resources: Resources) -> list[Timer]:
    """The timers whose time has come, in the order in which they are to fire."""
    ordered: list[Timer] = []
    due = resources.store.timers.due(resources.clock.now_ns())
    for _, timers in groupby(due, key=attrgetter("fires_ns")):
        # Timers of one moment have no order among them.
        ordered += resources.in_some_order(timers)
    return ordered


def fire_timer(resources: Resources, timer: Timer) -> None:
    """Fire one timer. One whose target cannot be entered is lost; from version "leases" on it stays due."""
    instance = resources.store.instances.find(timer.instance_id)
    assert instance is not None, "instances are never deleted"
    try:
        status = resources.store.executions.status(timer.instance_id, timer.step_id, timer.attempt)
        outcome = decide(
            instance,
            timer,
            status,
            decision=lambda: transitions.fire_timer(
                resources.definition_of(instance),
                instance,
                timer,
                step_status=status,
                inputs=resources.inputs(),
            ),
            is_large=instance.variables.is_large,
        )
    except Refused as refused:
        text = f'a timer of step "{timer.step_id}" cannot fire, it is tried again: {refused.reason}'
        resources.tell_fault(instance, FaultMet(codes.TIMER_CANNOT_FIRE, timer.step_id, text))
        return
    write_outcome(resources, outcome)
