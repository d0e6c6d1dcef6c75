"""What the engine refuses at an upload."""

from __future__ import annotations

from typing import Final

from rochallor_cli.dev_engine.codes import names
from rochallor_cli.dev_engine.codes.code import Code

_REFUSED: Final = "The engine answers the upload with 400."


def _refused(code: str, title: str, *, instead: str, since: str = "") -> Code:
    return Code(code, title, _REFUSED, instead, since)


REFUSALS: Final = (
    _refused(
        names.WRONG_SHAPE, "the document has another shape", instead="Mend the field that the text names."
    ),
    _refused(
        names.DEFINITION_WITHOUT_ID,
        "the definition has no id",
        instead="Give it one: letters, digits and _ : -",
    ),
    _refused(names.ID_NOT_ALLOWED, "the id is not allowed", instead="Use 1 to 256 letters, digits and _ : -"),
    _refused(names.DEFINITION_WITHOUT_NAME, "the definition has no name", instead="Give it one."),
    _refused(names.NO_STEPS, "there are no steps", instead="Write at least one step of type END."),
    _refused(
        names.NEXT_WORKFLOW_NOT_NAMED,
        "no next workflow is named",
        instead="Set nextWorkflowId, or drop autoStartNextWorkflow.",
    ),
    _refused(names.STEP_WITHOUT_ID, "a step has no id", instead="Give it one."),
    _refused(names.STEP_ID_TWICE, "two steps have one id", instead="Rename one, and the references to it."),
    _refused(names.STEP_WITHOUT_NAME, "a step has no name", instead="Give it one."),
    _refused(
        names.NO_SUCH_TYPE,
        "a step's type is not known",
        instead="Use one of the step types that the text names.",
    ),
    _refused(
        names.NO_JOB_TYPE,
        "a SERVICE_TASK has no jobType",
        instead="Name the job type that its handler is registered for.",
    ),
    _refused(
        names.DECISION_WITHOUT_BRANCHES, "a DECISION has no branches", instead="Write conditionalNextSteps."
    ),
    _refused(
        names.TOO_FEW_BRANCHES,
        "a gateway has fewer than two branches",
        instead="Write two or more parallelNextSteps.",
    ),
    _refused(
        names.GATEWAY_WITHOUT_JOIN,
        "a gateway has no joinStep",
        instead="Name the JOIN_GATEWAY where its branches meet.",
    ),
    _refused(names.NO_NEXT_STEP, "a step has no nextStep", instead="Name the step that follows."),
    _refused(names.NOTHING_TRANSFORMED, "a TRANSFORMATION sets nothing", instead="Write at least one entry."),
    _refused(names.EVENT_IS_NO_TIMER, "a boundary event is no TIMER", instead="Use the type TIMER."),
    _refused(names.TIMER_WITHOUT_DURATION, "a timer has no duration", instead="Write one, such as PT15M."),
    _refused(names.TIMER_WITHOUT_TARGET, "a timer has no target", instead="Set targetStepId."),
    _refused(names.NO_SUCH_STEP, "a reference names no step", instead="Mend the name, or add the step."),
    _refused(names.STEP_NOT_REACHED, "a step cannot be reached", instead="Lead a step to it, or remove it."),
    _refused(
        names.STEP_WITHOUT_TABLE,
        "a DECISION_TABLE has no table",
        instead="Write decisionTable with its rules.",
        since="decision_tables",
    ),
    _refused(
        names.TABLE_WITHOUT_RULES,
        "a decision table has no rules",
        instead="Write at least one rule.",
        since="decision_tables",
    ),
    _refused(
        names.NO_SUCH_POLICY,
        "a hit policy is not known",
        instead="Use one of U, F, A, R, C, C+, C#, C>, C<, or leave it out for U.",
        since="decision_tables",
    ),
    _refused(
        names.FIELD_OF_ANOTHER_TYPE,
        "a field does not belong to the step's type",
        instead="Remove it, or move it to a step that takes it.",
        since="decision_tables",
    ),
    _refused(
        names.SCHEMA_WITHOUT_PROPERTIES,
        "a schema has no properties",
        instead="List the variables with their types, or drop the schema.",
        since="schemas",
    ),
    _refused(
        names.SCHEMA_TYPE_UNKNOWN,
        "a schema's type is not known",
        instead="Use string, number, integer or boolean.",
        since="schemas",
    ),
    _refused(
        names.REQUIRED_NOT_LISTED,
        "a schema requires what it does not list",
        instead="Add the name to properties, or drop it from required.",
        since="schemas",
    ),
    _refused(
        names.SCHEMA_WITHOUT_JOB,
        "a schema of outputs on a step without a job",
        instead="Move it to a SERVICE_TASK.",
        since="schemas",
    ),
    _refused(
        names.NO_END_REACHED, "no END can be reached", instead="Lead the last step to a step of type END."
    ),
)
