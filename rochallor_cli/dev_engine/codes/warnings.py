"""What the engine accepts and will be regretted: what is as old as the engine."""

from __future__ import annotations

from typing import Final

from rochallor_cli.dev_engine.codes.code import Code
from rochallor_cli.dev_engine.codes.names import (
    AMBIGUOUS_BRANCHES,
    BLANK_JOB_TYPE,
    BROKEN_EXPRESSION,
    COMPLETED_TWICE,
    DANGLING_BRANCH,
    DURATION_MISREAD,
    DURATION_UNREADABLE,
    END_LEAVES_BRANCHES,
    ENDLESS_LOOP,
    FAIL_AFTER_END,
    GATEWAY_IN_LOOP,
    IGNORED_NEXT_STEP,
    INEXACT_NUMBER,
    JOB_OF_ENDED_INSTANCE,
    JOIN_MISCOUNTS,
    JOIN_WITHOUT_GATEWAY,
    MISREAD_EXPRESSION,
    NEGATIVE_RETRIES,
    NEXT_WORKFLOW_IGNORED,
    NEXT_WORKFLOW_MISSING,
    NO_WAY_ON,
    NUL_CHARACTER,
    REPORT_DROPPED,
    STEP_ID_WITH_SLASH,
    TASK_SURVIVES_TIMER,
    TEXT_LIKE_EXPRESSION,
    TIMER_CANNOT_FIRE,
    TIMER_NEVER_STARTED,
    TIMER_OUTLIVES_STEP,
    TRANSFORMATION_ORDER,
    VALUES_WITHOUT_BRANCH,
    VERSION_IN_DOCUMENT,
    WAY_PAST_GATEWAY,
)

