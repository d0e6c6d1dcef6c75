"""What the engine accepts and will be regretted, by what later versions brought."""

from __future__ import annotations

from typing import Final

from rochallor_cli.dev_engine.codes.code import Code
from rochallor_cli.dev_engine.codes.names import (
    BRANCH_LISTED_TWICE,
    BRANCH_NEVER_TAKEN,
    BRANCH_ORDER,
    CHAIN_KEY,
    COLUMN_MISSING,
    LONG_BRANCH,
    NEVER_EQUAL,
    NUMBER_AS_TRUTH,
    OUTPUTS_USE_EACH_OTHER,
    POLICY_IGNORED,
    RULE_NEVER_MATCHES,
    RULES_DISAGREE,
    RULES_OVERLAP,
    SCHEMA_CONTRADICTS,
    START_REFUSED,
    TEXTS_JOINED,
    TEXTS_ORDERED,
    VALUES_WITHOUT_RULE,
)

NEWER_WARNINGS: Final = (
    Code(
        NEVER_EQUAL,
        "a text that never equals its own literal",
        "The operand is converted by == and !=, the literal is not: a variable with a text that reads as a number "
        "becomes a number, which is never equal to that text. zip == '01' is false for \"01\" too, and silently.",
        "Write zip in ['01'], which converts nothing, or compare with a number.",
        since="coercion",
    ),
    Code(
        TEXTS_JOINED,
        "texts joined by +",
        "The operands of + are converted to numbers unless they are literals: a text that reads as none fails the "
        "step, and two that do are added.",
        'Write join([a, b]) or join([a, b], " ").',
        since="coercion",
    ),
    Code(
        TEXTS_ORDERED,
        "texts or times put in order by < or >",
        "The operands of < <= > >= and - are converted to numbers: a text that reads as none, a time and a duration "
        "fail the step.",
        "Compare numbers: date(a).Unix() < date(b).Unix(), d.Seconds() > 60. Of texts the smaller is sort([a, b])[0].",
        since="coercion",
    ),
    Code(
        NUMBER_AS_TRUTH,
        "a number where true or false is wanted",
        "The operands of && || and ! have to be true, false, or the text of one; a number fails the step.",
        "Compare it, as in n != 0.",
        since="coercion",
    ),
    Code(
        BRANCH_NEVER_TAKEN,
        "a branch that can never be taken",
        "Branches are tried in the order of the stored document, the shortest condition first (in bytes, then by their "
        "bytes), not in the written order. Whenever this condition holds, one before it does.",
        "Let the conditions exclude each other, or remove the branch.",
        since="ordered_branches",
    ),
    Code(
        BRANCH_ORDER,
        "branches that are tried in another order than they are written",
        "Branches are tried in the order of the stored document: the shortest condition first (in bytes, then by their "
        "bytes). Of two that hold the first in that order wins, which here is not the one written first.",
        "Let the conditions exclude each other.",
        since="ordered_branches",
    ),
    Code(
        BRANCH_LISTED_TWICE,
        "a branch that a gateway lists twice",
        "It starts twice, and the join counts it once: it waits for as many branches as are listed, which never come.",
        "List each first step once; for two of a kind write two steps.",
        since="joins_within_request",
        is_final=True,
    ),
    Code(
        LONG_BRANCH,
        "a branch that is longer than its first step",
        "A join counts the branches whose first step is completed. A longer branch counts from then on: the join is "
        "passed before its other steps are done, by whoever arrives, and what follows may run twice.",
        "Let every branch be one step; put what is longer into a workflow of its own, or before or behind the gateway.",
        since="joins_within_request",
    ),
    Code(
        CHAIN_KEY,
        "a chain that the business key may stop",
        "A chained instance inherits the business key, which belongs to one live instance of a definition. Where "
        "another chain has started one with this key, the next workflow is silently not started.",
        "Start with keys that differ by chain, or without one; look with instances list --business-key.",
        since="business_keys",
        until="durable_chains",
    ),
    Code(
        RULE_NEVER_MATCHES,
        "a rule of a decision table that can never match",
        "Its conditions contradict each other, or under F a rule above holds whenever it does.",
        "Mend the conditions, move the rule up, or remove it.",
        since="decision_tables",
    ),
    Code(
        RULES_OVERLAP,
        "rules that overlap under U",
        "U (also where no hitPolicy is written) wants exactly one rule to hold. Two that do fail the step and the "
        "instance: DecisionTableUniqueViolation.",
        "Let the rules exclude each other, or use F for the first that holds.",
        since="decision_tables",
    ),
    Code(
        RULES_DISAGREE,
        "rules that disagree under A",
        "A takes any number of rules that have the same outputs in the columns of the first that holds. These two hold "
        "together with different ones, which fails the step: DecisionTableAnyConflict.",
        "Give them the same outputs, or let them exclude each other.",
        since="decision_tables",
    ),
    Code(
        COLUMN_MISSING,
        "a column without a number under an aggregate",
        "C+, C> and C< want a number of each rule that holds. A text or a truth value is none, and a rule without the "
        "column counts as null, which fails the step: DecisionTableAggregatorTypeError.",
        "Write the column in every rule, as a number, 0 where it adds nothing.",
        since="decision_tables",
    ),
    Code(
        OUTPUTS_USE_EACH_OTHER,
        "outputs of a decision table that use each other",
        "All outputs see the variables as they were before the step: one that uses another's variable gets its old "
        "value, or fails where there is none.",
        "Set the second one in a TRANSFORMATION behind the table.",
        since="decision_tables",
    ),
    Code(
        POLICY_IGNORED,
        "a hitPolicy that is ignored",
        "Only a DECISION_TABLE has rules to choose from; on other steps the field is accepted and ignored.",
        "Remove it, or make the step a DECISION_TABLE.",
        since="decision_tables",
    ),
    Code(
        VALUES_WITHOUT_RULE,
        "values for which no rule holds",
        "Where no rule holds the step and the instance fail: DecisionTableNoRuleMatched. Told where all conditions "
        "compare variables with literals; of texts only those that the rules name are tried, for nobody knows which "
        "others come.",
        "Add a rule for these values, or a last one without conditions (under F).",
        since="decision_tables",
    ),
    Code(
        SCHEMA_CONTRADICTS,
        "a schema that contradicts a condition",
        "The schema fixes the variable's type, and with it the condition never holds, or fails whenever it is tried.",
        "Mend the type in the schema, or the condition.",
        since="schemas",
    ),
    Code(
        START_REFUSED,
        "variables that the input_schema does not take",
        "An instance that is started with the variables given by --var or --vars is refused with 500, and nothing is "
        "started.",
        "Mend the variables, or the schema.",
        since="schemas",
        is_final=True,
    ),
)
