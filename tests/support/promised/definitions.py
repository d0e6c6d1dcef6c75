"""Which test holds which sentence of docs/definitions.md."""

from __future__ import annotations

DEFINITIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "Definitions": {
        "A definition says which steps": (),
        "It is written in YAML or JSON": (
            "test_an_upload_says_created_then_unchanged_then_created_again",
            "test_every_value_knows_its_place_in_both_formats",
        ),
        "Every example on this page": ("test_an_example_has_no_problems_and_runs",),
        "`rochallor defs explain DECISION_TABLE` or": (
            "test_every_step_type_is_explained",
            "test_every_field_is_explained",
            "test_a_new_definition_is_sound_runs_and_passes_its_test",
        ),
        "Editors know the format": (
            "test_the_schema_takes_what_the_engine_took_and_refuses_what_it_refused_for_its_shape",
        ),
        "`rochallor defs schema > definition.schema.json`, and": (
            "test_the_schema_of_definitions_is_one_json_document",
        ),
    },
    "The definition": {
        "`id` |": ("test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",),
        "`name` |": ("test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",),
        "`description` |": ("test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",),
        "`steps` |": ("test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",),
        "`nextWorkflowId` |": ("test_a_chained_workflow_starts_when_the_first_has_ended",),
        "`autoStartNextWorkflow` |": (
            "test_before_1_0_1_a_business_key_may_be_used_twice_and_chains_have_none",
        ),
        "`metadata` |": (
            "test_lint_explains_codes_and_can_leave_them_out",
            "test_metadata_keeps_every_digit",
        ),
        "`input_schema` |": ("test_a_start_that_violates_the_schema_starts_nothing",),
        "An older engine refuses fields": ("test_an_older_engine_does_not_know_what_came_later",),
        "The engine numbers versions itself": ("test_a_downloaded_document_is_told_to_drop_its_version",),
    },
    "Every step": {
        "`id` |": (
            "test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",
            "test_an_example_of_the_documentation_shows_its_fault_and_could_be_uploaded",
        ),
        "`name` |": ("test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",),
        "`type` |": ("test_the_page_names_every_type_and_field",),
        "`description` |": ("test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",),
        "An END must be reachable": (
            "test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",
        ),
    },
    "SERVICE_TASK": {
        "A job for a worker.": ("test_a_service_task_offers_a_job_with_the_variables_of_that_moment",),
        "`jobType` (required) names": ("test_job_types_that_differ_by_case_or_blanks_are_two",),
        "`retryCount` (0) says": (
            "test_a_retryable_failure_offers_the_job_again_and_leaves_no_trace",
            "test_a_failure_without_retries_fails_job_step_and_instance",
        ),
        "The variables that the handler returns": (
            "test_completing_the_last_job_completes_the_instance_with_merged_variables",
        ),
        "The instance goes on to": ("test_a_recorded_scenario_is_answered_as_the_engine_did",),
        "`delegateClass` is for other workers.": (),
        "`outputs_schema` (since next) fixes": (
            "test_a_completion_that_violates_the_schema_fails_the_instance",
        ),
    },
    "USER_TASK": {
        "Waits until a person completes it": (
            "test_user_tasks_and_waits_park_the_instance",
            "test_open_tasks_are_listed_and_completed_without_naming_the_step",
        ),
        "Goes on to `nextStep`": ("test_a_recorded_scenario_is_answered_as_the_engine_did",),
    },
    "WAIT": {
        "Waits for a signal": ("test_a_signal_lets_a_wait_go_on_and_says_why_when_it_cannot",),
        "`nextStep` is required.": (
            "test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",
        ),
    },
    "DECISION": {
        "`conditionalNextSteps` (required)": ("test_a_decision_takes_the_branch_that_holds",),
        "Conditions are [expressions]": ("test_a_condition_that_is_neither_true_nor_false_names_its_type",),
        "Where none holds the instance fails": (
            "test_a_decision_that_cannot_decide_fails_the_instance_on_its_step",
        ),
        "Engines since 1.0.0 try": (
            "test_of_two_that_can_hold_the_winner_is_named_where_it_was_written_later",
            "test_every_order_of_conditions_is_tried",
        ),
        "So write conditions that exclude": (
            "test_branches_that_can_both_hold_are_shown_with_variables_that_do",
        ),
    },
    "DECISION_TABLE": {
        "Since 1.0.0.": ("test_an_older_engine_does_not_know_what_came_later",),
        "Sets variables by rules.": (
            "test_one_unique_rule_sets_literals_and_values_of_the_variables_before_the_step",
        ),
        "`decisionTable` (required) holds": (
            "test_one_unique_rule_sets_literals_and_values_of_the_variables_before_the_step",
        ),
        "`when` is column to condition": ("test_a_blank_cell_and_a_rule_without_conditions_hold",),
        "Everything sees the variables": (
            "test_one_unique_rule_sets_literals_and_values_of_the_variables_before_the_step",
        ),
        "`nextStep` is required.": (
            "test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",
        ),
        "`hitPolicy` says what becomes": ("test_a_failure_is_worded_as_the_engine_words_it",),
        "`U`, or left out |": ("test_a_policy_makes_of_three_hits_what_the_engine_does",),
        "`F` |": ("test_the_first_policy_does_not_look_past_its_hit",),
        "`A` |": ("test_only_the_first_hits_columns_have_to_agree",),
        "`R`, `C` |": ("test_a_policy_makes_of_three_hits_what_the_engine_does",),
        "`C+` `C>` `C<` `C#` |": ("test_an_aggregate_is_taken_of_numbers",),
    },
    "TRANSFORMATION": {
        "Sets variables:": (),
        "`transformations` (required) is": (
            "test_only_a_whole_text_is_an_expression",
            "test_now_is_the_engines_clock",
        ),
        "The entries of one step run": ("test_the_order_of_transformations_is_up_to_the_choice",),
        "`nextStep` is required.": (
            "test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",
        ),
    },
    "PARALLEL_GATEWAY and JOIN_GATEWAY": {
        "The gateway starts the steps": ("test_a_join_waits_for_both_branches_of_one_task",),
        "A join counts branches by": (
            "test_a_branch_of_two_tasks_passes_the_join_alone_and_what_follows_runs_twice",
        ),
        "An END within a branch": (
            "test_an_end_in_a_branch_completes_the_instance_and_leaves_the_others_behind",
        ),
    },
    "Timers": {
        "SERVICE_TASK, USER_TASK and WAIT may have": (
            "test_an_interrupting_timer_fails_the_step_withdraws_the_job_and_goes_elsewhere",
        ),
        "`type:": (),
        "TIMER`, `duration`": (
            "test_days_count_from_1_0_0_on",
            "test_an_interrupting_timer_fails_the_step_withdraws_the_job_and_goes_elsewhere",
        ),
        "An END there ends the whole instance": (
            "test_an_end_in_a_branch_completes_the_instance_and_leaves_the_others_behind",
        ),
        "So let a reminder interrupt": (),
        "A timer is up to 5 s late.": ("test_the_times_and_limits_of_the_page_are_those_of_the_engine",),
        "In version 0 it fires even after": ("test_a_timer_outlives_its_step_and_wakes_a_finished_instance",),
        "W401).": (),
    },
    "END": {
        "Completes the instance.": (
            "test_completing_the_last_job_completes_the_instance_with_merged_variables",
        ),
        "More than one is fine.": (
            "test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",
        ),
    },
    "Schemas": {
        "`input_schema` and `outputs_schema` (since next)": ("test_a_schema_of_another_step_is_not_asked",),
        "`properties` is name to": (
            "test_complaints_are_sorted_by_name_and_null_passes_where_it_is_not_required",
        ),
        "Nothing is converted, names that": ("test_nothing_is_converted_to_a_type",),
    },
}
