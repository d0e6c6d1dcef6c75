"""Which test holds which sentence of docs/engine-faults.md."""

from __future__ import annotations

ENGINE_FAULTS: dict[str, dict[str, tuple[str, ...]]] = {
    "Engine faults": {
        "The engine accepts definitions": (
            "test_an_example_of_the_documentation_shows_its_fault_and_could_be_uploaded",
        ),
        "`rochallor dev` does the same": ("test_an_engine_fault_is_told_once_with_its_code",),
        "`rochallor dev --strict` makes": ("test_a_strict_engine_fails_the_instance_with_the_fault",),
        "`rochallor defs lint` finds most": (
            "test_an_example_of_the_documentation_shows_its_fault_and_could_be_uploaded",
        ),
        "Each code has an example": (
            "test_the_documentation_explains_every_warning_by_its_title",
            "test_every_example_of_the_page_is_run",
        ),
    },
    "For which versions": {
        "What an engine does depends": ("test_the_documentation_says_for_which_versions_each_warning_holds",),
        "`rochallor defs lint --engine-version VERSION` says": (
            "test_lint_says_for_which_version_it_speaks_and_speaks_for_the_one_that_is_named",
        ),
        "Codes that do not hold for it": ("test_a_code_that_does_not_hold_for_an_engine_is_not_shown",),
        "Most of these are warnings.": (),
        "Errors for lint are those": (
            "test_what_certainly_cannot_run_is_an_error",
            "test_the_page_names_the_warnings_that_are_errors_for_lint",
        ),
        "W201, W305, W306": ("test_the_page_names_the_warnings_that_are_errors_for_lint",),
        "So are W702 where handlers": (
            "test_lint_names_job_types_that_no_handler_serves",
            "test_variables_of_a_start_are_held_against_the_schema",
        ),
        "`--error CODE` makes another": (
            "test_a_code_can_be_made_an_error_and_a_mistyped_one_is_said",
            "test_lint_explains_codes_and_can_leave_them_out",
        ),
    },
    "Expressions": {
        "The language, with what works": ("test_an_example_comes_to_what_is_written_beside_it",),
    },
    "W601: a job of an instance that had ended": {
        "Jobs of finished, failed and cancelled": (
            "test_completing_a_job_of_a_cancelled_instance_moves_nothing",
            "test_cancelling_leaves_steps_and_jobs_as_they_are",
        ),
        "Completing them moves nothing": ("test_completing_a_job_of_a_cancelled_instance_moves_nothing",),
        "Way round: handlers": (),
    },
    "W602: a job that was failed after its end": {
        "The engine looks at no state.": ("test_failing_a_completed_job_undoes_the_finished_instance",),
        "A completed job is undone": ("test_failing_a_completed_job_undoes_the_finished_instance",),
        "Way round: never answer": ("test_what_outlasts_the_time_out_is_not_sent_a_second_time_meanwhile",),
        "The SDK's runners do.": (
            "test_a_polled_jobs_result_outlives_whatever_answers",
            "test_among_random_faults_every_attempt_runs_once",
        ),
    },
    "W603: a job that was completed twice at the same moment": {
        "Two completions of one job": ("test_a_recorded_scenario_is_answered_as_the_engine_did",),
        "The dev engine takes them": ("test_two_completions_at_the_same_moment_are_warned_of",),
        "Way round: never have two": (
            "test_after_a_time_out_nothing_is_sent_while_a_stall_of_ten_seconds_may_last",
        ),
        "The SDK's runners do.": (
            "test_what_outlasts_the_time_out_is_not_sent_a_second_time_meanwhile",
            "test_answers_cut_after_the_engine_did_the_work_make_no_job_run_twice",
        ),
    },
    "W604: a report that does not count": {
        "From version leases on": ("test_a_report_counts_only_from_the_worker_that_holds_the_job",),
        "A late one, a repeated one": (
            "test_a_report_counts_only_from_the_worker_that_holds_the_job",
            "test_a_dropped_report_is_warned_of",
        ),
        "Way round: report in time.": (),
        "A job that runs past its lease": (
            "test_a_job_whose_lease_has_ended_comes_back_as_another_job_of_the_same_step_execution",
            "test_a_job_is_known_by_its_step_execution_whatever_its_id",
        ),
    },
}
