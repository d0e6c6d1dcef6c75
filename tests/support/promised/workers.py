"""Which test holds which sentence of docs/workers.md."""

from __future__ import annotations

WORKERS: dict[str, dict[str, tuple[str, ...]]] = {
    "One process or several": {
        "Workers live in one process unless": (
            "test_status_names_the_jobs_in_flight_and_quiet_claims_no_more",
        ),
        "Several processes are children of a supervisor": (
            "test_only_the_process_that_died_is_started_again",
            "test_the_delay_doubles_with_each_death_in_a_row_up_to_its_limit",
            "test_a_process_that_dies_again_and_again_ends_the_host_with_12",
        ),
        "A job that outlives its lease is recognised only by": (
            "test_of_two_workers_each_runs_an_attempt_once_at_most_and_every_job_ends",
        ),
        "The summary at the end counts the jobs": (
            "test_summaries_of_several_processes_become_one_row_a_type",
        ),
        "Of one that died it knows": ("test_a_killed_process_takes_no_count_with_it",),
        "Its p50 is the mean of theirs": ("test_summaries_of_several_processes_become_one_row_a_type",),
        "A job that kills its process": ("test_good_jobs_complete_and_the_killer_is_failed_for_good",),
        "The supervisor knows which jobs ran at the death": (
            "test_the_python_stack_of_a_crash_is_in_the_log",
            "test_a_killer_is_known_by_its_step_where_each_delivery_has_an_id_of_its_own",
        ),
        "A job with which `--max-job-deaths`": ("test_good_jobs_complete_and_the_killer_is_failed_for_good",),
        "So is one that ruins its process": (
            "test_a_job_that_ruins_its_process_and_returns_is_a_killer_too",
        ),
        "The `on_failure` hooks hear": (
            "test_good_jobs_complete_and_the_killer_is_failed_for_good",
            "test_a_killer_is_known_by_its_step_where_each_delivery_has_an_id_of_its_own",
        ),
        "Deaths that jobs bring": (
            "test_a_child_that_keeps_dying_is_a_crash_loop",
            "test_a_job_that_ruins_its_process_and_returns_is_a_killer_too",
        ),
        "A host without a supervisor": (),
        "`--supervised` gives it one": ("test_good_jobs_complete_and_the_killer_is_failed_for_good",),
        "`--supervised` runs the handlers": ("test_the_host_keeps_its_log_its_signals_and_its_life",),
        "`--processes N`": (),
        "`--max-jobs-per-process N` replaces": (
            "test_a_process_is_replaced_after_its_jobs_and_none_is_lost",
        ),
        "`--reload` starts the handlers anew": (
            "test_changed_handlers_take_over_without_losing_or_repeating_a_job",
        ),
        "The new process takes over when it is ready": (
            "test_changed_handlers_take_over_without_losing_or_repeating_a_job",
        ),
        "`--until-idle` leaves when nothing has come": ("test_until_idle_leaves_when_the_work_is_done",),
        "Engine or brokers that are away, or refuse": (
            "test_until_idle_gives_up_on_an_engine_that_does_not_come",
            "test_brokers_that_are_away_count_as_well",
        ),
    },
    "What a worker promises": {
        "A result is reported until the engine has it": (
            "test_a_polled_jobs_result_outlives_whatever_answers",
            "test_readiness_follows_the_engine",
            "test_the_reason_is_the_latest_one_and_each_is_said_once",
        ),
        "The exceptions: the drain's end": (
            "test_a_stop_while_the_engine_is_away_ends_with_the_drain_and_names_what_was_not_reported",
            "test_an_answer_of_the_engine_that_will_not_change_settles_the_report",
        ),
        "Both are logged with their jobs": (
            "test_results_that_cannot_be_reported_are_left_at_the_deadline_and_named",
            "test_a_result_that_the_drain_leaves_behind_is_named_with_its_job",
            "test_an_answer_of_the_engine_that_will_not_change_settles_the_report",
        ),
        "A handler that succeeded is never turned into a failure": (
            "test_a_polled_jobs_result_outlives_whatever_answers",
            "test_a_413_is_about_the_size_only_where_a_small_result_gets_through",
        ),
        "The failure says so.": (
            "test_a_result_that_can_never_be_delivered_fails_the_job_for_good_with_the_refusal",
        ),
        "A failure is reported once": (
            "test_a_polled_jobs_failure_that_the_engine_took_is_not_sent_a_second_time",
            "test_a_failure_that_came_after_the_lease_is_sent_under_the_next_one",
            "test_a_failure_whose_lease_ends_while_a_connection_is_made_is_not_sent",
        ),
        "A job that comes again while it runs here": (
            "test_each_attempt_runs_once_however_long_it_takes",
            "test_a_job_is_known_by_its_step_execution_whatever_its_id",
        ),
        "Another process does not know it.": (
            "test_of_two_workers_each_runs_an_attempt_once_at_most_and_every_job_ends",
        ),
        "`done` counts what the engine has.": ("test_a_late_result_is_counted_once_the_engine_has_it",),
        "A result that came past its lease's end": (
            "test_a_completion_that_came_too_late_is_sent_again_until_the_history_shows_it",
        ),
        "A job that nobody can read": (
            "test_a_malformed_job_costs_itself_only",
            "test_a_name_that_is_too_long_for_a_url_costs_its_job_only",
            "test_one_result_that_never_gets_through_holds_up_no_others",
        ),
        "Such a job is logged once": ("test_a_job_that_nobody_can_read_is_said_once_and_counted",),
    },
    "What a job does to its process": {
        "What a job changes of the process": (
            "test_what_a_job_does_to_the_process_harms_neither_the_next_ones_nor_the_host",
            "test_what_a_job_does_to_the_standard_streams_harms_neither_the_next_ones_nor_the_log",
        ),
        "Working directory, umask and the sockets' default time-out": (
            "test_after_each_job_the_process_is_as_it_was",
            "test_what_a_job_that_still_runs_may_need_is_put_back_when_none_runs",
        ),
        "Code that closes all descriptors": (
            "test_the_host_keeps_its_log_its_signals_and_its_life",
            "test_what_a_job_does_to_the_process_harms_neither_the_next_ones_nor_the_host",
        ),
        "A library that replaces threads and sockets": (
            "test_a_patch_raises_in_whoever_asks_for_it",
            "test_a_gevent_patch_is_refused_whatever_else_it_breaks",
        ),
        "The environment stays as a job leaves it": ("test_what_a_library_may_have_set_for_good_stays",),
        "What only one job is to see": ("test_what_a_library_may_have_set_for_good_stays",),
        "Async handlers share one loop": (
            "test_a_handler_that_cancels_all_tasks_costs_no_job_that_had_not_begun",
        ),
    },
    "What a host is doing": {
        "`rochallor work status --health-port 8081` shows": (
            "test_status_names_the_jobs_in_flight_and_quiet_claims_no_more",
        ),
        "SIGUSR1 logs the same": ("test_sigusr1_shows_stacks_and_jobs_in_flight",),
        "`rochallor work quiet --health-port 8081`": (
            "test_status_names_the_jobs_in_flight_and_quiet_claims_no_more",
        ),
        "In Kafka mode up to eight jobs may wait": (
            "test_so_many_may_wait_ahead_for_a_thread_and_no_more",
            "test_no_promise_is_broken",
        ),
        "`rochallor work resume`": ("test_status_names_the_jobs_in_flight_and_quiet_claims_no_more",),
        "`/metrics` holds the runners' series": (
            "test_probes_and_metrics_speak_for_the_whole_host",
            "test_the_page_of_two_processes_adds_them_up_and_prometheus_can_read_it",
        ),
        "PROMETHEUS_MULTIPROC_DIR is not used.": ("test_probes_and_metrics_speak_for_the_whole_host",),
        "The health port answers from threads of its own": (
            "test_a_blocked_async_handler_stops_neither_claims_nor_reports",
            "test_connections_that_say_nothing_give_way_to_a_probe",
        ),
        "While a C call keeps the interpreter's lock": (
            "test_a_supervised_host_answers_probes_while_a_handler_holds_the_interpreters_lock",
        ),
        "A worker whose slots have all been taken": (
            "test_a_worker_whose_slots_are_all_blocked_is_not_ready",
        ),
        "So is one whose job types are all at their limits": (
            "test_a_worker_whose_types_are_all_at_their_limits_is_blocked",
        ),
        "Where the system gives no more threads": (
            "test_jobs_run_in_the_threads_there_are_and_no_more_are_asked_for",
            "test_while_threads_are_short_no_more_is_claimed_than_there_are",
            "test_a_runner_without_any_thread_says_so_claims_nothing_and_goes_on_once_there_is_one",
        ),
        "Async handlers share one thread": (
            "test_jobs_of_async_handlers_stay_with_the_engine_while_their_loop_has_no_thread",
        ),
        "Where it gives no process": (
            "test_tries_for_a_process_grow_rare_and_are_said_once",
            "test_a_probe_is_answered_where_handlers_have_taken_all_descriptors",
            "test_a_host_that_has_other_processes_goes_on_and_says_what_is_wanting",
            "test_every_job_is_done_once_with_what_there_is",
        ),
        "Each is logged once and counted": (
            "test_jobs_run_in_the_threads_there_are_and_no_more_are_asked_for",
            "test_a_host_that_has_other_processes_goes_on_and_says_what_is_wanting",
        ),
        "`workflow_sdk_shortages_total`": (
            "test_a_host_that_has_other_processes_goes_on_and_says_what_is_wanting",
        ),
    },
    "Stopping": {
        "The first SIGTERM or Ctrl-C stops claiming": (
            "test_a_signal_in_the_middle_of_jobs_drains_and_runs_none_twice",
            "test_ctrl_c_in_a_terminal_with_several_processes_drains_once",
        ),
        "A second signal, or the deadline": (
            "test_a_second_signal_leaves_running_jobs_at_once",
            "test_a_blocked_handler_is_left_at_the_deadline",
        ),
        "After a clean drain it is 0": (
            "test_a_signal_in_the_middle_of_jobs_drains_and_runs_none_twice",
            "test_sighup_without_a_terminal_drains_and_asks_for_a_restart",
        ),
        "A long handler may look whether": ("test_a_long_handler_can_see_the_stop_and_finish_early",),
    },
    "Logs": {
        "One line per event of the host's life": ("test_one_line_per_event_and_none_per_job",),
        "`--log-format json` writes one object a line": ("test_json_logs_carry_the_job_as_fields",),
        "With it every line on stderr is such an object": (
            "test_what_goes_to_the_descriptor_of_stderr_is_json_too",
            "test_errors_that_end_the_host_are_lines_of_json_too",
            "test_a_json_record_with_a_traceback_stays_one_line",
        ),
        "A field of `extra` called like one of the line's own": (
            "test_json_lines_carry_the_job_and_extra_fields_as_fields",
        ),
        "In text logs further lines of a message are indented": (
            "test_nothing_in_a_line_is_obeyed_by_a_terminal_and_no_token_stands_in_it",
        ),
        "The host's own lines come through": ("test_the_host_keeps_its_log_its_signals_and_its_life",),
        "On a terminal lines have no time": (
            "test_text_lines_begin_with_the_time_where_nobody_else_adds_it",
        ),
        "Lines that cannot be written (disk full, a reader": (
            "test_a_host_whose_output_nobody_reads_works_on_and_says_so",
            "test_a_full_disk_for_logs_stops_no_job",
            "test_printing_to_a_stdout_that_is_gone_fails_no_job",
        ),
    },
    "Where handlers are found": {
        "`--module` (`-m`, repeatable) takes": (),
        "`handlers.py` | this file": (
            "test_a_file_offers_its_registry_whatever_its_name",
            "test_every_file_of_a_folder_is_loaded_and_helpers_may_be_among_them",
        ),
        "`jobs/` | every file": ("test_every_file_of_a_folder_is_loaded_and_helpers_may_be_among_them",),
        "`shop.jobs` | a module": ("test_a_module_is_found_from_the_working_directory",),
        "`shop.jobs:registry` | one registry": ("test_a_registry_can_be_named",),
        "A module offers its handlers": (
            "test_a_file_offers_its_registry_whatever_its_name",
            "test_a_function_named_register_fills_a_registry",
        ),
        "Several modules are put together": (
            "test_a_job_type_in_two_modules_is_an_error_that_names_both",
            "test_merged_registries_keep_limits_and_hooks",
        ),
        "A module that cannot be imported": (
            "test_handlers_that_cannot_be_used_end_the_host_with_3",
            "test_a_failed_import_shows_the_users_frames_only",
        ),
        "`rochallor work --check` imports the handlers": (
            "test_check_compares_handlers_with_uploaded_definitions",
            "test_check_without_an_engine_is_5_and_with_broken_handlers_3",
        ),
        "Every job type in use must have": ("test_check_can_be_narrowed_and_names_misspelt_types",),
        "`--definition loan` (only these": ("test_check_can_be_narrowed_and_names_misspelt_types",),
        "A handler of a type that no definition uses": (
            "test_check_can_be_narrowed_and_names_misspelt_types",
        ),
    },
    "workers.yaml": {
        "Every option can be written into a file": (
            "test_several_workers_of_a_file_serve_their_own_job_types",
            "test_its_value_comes_from_flag_variable_file_or_default",
        ),
        "`rochallor work --config workers.yaml`.": (
            "test_the_example_shows_everything",
            "test_the_shipped_schema_is_the_models",
        ),
        "`ROCHALLOR_CONFIG` names the file": ("test_a_variable_names_the_file_where_no_option_does",),
        "A flag goes before an environment variable": (
            "test_flag_beats_environment_beats_file_beats_default",
        ),
        "A flag or variable goes before **every** entry": (
            "test_a_flag_goes_before_every_entry_of_the_file",
        ),
        "`--print-config` prints each setting": (
            "test_every_setting_is_printed_with_its_origin_and_secrets_are_masked",
        ),
        "`${VAR}` and `${VAR:-default}` are filled": (
            "test_variables_are_filled_into_scalars",
            "test_a_variables_text_cannot_change_the_document",
        ),
        "Durations are seconds": ("test_values_come_out_typed",),
        "Files and folders are meant": ("test_paths_are_meant_from_the_folder_of_the_file",),
        "Unknown keys and wrong types": ("test_all_problems_are_told_at_once_with_place_and_path",),
        "`workers.yaml:12:5": ("test_all_problems_are_told_at_once_with_place_and_path",),
    },
}
