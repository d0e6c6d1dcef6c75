"""Which test holds which sentence of docs/sdk.md."""

from __future__ import annotations

SDK: dict[str, dict[str, tuple[str, ...]]] = {
    "A worker": {
        "`rochallor work --module handlers.py` hosts the same registry": (
            "test_jobs_from_kafka_run_once_and_a_signal_drains",
            "test_probes_and_metrics_speak_for_the_whole_host",
        ),
    },
    "What a handler gets": {
        "A `Job`: a dict with the keys": (
            "test_a_job_has_exactly_the_documented_keys",
            "test_a_jobs_values_are_attributes_too",
        ),
        "The variables are those of the moment": ("test_a_recorded_scenario_is_answered_as_the_engine_did",),
        "Numbers have been through doubles": ("test_values_come_back_as_doubles_and_clean_text_hold_them",),
        "`workflow_sdk.current_job()` gives": ("test_the_current_job_is_known_inside_handlers_only",),
        "`.job`, `.lease_left_s`, and `.stopping`": (
            "test_a_handler_knows_its_job_and_lease",
            "test_a_long_handler_can_see_the_stop_and_finish_early",
            "test_a_plain_handler_past_its_timeout_is_named_and_its_result_still_counts",
            "test_a_lost_lease_tells_the_handler",
        ),
        "A long handler that looks at it": (
            "test_a_handler_that_gives_its_job_back_costs_no_retry_and_another_worker_runs_it",
        ),
        '`job["cancel_event"]` is the same event': ("test_the_current_job_is_known_inside_handlers_only",),
    },
    "What a handler gives back": {
        "returns a dict, or None": (
            "test_nothing_completes_with_no_variables",
            "test_every_job_is_run_once_reported_and_committed",
        ),
        "raises an exception": ("test_an_exception_is_retried_with_its_type_text_and_line",),
        "raises `NonRetryableError`": ("test_a_non_retryable_error_is_not_retried",),
        "raises `ReleaseJobError`": (
            "test_a_job_given_back_with_a_delay_runs_again_without_a_report",
            "test_a_handler_that_gives_its_job_back_costs_no_retry_and_another_worker_runs_it",
        ),
        "returns anything else": (
            "test_a_wrong_type_fails_for_good",
            "test_values_that_cannot_be_sent_fail_for_good_and_are_named",
        ),
        "calls `sys.exit`": (
            "test_sys_exit_in_a_handler_is_a_failure_and_the_worker_goes_on",
            "test_an_attempt_to_end_the_process_is_a_failure_like_any_other",
        ),
        "Within an exception group": (
            "test_a_group_with_a_final_error_is_final_and_says_which",
            "test_an_error_that_forbids_a_retry_counts_before_one_that_gives_the_job_back",
        ),
        "Each failed attempt is logged once": (
            "test_each_failed_attempt_is_one_record_and_the_last_one_an_error",
        ),
        "The message of a failure": (
            "test_an_exception_is_retried_with_its_type_text_and_line",
            "test_long_messages_are_cut",
            "test_a_failures_message_holds_no_token_of_its_worker_and_leaves_words_alone",
        ),
        "Each failed attempt logs its own traceback.": (
            "test_each_failed_attempt_logs_a_traceback_of_its_own",
        ),
    },
    "Limits of one handler": {
        "`parallelism`: how many jobs": ("test_a_handler_never_runs_more_often_at_once_than_it_may",),
        "A type without a free slot": ("test_a_type_without_room_is_left_out",),
        "`timeout`, seconds: an async handler": (
            "test_an_async_handler_is_ended_at_its_timeout_and_retried",
        ),
        "A thread cannot be ended": (
            "test_a_plain_handler_past_its_timeout_is_named_and_its_result_still_counts",
        ),
        "`retry_delay`: seconds, a function": ("test_the_delay_of_a_retry_may_depend_on_the_attempt",),
        "The failure is held back outside of the slot": (
            "test_a_retry_delay_holds_a_failure_back_outside_of_its_slot",
        ),
        "Without it a budget": ("test_a_failing_handler_is_retried_at_once_and_its_errors_are_kept",),
        "`rate`: how many jobs": (
            "test_no_more_than_the_rate_starts_and_the_rate_is_reached",
            "test_after_a_pause_a_seconds_worth_may_start_at_once_and_no_more",
        ),
        "A registry of your own": (
            "test_a_runner_does_what_get_gives",
            "test_a_kafka_runner_serves_what_job_types_names",
        ),
        "`registry.configure(job_type, …)` overrides": (
            "test_a_host_can_override_limits_and_leaves_the_others",
        ),
    },
    "Plain and async handlers": {
        "Plain functions run on daemon threads.": (
            "test_a_handler_blocked_for_ever_holds_the_process_until_the_deadline_and_no_longer",
        ),
        "`async def` handlers run on one event loop": (
            "test_hooks_run_once_for_the_process_on_the_loop_of_the_async_handlers",
        ),
        "A `time.sleep` in one of them": ("test_a_blocked_async_handler_stops_neither_claims_nor_reports",),
        "Each job runs in context variables": (
            "test_whatever_handlers_do_each_job_runs_and_ends_once_and_the_next_ones_are_untouched",
        ),
        "Hooks, plain or async": ("test_hooks_run_once_for_the_process_on_the_loop_of_the_async_handlers",),
        "A start-up hook that fails": (
            "test_a_start_up_hook_that_fails_ends_the_run_with_its_error",
            "test_a_hook_that_would_end_a_program_is_an_error_like_any_other",
        ),
        "`@registry.around_job` enters": ("test_hooks_are_entered_around_each_job_of_their_registry",),
        "Async ones are for registries": (
            "test_an_async_hook_around_jobs_and_a_plain_handler_refuse_each_other",
        ),
        "One that takes the handler's exception": (
            "test_a_hook_that_takes_the_handlers_exception_completes_the_job_with_nothing",
        ),
        "`@registry.on_failure` is called": ("test_the_failure_hook_hears_of_every_failure_and_cannot_harm",),
        "Of a job that is failed because processes died": (
            "test_good_jobs_complete_and_the_killer_is_failed_for_good",
            "test_a_killer_is_known_by_its_step_where_each_delivery_has_an_id_of_its_own",
        ),
        "What could never run": (
            "test_what_could_never_do_a_job_is_refused_at_registration",
            "test_a_hook_that_could_never_run_is_refused",
        ),
    },
    "Runner": {
        "`Runner(client, registry, worker_id": (
            "test_published_parameters_keep_their_names_order_and_defaults",
            "test_every_parameter_is_named",
        ),
        "`parallelism` | handlers at once": (
            "test_a_slot_is_free_when_its_handler_ends_for_so_many_reports",
        ),
        "`poll_interval` | seconds between polls": (
            "test_an_idle_worker_asks_twice_a_second",
            "test_polls_follow_the_arrival_rate",
        ),
        "`drain_timeout` | seconds the stop waits": (
            "test_a_handler_blocked_for_ever_holds_the_process_until_the_deadline_and_no_longer",
            "test_a_drain_time_of_nothing_waits_for_nothing",
            "test_the_published_name_of_the_drain_time_counts",
        ),
        "`job_types` | serve only these": ("test_a_worker_can_be_held_to_some_of_its_types",),
        "`lease_seconds` | ask for leases": (
            "test_a_lease_must_be_one_that_engines_give",
            "test_every_poll_asks_for_the_lease_that_the_file_names",
        ),
        "`heartbeat` | extend leases": (
            "test_a_lease_is_extended_while_its_handler_runs",
            "test_who_insists_on_extensions_gets_one_before_the_handler_or_an_error",
            "test_nobody_is_asked_where_extensions_are_unwanted",
        ),
        "`heartbeat_interval` | seconds": ("test_a_lease_is_extended_at_half_of_it_or_after_the_interval",),
        "`run(stop_event=None)` blocks": ("test_a_signal_amid_jobs_has_them_finished_and_reported",),
        "`types` (done, failed": (
            "test_the_summary_counts_by_type",
            "test_a_result_that_the_drain_leaves_behind_is_named_with_its_job",
        ),
        "It works from any thread": ("test_a_worker_runs_beside_a_running_loop_and_in_several_threads",),
        "`stop()` begins the drain": (
            "test_a_runner_runs_once_at_a_time_and_again_afterwards",
            "test_quiet_slots_have_no_room_for_anything",
        ),
    },
    "Stopping": {
        "SIGTERM, SIGINT, `stop_event`": (
            "test_a_signal_amid_jobs_has_them_finished_and_reported",
            "test_the_thread_that_handles_signals_does_not_wait_for_the_event_that_they_set",
        ),
        "Running handlers finish and are reported": (
            "test_a_signal_amid_jobs_has_them_finished_and_reported",
        ),
        "A second signal, `abandon()`": ("test_a_second_signal_ends_the_drain",),
        "Unfinished jobs are in the summary": (
            "test_a_handler_blocked_for_ever_holds_the_process_until_the_deadline_and_no_longer",
        ),
        "Signal handlers are installed in the main thread only": (
            "test_signals_of_a_run_are_put_back_after_it",
        ),
        "Where a `stop_event` was given, a signal": (
            "test_with_a_stop_event_a_signal_that_nobody_handles_drains_as_well",
            "test_with_a_stop_event_a_program_keeps_the_signals_that_it_handles",
        ),
        "`run()` raises `DispatchModeError`": (
            "test_an_engine_that_dispatches_over_kafka_ends_the_run_with_the_remedy",
        ),
    },
    "Leases, and several processes": {
        "A job that is claimed is leased": (
            "test_a_lease_that_ended_is_swept_and_the_job_comes_again_unchanged",
        ),
        "Newer engines can extend leases": ("test_a_lease_is_extended_at_half_of_it_or_after_the_interval",),
        "Where they cannot, the runner warns": (
            "test_an_engine_that_cannot_extend_is_asked_once_and_overruns_are_counted",
        ),
        "Within one runner a job that comes again": (
            "test_a_handler_longer_than_its_lease_completes_and_runs_once",
        ),
        "**Another process does not know this**": (
            "test_of_two_workers_each_runs_an_attempt_once_at_most_and_every_job_ends",
        ),
        "Such a job type belongs on one process": (),
    },
    "Reports": {
        "A completion is sent until the engine has it": (
            "test_a_polled_jobs_result_outlives_whatever_answers",
            "test_what_outlasts_the_time_out_is_not_sent_a_second_time_meanwhile",
        ),
        "After a time-out the engine may still be at work": (
            "test_after_a_time_out_nothing_is_sent_while_a_stall_of_ten_seconds_may_last",
        ),
        "While the engine is away, results wait": (
            "test_an_engine_whose_answers_are_lost_is_not_asked_for_jobs_until_it_answers",
        ),
        "When it is back, results are sent": (
            "test_results_that_waited_are_reported_before_anything_is_claimed",
        ),
        "A failure is sent only when its arrival": (
            "test_a_failure_whose_lease_is_over_is_not_even_tried",
            "test_an_unclear_failure_report_is_left_to_the_lease_and_sent_when_the_job_comes_again",
        ),
        "It is then kept, and sent": (
            "test_an_unclear_failure_report_is_left_to_the_lease_and_sent_when_the_job_comes_again",
        ),
        "What is the engine's answer": (),
        "Where no answer tells whether": ("test_a_doubtful_answer_is_settled_by_the_history",),
        "A result that went out after its lease's end": (
            "test_a_late_result_is_counted_once_the_engine_has_it",
        ),
        "400 with its reason": ("test_a_result_the_engine_cannot_read_becomes_a_failure_with_its_reason",),
        "another 4xx, or the same 500": (
            "test_the_same_refusal_eight_times_over_a_minute_is_for_good",
            "test_an_answer_of_the_engine_that_will_not_change_settles_the_report",
            "test_a_result_that_was_refused_before_is_tried_briefly",
        ),
        "500 `schema violation`": ("test_a_schema_violation_is_final_and_says_what_was_returned",),
        "A result that somebody refuses for its size": (
            "test_a_413_is_about_the_size_only_where_a_small_result_gets_through",
        ),
        "Delivery is at least once": ("test_an_engine_killed_and_restarted_amid_jobs_has_each_run_once",),
        "Use `job.idempotency_key`": (),
        "It is the step execution": (
            "test_a_job_whose_lease_has_ended_comes_back_as_another_job_of_the_same_step_execution",
            "test_a_job_is_known_by_its_step_execution_whatever_its_id",
        ),
        "The job's id is not": (
            "test_a_job_whose_lease_has_ended_comes_back_as_another_job_of_the_same_step_execution",
        ),
    },
    "Logs and metrics": {
        "The SDK logs to `workflow_sdk.*`": (
            "test_an_absence_is_said_once_with_its_tries_and_once_that_it_is_over",
            "test_one_line_per_event_and_none_per_job",
        ),
        "`Metrics(registry=…)` holds": (
            "test_every_series_of_a_polling_worker_is_named",
            "test_the_metrics_keep_their_published_series",
        ),
        "With `opentelemetry-api` installed": ("test_a_handler_runs_inside_a_span_with_its_jobs_ids",),
        "The engine hands on no headers": ("test_a_trace_travels_through_the_variables_of_the_instance",),
        "Where they hold a `traceparent`": ("test_a_trace_travels_through_the_variables_of_the_instance",),
        "A text that cannot be read begins": ("test_a_variable_that_names_no_trace_begins_one",),
        "From a shell:": (),
        "`rochallor instances start loan --var traceparent": (
            "test_a_command_within_a_sentence_is_one_that_there_is",
        ),
        "To have later steps below": (
            "test_a_handler_that_returns_its_own_trace_has_later_steps_beneath_it",
        ),
    },
    "RestEngineClient": {
        "`RestEngineClient(base_url, timeout=30.0": (
            "test_every_parameter_is_named",
            "test_a_connection_that_expires_is_not_closed_under_the_request_of_another_thread",
        ),
        "`upload_definition(definition)`": ("test_definitions_are_stored_read_and_listed",),
        "`start_instance(definition_id": ("test_an_instance_runs_from_start_to_history",),
        "`get_instance(id)`": ("test_an_empty_page_has_a_list", "test_an_unknown_instance_has_no_history"),
        "`cancel_instance(id": (
            "test_cancelling_keeps_the_reason",
            "test_user_tasks_and_signals_reach_their_steps",
        ),
        "`retry_step(instance_id": (
            "test_the_one_failed_step_is_retried_with_variables",
            "test_a_refused_retry_says_why",
        ),
        "`complete_user_task(task_id": (
            "test_user_tasks_and_signals_reach_their_steps",
            "test_a_user_task_without_an_instance_goes_to_the_documented_route",
        ),
        "`poll_jobs` `complete_job`": (
            "test_the_documented_admin_calls_run_as_they_stand",
            "test_this_engine_has_no_heartbeats",
        ),
        "`healthz()` `dispatch_mode()`": ("test_the_engine_says_that_it_is_well_and_how_it_dispatches",),
        "`request(method, path": ("test_any_request_can_be_sent_and_every_answer_comes_back",),
        "A token from a file or command": ("test_a_refused_token_is_read_again_once",),
        "Proxies come from the environment:": ("test_the_environments_proxy_is_used",),
        "`HTTPS_PROXY`, `HTTP_PROXY` or": (
            "test_the_environment_names_a_proxy_by_scheme",
            "test_no_proxy_names_hosts_domains_addresses_and_networks",
        ),
        "CA, certificate and key files": (
            "test_a_renewed_ca_counts_from_the_next_connection_on",
            "test_a_client_certificate_that_is_renewed_is_shown",
            "test_an_old_connection_is_let_go_and_the_name_looked_up_again",
        ),
        "Redirects are not followed.": ("test_redirects_are_not_followed",),
        "`with request_timeout(5):`": ("test_a_request_is_no_longer_than_the_block_it_is_in",),
        "A runner takes a client of your own": ("test_a_client_of_the_users_own_needs_three_methods",),
        "It is called in threads.": ("test_a_subclass_is_called_in_threads",),
        "With a `RestEngineClient` as it is": ("test_a_client_as_we_wrote_it_takes_the_fast_way",),
    },
    "Errors": {
        "The engine's answers are raised as they come": ("test_an_unknown_definition_stays_the_engines_500",),
    },
    "Kafka": {
        "`KafkaRunner(worker_id, brokers": (
            "test_published_parameters_keep_their_names_order_and_defaults",
            "test_every_job_is_run_once_reported_and_committed",
        ),
        "Handlers, limits, reports": (
            "test_no_offset_passes_an_unreported_job",
            "test_an_async_handler_works_too",
        ),
        "Keyword-only:": (),
        "`parallelism`, `drain_timeout`, `job_types`": ("test_every_parameter_is_named",),
        "All about this mode": (),
    },
    "Tests": {
        "`workflow_sdk.testing` runs one handler": (
            "test_a_handler_of_any_kind_runs_on_one_job",
            "test_a_worker_works_off_what_is_offered",
        ),
        "Whole workflows": (),
    },
    "What is not here": {
        "The gRPC client": ("test_the_grpc_client_is_not_ours_and_says_so",),
        "Modules of the published package": (),
        "A program can tell us from the published package": (
            "test_a_wrong_type_fails_for_good",
            "test_the_message_of_an_answer_is_the_engines_reason",
        ),
    },
}
