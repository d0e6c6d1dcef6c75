"""Which test holds which sentence of docs/dev-engine.md."""

from __future__ import annotations

DEV_ENGINE: dict[str, dict[str, tuple[str, ...]]] = {
    "The embedded engine": {
        "`rochallor dev` runs a workflow engine in one Python process": (
            "test_an_engine_serves_on_a_free_port_and_stops",
        ),
        "It answers the REST interface": ("test_a_recorded_scenario_is_answered_as_the_engine_did",),
        "`rochallor dev --help` lists all options.": ("test_the_command_has_exactly_the_declared_options",),
        "In tests use the fixtures": (),
    },
    "As which version": {
        "Engines of several versions are out there": (),
        "`--engine-version` says which one": (
            "test_the_embedded_engine_is_of_the_version_that_is_said_in_any_way",
        ),
        "`0` | the state of May 2026": ("test_a_recorded_scenario_is_answered_as_the_engine_did",),
        "`1.0.0` | decision tables": (
            "test_every_feature_is_there_from_its_version_on",
            "test_every_policy_agrees_with_a_plain_reading",
            "test_days_count_from_1_0_0_on",
        ),
        "`1.0.1` | a business key": (
            "test_before_1_0_1_a_business_key_may_be_used_twice_and_chains_have_none",
        ),
        "`1.1.0` | a failed step": ("test_the_route_of_retries_is_there_from_its_version_on",),
        "`next` (the default) | schemas": (
            "test_a_start_that_violates_the_schema_starts_nothing",
            "test_an_expression_comes_to_what_an_engine_that_converts_operands_made_of_it",
            "test_an_operator_can_switch_coercion_off_and_nothing_else_changes",
        ),
        "`leases` | a report counts only": (
            "test_a_report_counts_only_from_the_worker_that_holds_the_job",
            "test_a_job_whose_lease_has_ended_comes_back_as_another_job_of_the_same_step_execution",
            "test_a_next_workflow_that_is_missing_is_started_later_by_the_versions_with_durable_chains",
        ),
        "In Python:": (),
        '`DevEngine(engine_version="1.1.0")`, or': (
            "test_an_engine_is_told_its_version_directly_or_by_its_configuration",
        ),
        "Each version is held against what engines": (
            "test_a_recorded_scenario_is_answered_as_the_engine_did",
            "test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did",
            "test_every_recorded_expression_comes_out_as_the_engine_had_it",
            "test_the_page_counts_what_was_recorded",
        ),
        "Random walks (definitions and runs": (
            "test_the_dev_engine_does_what_the_contract_says_at_every_step_of_random_walks",
            "test_a_real_engine_does_what_the_contract_says_at_every_step_of_random_walks",
        ),
    },
    "What it does by the clock": {
        "Leases last 30 s": (
            "test_the_times_and_limits_of_the_page_are_those_of_the_engine",
            "test_the_sweep_runs_by_itself",
        ),
        "Shorter times make trying quicker.": (),
    },
    "The file": {
        "With `--db` everything is in one SQLite file": (
            "test_nothing_acknowledged_is_lost_however_often_the_engine_is_killed",
        ),
        "A file belongs to one engine at a time": (
            "test_a_file_in_use_is_refused_to_a_second_engine_of_another_process",
        ),
        "An older file is brought up to date": (
            "test_a_file_of_an_older_schema_is_brought_up_to_date",
            "test_a_file_of_a_newer_schema_is_refused_and_left_alone",
        ),
        "A file remembers as which version": (
            "test_a_file_goes_on_as_a_later_version_of_the_engine_and_that_is_said",
            "test_a_file_of_a_later_version_of_the_engine_is_refused_and_left_as_it_was",
        ),
    },
    "What has no order": {
        "The real engine does the entries": (
            "test_the_order_of_transformations_is_up_to_the_choice",
            "test_timers_of_one_moment_and_one_length_fire_in_any_order",
        ),
        "Here a seed decides": ("test_which_of_two_holding_branches_is_taken_is_up_to_the_choice",),
        "`--seed` repeats a run": ("test_the_same_seed_takes_the_same_branches",),
    },
    "Who may call it": {
        "It listens on 127.0.0.1.": ("test_the_times_and_limits_of_the_page_are_those_of_the_engine",),
        "The real engine answers any web page (`Access-Control-Allow-Origin": (
            "test_web_pages_may_call_it_by_default_as_they_may_the_real_engine",
        ),
        "*`), and so does this one": ("test_web_pages_may_call_it_by_default_as_they_may_the_real_engine",),
        "`--no-cors` refuses requests": (
            "test_a_web_page_may_do_nothing_where_cors_is_closed",
            "test_a_name_that_is_pointed_here_is_refused_where_cors_is_closed",
        ),
    },
    "Limits": {
        "body of a request": (
            "test_a_body_that_is_too_long_is_refused_in_words",
            "test_the_times_and_limits_of_the_page_are_those_of_the_engine",
        ),
        "first line of a request": (
            "test_a_long_header_is_taken_and_one_without_bound_is_not",
            "test_the_times_and_limits_of_the_page_are_those_of_the_engine",
        ),
        "values in a body": (
            "test_a_body_of_too_many_values_is_refused_in_words",
            "test_the_times_and_limits_of_the_page_are_those_of_the_engine",
        ),
        "depth of JSON": (
            "test_json_that_is_nested_too_deeply_is_refused",
            "test_the_times_and_limits_of_the_page_are_those_of_the_engine",
        ),
        "steps entered by one request": (
            "test_a_loop_that_never_rests_is_stopped",
            "test_a_loop_through_a_gateway_that_never_rests_is_stopped_sooner",
            "test_the_times_and_limits_of_the_page_are_those_of_the_engine",
        ),
        "result of one transformation": (
            "test_a_value_that_a_loop_nests_deeper_and_deeper_is_refused",
            "test_the_times_and_limits_of_the_page_are_those_of_the_engine",
        ),
        "number and size of variables": ("test_large_and_many_variables_come_back_and_are_handed_out",),
        "others that wait while JSON is read": ("test_what_takes_long_to_read_holds_nobody",),
    },
    "What is not there": {
        "gRPC and the metrics port.": (),
        "Two completions of one job": ("test_two_completions_at_the_same_moment_are_warned_of",),
        "On SIGTERM it exits.": ("test_the_engine_started_by_dev_serves_until_it_is_told_to_stop",),
    },
    "Inside": {
        "One event loop, one SQLite connection.": (),
        "What arrives in one turn of the loop": (
            "test_a_request_that_fails_does_not_undo_those_beside_it",
            "test_answers_to_requests_in_one_piece_come_whole_and_in_order",
        ),
        "The decisions are pure functions": (
            "test_the_machine_needs_no_database_and_no_server",
            "test_a_reaction_says_what_was_entered_chosen_and_met",
        ),
        "`every_outcome(definition, world, event)`": (
            "test_every_order_of_conditions_is_tried",
            "test_a_free_condition_is_a_choice_whatever_it_says",
        ),
        "There is no clock": (
            "test_of_timers_that_start_together_the_shorter_is_first",
            "test_a_longer_timer_that_started_before_may_be_first",
        ),
        "`essence(definition, world)`": (
            "test_what_happens_to_two_worlds_of_one_essence_has_the_same_consequences",
        ),
    },
}
