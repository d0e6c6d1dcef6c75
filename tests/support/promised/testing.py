"""Which test holds which sentence of docs/testing.md."""

from __future__ import annotations

TESTING: dict[str, dict[str, tuple[str, ...]]] = {
    "Testing handlers and workflows": {
        "The package brings a pytest plug-in.": (
            "test_the_example_of_the_documentation_passes",
            "test_the_page_about_testing_names_what_the_package_does_not_install",
        ),
        "`pip install pytest`.": (),
        "Its fixtures are there then.": ("test_the_example_of_the_documentation_passes",),
        "Nothing is loaded before a test uses one.": (
            "test_the_plugin_imports_nothing_before_a_fixture_is_used",
        ),
        "`rochallor_engine` |": (
            "test_the_example_of_the_documentation_passes",
            "test_moving_the_clock_ends_leases",
        ),
        "`rochallor_client` |": ("test_a_workflow_is_run_to_its_end_with_user_tasks_and_signals",),
        "`run_workflow` |": (
            "test_a_workflow_is_run_to_its_end_with_user_tasks_and_signals",
            "test_without_an_answer_a_user_task_stays_open_until_the_run_proceeds",
        ),
        "`rochallor_settings` |": ("test_the_example_of_the_documentation_passes",),
        "A workflow with a service task": ("test_the_example_of_the_documentation_passes",),
    },
    "One command to try a definition": {
        "`rochallor run` needs no test yet": ("test_an_instance_is_led_to_its_end_by_handlers_and_stubs",),
        "`--stub` answers for handlers": (
            "test_one_stub_serves_all_types_that_have_no_handler",
            "test_tasks_and_waits_are_answered_each_time_with_the_next_answer",
            "test_an_answer_on_a_terminal_is_an_object_or_pairs",
        ),
        "`--fast` waits for no timer": (
            "test_timers_are_not_waited_for_when_it_is_to_be_fast",
            "test_a_reminder_that_nobody_answers_goes_round_no_more_than_so_often",
        ),
        "The exit status is the outcome": (
            "test_the_exit_status_is_the_outcome",
            "test_a_loop_of_jobs_that_never_ends_goes_round_no_more_than_so_often",
        ),
        "With `--engine-url` it runs": ("test_a_run_on_a_real_engine_has_a_name_and_job_types_of_its_own",),
    },
    "run_workflow": {
        "`run_workflow(definition, registry": ("test_the_signature_on_the_page_is_that_of_the_fixture",),
        "`definition` is a document": ("test_a_definition_is_read_from_a_file",),
        "Handlers run one after the other": ("test_two_runs_come_out_the_same",),
        "Each runs in a thread of its own": (
            "test_async_handlers_know_their_job",
            "test_a_failing_handler_is_retried_at_once_and_its_errors_are_kept",
        ),
        "`user_tasks` and `signals` say": (
            "test_a_list_answers_one_opening_after_the_other",
            "test_a_workflow_is_run_to_its_end_with_user_tasks_and_signals",
        ),
        "Steps without an entry stay open.": (
            "test_without_an_answer_a_user_task_stays_open_until_the_run_proceeds",
        ),
        "It returns when the instance has finished": (
            "test_without_an_answer_a_user_task_stays_open_until_the_run_proceeds",
        ),
        "It never waits for time to pass.": ("test_moving_the_clock_fires_chained_timers_each_at_its_time",),
        "`run.proceed(user_tasks": ("test_without_an_answer_a_user_task_stays_open_until_the_run_proceeds",),
        "It raises `WorkflowRunError`": (
            "test_a_job_without_handler_is_an_error_that_shows_the_history",
            "test_a_workflow_that_never_rests_is_an_error_that_shows_the_history",
            "test_a_handler_that_does_not_come_back_is_an_error_that_shows_the_history",
        ),
        "What it returns has `status`": (
            "test_a_failing_handler_is_retried_at_once_and_its_errors_are_kept",
            "test_the_signature_on_the_page_is_that_of_the_fixture",
        ),
        "`print(run)` shows it all.": ("test_a_job_without_handler_is_an_error_that_shows_the_history",),
    },
    "replay_run": {
        "`replay_run(definition, trace)` plays": ("test_a_found_run_can_be_played_in_a_test",),
        "`trace` is the one of a finding.": ("test_a_found_run_can_be_played_in_a_test",),
        "So a fault can be kept": ("test_a_found_run_can_be_played_in_a_test",),
    },
    "The clock": {
        "`rochallor_engine.advance(seconds": ("test_moving_the_clock_fires_chained_timers_each_at_its_time",),
        "What is due on the way": (
            "test_moving_the_clock_fires_chained_timers_each_at_its_time",
            "test_moving_the_clock_ends_leases",
        ),
        "Nothing happens by itself": ("test_a_chained_workflow_starts_when_the_first_has_ended",),
        "What the engine does in random order": (
            "test_two_runs_come_out_the_same",
            "test_the_example_of_the_documentation_passes",
        ),
    },
}