WARNINGS: Final = (
    Code(
        BROKEN_EXPRESSION,
        "an expression cannot be read",
        "The upload is accepted; whenever the expression is evaluated, the step and the instance fail.",
        "Mend the expression; the text says where it breaks.",
        is_final=True,
    ),
    Code(
        MISREAD_EXPRESSION,
        "an expression does not mean what it seems to",
        "Variables named like functions, remainders of doubles and quotes within quotes fail when the "
        "expression is evaluated, which may be long after the upload.",
        "Follow the hint in the text: rename the variable, write int(a) % 2, use backquotes around double quotes.",
    ),
    Code(
        TEXT_LIKE_EXPRESSION,
        "a text that looks like an expression",
        "In transformations and outputs only ${...} is evaluated; #total + 1 stays the text that it is.",
        'Write "${total + 1}".',
    ),
    Code(
        ENDLESS_LOOP,
        "a loop without a rest",
        "A circle of DECISION, TRANSFORMATION and gateway steps goes round within one request. The engine "
        "hangs in it when it does not end; the dev engine stops it after some 10,000 steps and fails the instance.",
        "Put a SERVICE_TASK, USER_TASK or WAIT into the circle, or make sure that it ends.",
    ),
    Code(
        JOIN_MISCOUNTS,
        "a join that counts wrongly",
        "A join does not count arrivals. It counts the branches whose first step was completed before the "
        "request that arrives, and adds one. That is right only for branches of a single SERVICE_TASK, "
        "USER_TASK or WAIT. A longer branch passes the join alone, and what follows runs twice or early; "
        "branches that run through at once leave the instance on the join for ever.",
        "Let every branch be one task; put what is longer into a workflow of its own, or before or behind "
        "the gateway.",
        until="joins_within_request",
    ),
    Code(
        END_LEAVES_BRANCHES,
        "an END that leaves branches behind",
        "Reaching any END completes the whole instance. Jobs of the other branches are still handed out, "
        "their results are dropped.",
        "Lead every branch to the join, and only from there to an END.",
    ),
    Code(
        NO_WAY_ON,
        "a task without a way on",
        "Its job completes, and the instance stays ACTIVE on the step for ever; a user task's branch just ends.",
        "Give it a nextStep or conditionalNextSteps.",
    ),
    Code(
        DANGLING_BRANCH,
        "a branch of a task that leads to no step",
        "The upload does not check conditionalNextSteps of tasks and waits. When the branch is taken the "
        "request is answered with 500 and undone, again and again.",
        "Name a step that is there.",
        is_final=True,
    ),
    Code(
        JOIN_WITHOUT_GATEWAY,
        "a join that no gateway names",
        "Whoever arrives at it is answered with 500, and the request is undone.",
        "Let joinStep of the PARALLEL_GATEWAY name this join.",
        is_final=True,
    ),
    Code(
        IGNORED_NEXT_STEP,
        "a nextStep that is ignored",
        "A DECISION goes by its branches only (nextStep is no default), a PARALLEL_GATEWAY by its branches, "
        "an END nowhere.",
        "Remove it; for a default write a branch whose condition holds when no other does.",
    ),
    Code(
        AMBIGUOUS_BRANCHES,
        "branches that hold together",
        "The engine tries conditions in random order, the first written in some nine of ten runs. Of two "
        "that both hold one or the other is taken.",
        "Write conditions that exclude each other.",
        until="ordered_branches",
    ),
    Code(
        TRANSFORMATION_ORDER,
        "transformations that use each other",
        "The entries of one TRANSFORMATION are done in random order, each seeing what earlier ones set.",
        "Split them into two steps, one after the other.",
    ),
    Code(
        NEXT_WORKFLOW_MISSING,
        "a next workflow that is not there",
        "An engine without it starts nothing when the instance ends, and says nothing; from version leases on it "
        "starts it once it is there.",
        "Upload the definition that nextWorkflowId names as well, or mend the name.",
    ),
    Code(
        VALUES_WITHOUT_BRANCH,
        "values for which no branch holds",
        "There is no default branch: where no condition holds the step and the instance fail "
        "(DecisionNoBranchMatched).",
        "Close the gap, as in > 100 and <= 100.",
    ),
    Code(
        GATEWAY_IN_LOOP,
        "a gateway within a loop",
        "In the second round the first steps of its branches are COMPLETED already, so the first branch that arrives "
        "passes the join, while the others are still open.",
        "Let the loop start a workflow of its own for each round, or go round within each branch.",
    ),
    Code(
        WAY_PAST_GATEWAY,
        "a way to a join past its gateway",
        "The join waits for the branches of its gateway. Whoever comes another way finds none of them begun, and "
        "stays at the join for ever, or passes it while branches are open.",
        "Lead that way to the step behind the join.",
    ),
    Code(
        NEXT_WORKFLOW_IGNORED,
        "a next workflow that is never started",
        "nextWorkflowId alone does nothing: the engine starts it only with autoStartNextWorkflow.",
        "Write autoStartNextWorkflow: true, or drop nextWorkflowId.",
    ),
    Code(
        TIMER_OUTLIVES_STEP,
        "a timer that outlives its step",
        "Timers are not withdrawn when their step completes. Both kinds still fire while the instance "
        "lives, and one that does not interrupt fires even into a finished instance: its target starts "
        "beside whatever runs, and a user task or wait brings the instance back to WAITING.",
        "Let the target ask by a DECISION whether the step is done, or use a step of the workflow that waits.",
        until="timers_end_with_step",
    ),
    Code(
        TASK_SURVIVES_TIMER,
        "a user task that survives its timer",
        "After an interrupting timer the user task stays open: completing it late starts its nextStep as "
        "well, besides the timer's target.",
        "Let the steps behind the task check by a variable whether the timer was there first.",
        until="interrupted_tasks_close",
    ),
    Code(
        DURATION_UNREADABLE,
        "a duration that the engine cannot read",
        "It reads hours, minutes and seconds, from 1.0.0 on days as well; no weeks, no signs, no lower case. The "
        "request that enters the step is answered with 500 and undone, again and again.",
        "Write it with H, M and S: PT168H for seven days, which P7D is from 1.0.0 on.",
        is_final=True,
    ),
    Code(
        DURATION_MISREAD,
        "a duration that the engine reads differently",
        "Whatever is not a number with H, M or S is skipped: P5M is five minutes. Before 1.0.0, which reads days, "
        "P1DT2H is two hours and PT-5M five minutes as well.",
        "Write it with H, M and S only, as PT26H.",
    ),
    Code(
        TIMER_NEVER_STARTED,
        "a timer that is never started",
        "Only SERVICE_TASK, USER_TASK and WAIT start their timers.",
        "Move it to a step that rests.",
    ),
    Code(
        TIMER_CANNOT_FIRE,
        "a timer whose target cannot be entered",
        "The way behind the target leads into what is a 500 elsewhere. The timer is lost; from version leases on "
        "it is tried again and again.",
        "Mend the steps behind the target: a join without gateway, a branch to no step, an unreadable duration.",
    ),
    Code(
        STEP_ID_WITH_SLASH,
        "a step id with a slash",
        "Signals and completions of user tasks name the step in the path, where a slash cannot be written.",
        "Choose an id without a slash.",
        is_final=True,
    ),
    Code(
        BLANK_JOB_TYPE,
        "a blank job type",
        "The engine offers jobs of that type; hardly any worker asks for them.",
        "Name the job type that its handler is registered for.",
    ),
    Code(
        NEGATIVE_RETRIES,
        "a negative retryCount",
        "It means 0 and reaches workers as it is written.",
        "Write 0, or leave it out.",
    ),
    Code(
        INEXACT_NUMBER,
        "a number that no double holds",
        "The engine's numbers are doubles: 9007199254740993 comes back as 9007199254740992.",
        "Write it as text.",
    ),
    Code(
        VERSION_IN_DOCUMENT,
        "a version in the document",
        "The engine numbers versions itself but compares the field, so the same content becomes another "
        "version.",
        "Remove it before uploading.",
    ),
    Code(
        NUL_CHARACTER,
        "a NUL character",
        "PostgreSQL cannot store it: the engine answers the upload with 500.",
        "Remove the character; in YAML and JSON it is written \\0 or \\u0000.",
        is_final=True,
    ),
    Code(
        JOB_OF_ENDED_INSTANCE,
        "a job of an instance that had ended",
        "Jobs of finished, failed and cancelled instances are still handed out. Completing them moves "
        "nothing, their variables are dropped.",
        "Let handlers be fit to run in vain; cancel before work is handed out.",
        until="strict_leases",
    ),
    Code(
        FAIL_AFTER_END,
        "a job that was failed after its end",
        "The engine looks at no state: a completed job is undone or offered again, and an instance that "
        "was COMPLETED or CANCELLED becomes FAILED.",
        "Never answer a completion whose answer was lost with a failure; complete again instead.",
        until="strict_leases",
    ),
    Code(
        COMPLETED_TWICE,
        "a job that was completed twice at the same moment",
        "Two completions of one job that are under way together advance the workflow twice: what follows runs "
        "double. (The dev engine takes them one after the other and only warns.)",
        "Never have two completions of one job under way; after a time-out wait before sending again.",
        until="completion_once",
    ),
    Code(
        REPORT_DROPPED,
        "a report that does not count",
        "From version leases on a completion or failure counts only from the worker that holds the job, while its "
        "lease lasts and its step runs. Anything else is answered with 204 and changes nothing.",
        "Report in time; a job that runs past its lease comes again under a new id, with the same step execution.",
        since="strict_leases",
    ),
)
