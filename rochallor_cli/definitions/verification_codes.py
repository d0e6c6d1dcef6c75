"""The codes of what verification finds: they need a search of everything that can happen."""

from __future__ import annotations

from typing import Final

from rochallor_cli.dev_engine import Code

STAYS_FOR_EVER: Final = "V01"
RUNS_TWICE: Final = "V02"
WORK_LEFT: Final = "V03"
REFUSED_FOR_EVER: Final = "V04"
NEVER_REACHED: Final = "V05"
LATE_TIMER: Final = "V06"
RESTLESS_LOOP: Final = "V07"
EARLY_JOIN: Final = "V08"
REACHES_NO_END: Final = "V09"
FAILS_WITHOUT_JOB: Final = "V10"
BOTH_WAYS: Final = "V11"

VERIFICATION_CODES: Final = (
    Code(
        STAYS_FOR_EVER,
        "an instance stays where it is for ever",
        "No job, no task, no signal and no timer is left that could move it. It is live, and holds its business key.",
        "Lead every branch on; let joins wait only for branches that begin, each by its first step.",
    ),
    Code(
        RUNS_TWICE,
        "a step runs twice",
        "Some order of events enters a step a second time that is in no loop: what it does is done twice.",
        "Let branches be one step each, and keep timers from starting what runs already.",
    ),
    Code(
        WORK_LEFT,
        "an END with work left",
        "Reaching an END completes the instance; what other branches still do is dropped.",
        "Lead every branch to the join, and only from there to an END.",
    ),
    Code(
        REFUSED_FOR_EVER,
        "a request that is answered with 500 for ever",
        "The request that leads there is undone, and so is each repetition of it.",
        "Mend what the text names: a join without gateway, a branch to no step, a duration.",
    ),
    Code(
        NEVER_REACHED,
        "a step that nothing reaches",
        "No order of events and no value of variables leads to it.",
        "Remove it, or mend the conditions before it.",
    ),
    Code(
        LATE_TIMER,
        "a timer that fires after the end of its step or instance",
        "Its target starts beside whatever runs, or in an instance that has ended.",
        "Let the target ask by a DECISION whether the step is done; engines since 1.0.0 withdraw timers.",
    ),
    Code(
        RESTLESS_LOOP,
        "a loop that never rests",
        "The engine goes round within one request and hangs.",
        "Put a SERVICE_TASK, USER_TASK or WAIT into the circle.",
    ),
    Code(
        EARLY_JOIN,
        "a join that is passed before all branches have arrived",
        "What follows the join runs early, and often again when the last branch arrives.",
        "Let every branch be one step; `rochallor defs verify --suggest` offers a rewrite where it knows one.",
    ),
    Code(
        REACHES_NO_END,
        "an instance that goes on for ever and reaches no END",
        "Whatever happens, it never ends.",
        "Lead a way out of the loop to an END.",
    ),
    Code(
        FAILS_WITHOUT_JOB,
        "an instance that fails without a job having failed",
        "A decision for which nothing holds, or an expression that errs, fails the instance.",
        "Close the gap between the conditions.",
    ),
    Code(
        BOTH_WAYS,
        "a user task and its timer that both go on",
        "The task stays open after the timer; completing it late starts its nextStep as well.",
        "Let the steps behind the task check by a variable whether the timer was there first.",
    ),
)
