"""The table of problem codes: one for lint, for warnings at run time, and for the documentation.

E: the engine refuses the document. W: the engine accepts it, and it will be regretted; those that a
running instance can meet are logged by the dev engine as well.
"""

from __future__ import annotations

from dataclasses import dataclass

# Expressions.
BROKEN_EXPRESSION = "W201"
MISREAD_EXPRESSION = "W202"
# Flow.
ENDLESS_LOOP = "W301"
JOIN_MISCOUNTS = "W302"
END_LEAVES_BRANCHES = "W303"
NO_WAY_ON = "W304"
DANGLING_BRANCH = "W305"
JOIN_WITHOUT_GATEWAY = "W306"
IGNORED_NEXT_STEP = "W307"
AMBIGUOUS_BRANCHES = "W308"
TRANSFORMATION_ORDER = "W309"
NEXT_WORKFLOW_MISSING = "W310"
# Timers.
TIMER_OUTLIVES_STEP = "W401"
TASK_SURVIVES_TIMER = "W402"
DURATION_UNREADABLE = "W403"
DURATION_MISREAD = "W404"
TIMER_NEVER_STARTED = "W405"
TIMER_CANNOT_FIRE = "W406"
# Ids and values.
STEP_ID_WITH_SLASH = "W501"
BLANK_JOB_TYPE = "W502"
NEGATIVE_RETRIES = "W503"
INEXACT_NUMBER = "W504"
VERSION_IN_DOCUMENT = "W505"
# What workers and people do to an instance.
JOB_OF_ENDED_INSTANCE = "W601"
FAIL_AFTER_END = "W602"
COMPLETED_TWICE = "W603"
REPORT_DROPPED = "W604"


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of problem: its name, why it matters, what to do instead."""

    code: str
    title: str
    why: str
    instead: str

    @property
    def severity(self) -> str:
        return "error" if self.code.startswith("E") else "warning"


_REFUSED = "The engine answers the upload with 400."


def _refused(code: str, title: str, instead: str) -> Code:
    return Code(code, title, _REFUSED, instead)


_CODES = (
    _refused("E100", "the document has another shape", "Mend the field that the text names."),
    _refused("E101", "the definition has no id", "Give it one: letters, digits and _ : -"),
    _refused("E102", "the id is not allowed", "Use 1 to 256 letters, digits and _ : -"),
    _refused("E103", "the definition has no name", "Give it one."),
    _refused("E104", "there are no steps", "Write at least one step of type END."),
    _refused("E105", "no next workflow is named", "Set nextWorkflowId, or drop autoStartNextWorkflow."),
    _refused("E110", "a step has no id", "Give it one."),
    _refused("E111", "two steps have one id", "Rename one, and the references to it."),
    _refused("E112", "a step has no name", "Give it one."),
    _refused("E113", "a step's type is not known", "Use one of the eight step types."),
    _refused(
        "E114", "a SERVICE_TASK has no jobType", "Name the job type that its handler is registered for."
    ),
    _refused("E115", "a DECISION has no branches", "Write conditionalNextSteps."),
    _refused("E116", "a gateway has fewer than two branches", "Write two or more parallelNextSteps."),
    _refused("E117", "a gateway has no joinStep", "Name the JOIN_GATEWAY where its branches meet."),
    _refused("E118", "a step has no nextStep", "Name the step that follows."),
    _refused("E119", "a TRANSFORMATION sets nothing", "Write at least one entry."),
    _refused("E120", "a boundary event is no TIMER", "Use the type TIMER."),
    _refused("E121", "a timer has no duration", "Write one, such as PT15M."),
    _refused("E122", "a timer has no target", "Set targetStepId."),
    _refused("E130", "a reference names no step", "Mend the name, or add the step."),
    _refused("E140", "a step cannot be reached", "Lead a step to it, or remove it."),
    _refused("E150", "a DECISION_TABLE has no table", "Write decisionTable with its rules."),
    _refused("E151", "a decision table has no rules", "Write at least one rule."),
    _refused(
        "E152",
        "a hit policy is not known",
        "Use one of U, F, A, R, C, C+, C#, C>, C<, or leave it out for U.",
    ),
    _refused(
        "E153", "a field does not belong to the step's type", "Remove it, or move it to a step that takes it."
    ),
    _refused(
        "E160", "a schema has no properties", "List the variables with their types, or drop the schema."
    ),
    _refused("E161", "a schema's type is not known", "Use string, number, integer or boolean."),
    _refused(
        "E162",
        "a schema requires what it does not list",
        "Add the name to properties, or drop it from required.",
    ),
    _refused("E163", "a schema of outputs on a step without a job", "Move it to a SERVICE_TASK."),
    _refused("E141", "no END can be reached", "Lead the last step to a step of type END."),
    Code(
        BROKEN_EXPRESSION,
        "an expression cannot be read",
        "The upload is accepted; whenever the expression is evaluated, the step and the instance fail.",
        "Mend the expression; the text says where it breaks.",
    ),
    Code(
        MISREAD_EXPRESSION,
        "an expression does not mean what it seems to",
        "Variables named like functions, remainders of doubles and quotes within quotes fail when the "
        "expression is evaluated, which may be long after the upload.",
        "Follow the hint in the text: rename the variable, write int(a) % 2, use backquotes.",
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
        "a SERVICE_TASK without a way on",
        "Its job completes, and the instance stays ACTIVE on the step for ever.",
        "Give it a nextStep or conditionalNextSteps.",
    ),
    Code(
        DANGLING_BRANCH,
        "a branch of a task that leads to no step",
        "The upload does not check conditionalNextSteps of tasks and waits. When the branch is taken the "
        "request is answered with 500 and undone, again and again.",
        "Name a step that is there.",
    ),
    Code(
        JOIN_WITHOUT_GATEWAY,
        "a join that no gateway names",
        "Whoever arrives at it is answered with 500, and the request is undone.",
        "Let joinStep of the PARALLEL_GATEWAY name this join.",
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
        "An engine without it starts nothing when the instance ends, and says nothing.",
        "Upload the definition that nextWorkflowId names as well, or mend the name.",
    ),
    Code(
        TIMER_OUTLIVES_STEP,
        "a timer that outlives its step",
        "Timers are not withdrawn when their step completes. Both kinds still fire while the instance "
        "lives, and one that does not interrupt fires even into a finished instance: its target starts "
        "beside whatever runs, and a user task or wait brings the instance back to WAITING.",
        "Let the target ask by a DECISION whether the step is done, or use a step of the workflow that waits.",
    ),
    Code(
        TASK_SURVIVES_TIMER,
        "a user task that survives its timer",
        "After an interrupting timer the user task stays open: completing it late starts its nextStep as "
        "well, beside the timer's target.",
        "Let the steps behind the task check by a variable whether the timer was there first.",
    ),
    Code(
        DURATION_UNREADABLE,
        "a duration that the engine cannot read",
        "It reads hours, minutes and seconds only. The request that enters the step is answered with 500 "
        "and undone, again and again.",
        "Write it with H, M and S: PT168H for seven days.",
    ),
    Code(
        DURATION_MISREAD,
        "a duration that the engine reads differently",
        "Whatever is not a number with H, M or S is skipped: P1DT2H is two hours, P5M five minutes, "
        "PT-5M as well.",
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
        JOB_OF_ENDED_INSTANCE,
        "a job of an instance that had ended",
        "Jobs of finished, failed and cancelled instances are still handed out. Completing them moves "
        "nothing, their variables are dropped.",
        "Let handlers be fit to run in vain; cancel before work is handed out.",
    ),
    Code(
        FAIL_AFTER_END,
        "a job that was failed after its end",
        "The engine looks at no state: a completed job is undone or offered again, and an instance that "
        "was COMPLETED or CANCELLED becomes FAILED.",
        "Never answer a completion whose answer was lost with a failure; complete again instead.",
    ),
    Code(
        COMPLETED_TWICE,
        "a job that was completed twice at the same moment",
        "Two completions of one job that are under way together advance the workflow twice: what follows runs "
        "double. (The dev engine takes them one after the other and only warns.)",
        "Never have two completions of one job under way; after a time-out wait before sending again.",
    ),
    Code(
        REPORT_DROPPED,
        "a report that does not count",
        "From version leases on a completion or failure counts only from the worker that holds the job, while its "
        "lease lasts and its step runs. Anything else is answered with 204 and changes nothing.",
        "Report in time; a job that runs past its lease comes again under a new id, with the same step execution.",
    ),
)
CODES = {entry.code: entry for entry in _CODES}
