"""Which test holds which sentence of docs/upgrading.md."""

from __future__ import annotations

UPGRADING: dict[str, dict[str, tuple[str, ...]]] = {
    "Upgrading the engine": {
        "Each version of the engine": (),
        "What that means for your definitions": (
            "test_nothing_that_was_recorded_to_come_out_otherwise_is_missed",
            "test_values_come_from_the_constants_of_an_expression_the_likeliest_first",
        ),
        "Files, folders, ids": ("test_definitions_on_an_engine_are_compared_as_well",),
        "The report is grouped": ("test_a_report_has_an_example_and_a_mend_and_says_how_bad_it_is",),
        "silently another way |": ("test_what_comes_out_otherwise_is_told_by_how_bad_it_is",),
        "fails |": ("test_what_comes_out_otherwise_is_told_by_how_bad_it_is",),
        "refused |": ("test_what_comes_out_otherwise_is_told_by_how_bad_it_is",),
        "better now |": ("test_what_comes_out_otherwise_is_told_by_how_bad_it_is",),
        "not compared to the end |": (
            "test_what_is_not_compared_to_the_end_is_said_and_is_no_success",
            "test_what_neither_version_takes_is_said_and_what_none_knows_is_left_out",
        ),
        "Exit status 3 where something": (
            "test_what_comes_out_otherwise_is_told_by_how_bad_it_is",
            "test_what_is_not_compared_to_the_end_is_said_and_is_no_success",
        ),
        "`-o json` gives `file`": ("test_the_columns_of_a_report_are_there_where_nothing_was_found",),
        "Joins and timers are compared": (
            "test_what_only_one_version_lets_happen_is_told_with_what_comes_of_it",
        ),
        "It leads both versions": ("test_both_ways_of_a_condition_are_followed_together",),
        "Where they part is in the report.": ("test_nothing_that_runs_show_is_missing_in_the_report",),
        "What certainly runs alike": (
            "test_what_is_said_to_get_worse_is_shown_by_a_run_that_the_old_engine_does_otherwise",
        ),
        "What it rests on: values": ("test_a_schema_that_fixes_a_type_rules_out_values_that_cannot_come",),
        "Where the engine's operator": ("test_an_operator_can_switch_coercion_off_and_nothing_else_changes",),
    },
    "What changes for workers": {
        "No definition shows it": (),
        "1.0.0: a job is completed once": ("test_every_feature_is_there_from_its_version_on",),
        "1.0.1: a business key": ("test_before_1_0_1_a_business_key_may_be_used_twice_and_chains_have_none",),
        "next: variables that violate": (
            "test_a_start_that_violates_the_schema_starts_nothing",
            "test_a_completion_that_violates_the_schema_fails_the_instance",
        ),
        "leases: a completion counts": ("test_a_report_counts_only_from_the_worker_that_holds_the_job",),
        "A job that runs past its lease": (
            "test_a_job_whose_lease_has_ended_comes_back_as_another_job_of_the_same_step_execution",
        ),
        "The codes behind the mends": (),
        "In the order of an upgrade": (),
    },
}
