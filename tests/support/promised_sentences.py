"""Which test holds which sentence of docs/kafka.md and docs/workers.md, by the sentence's beginning.

A sentence without tests explains: it is a reason, or advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"

KAFKA = {
    "The promise": {
        "**A record's offset is committed only after": (
            "test_no_offset_passes_an_unreported_job",
            "test_a_job_of_kafkas_outlives_whatever_answers",
        ),
        "So:": (),
        "Per partition the worker keeps a watermark": ("test_an_early_end_waits_for_the_records_before_it",),
        "Only the watermark is committed": (
            "test_nothing_is_committed_before_it_is_settled",
            "test_a_commit_that_was_refused_is_made_again",
        ),
        "A worker that is killed loses nothing.": (
            "test_every_instance_completes_whatever_joins_dies_and_stands_still",
        ),
        "What it had not committed runs again elsewhere": (
            "test_kill_9_of_a_worker_repeats_only_what_was_under_way",
        ),
        "During a rebalance a group takes no commits": (
            "test_nothing_is_lost_when_a_worker_joins_a_group_that_takes_no_commits_meanwhile",
        ),
        "A partition goes no more than 1,000 records": (
            "test_one_slow_job_lets_a_thousand_others_pass_and_no_more",
        ),
        "One slow job beside many fast ones": ("test_one_slow_job_bounds_how_far_others_run_ahead",),
        "While the engine is away nothing is committed": (
            "test_while_the_engine_is_away_nothing_is_lost_or_committed",
            "test_held_it_takes_nothing_and_keeps_its_partitions",
        ),
        "A partition that is revoked gets up to 10 seconds": (
            "test_a_revoked_partition_waits_for_its_running_job_and_commits_it",
        ),
        "Only the engine's own answer": ("test_a_job_of_kafkas_outlives_whatever_answers",),
        "Whatever [something else](answers.md) answers": ("test_a_job_of_kafkas_outlives_whatever_answers",),
        "A **failure** is reported only by who still has the say": (
            "test_a_failure_is_held_while_unsure_and_dropped_once_lost",
            "test_a_failure_is_dropped_with_its_partition_and_waits_while_that_is_unsure",
        ),
        "Another worker may have done the job by then": (),
        "A completion is always reported.": (
            "test_a_failure_is_dropped_with_its_partition_and_waits_while_that_is_unsure",
        ),
        "After such a stand-still no job is started": ("test_no_promise_is_broken",),
        "A failure whose answer was lost": (
            "test_a_failure_whose_answer_was_lost_waits_for_its_retry_to_come",
            "test_a_failure_whose_retry_has_not_come_in_its_partition_is_sent_again",
            "test_a_failure_of_kafkas_burns_one_retry_whatever_answers",
        ),
        "Of a last attempt the instance's history tells.": (
            "test_a_doubtful_answer_is_settled_by_the_history",
        ),
        "A worker that takes a partition over runs again": (
            "test_an_attempt_that_was_failed_before_is_not_failed_again",
        ),
        "A failure of such a job is not sent before": (
            "test_an_attempt_that_was_failed_before_is_not_failed_again",
            "test_a_step_that_was_completed_before_is_not_failed",
        ),
        "Once the engine has answered a question": (
            "test_the_retry_of_an_earlier_failure_is_looked_for_once_the_engine_has_answered_and_published_it",
            "test_a_retry_that_is_published_long_after_the_partition_came_is_not_spent",
        ),
        "This concerns the first thousand records": (
            "test_a_failure_is_only_looked_at_of_a_job_that_lay_there_when_the_partition_came",
        ),
        "The exceptions: a retry that the engine": (
            "test_a_partition_that_cannot_be_read_to_its_end_keeps_no_failure_for_ever",
            "test_a_failure_in_doubt_waits_a_minute_for_a_partition_that_cannot_be_read_on",
        ),
        "They are said with topic, partition and offsets": (
            "test_what_was_removed_unread_is_said_counted_and_shown",
        ),
        "Delivery is at least once.": ("test_kill_9_of_a_worker_repeats_only_what_was_under_way",),
        "**Handlers must be idempotent**": (),
    },
    "Topics and groups": {
        "Workers of the other SDKs use the same names": (
            "test_a_worker_shares_its_group_with_one_of_another_sdk",
        ),
        "Create topics before their definitions": (),
        "Delete a topic only while its workers are stopped.": (),
        "If it is made anew under a running worker": (
            "test_a_topic_made_anew_under_a_worker_is_worked_and_committed_from_its_start",
        ),
        "But until its first record has come": (),
        "A worker may be started before its topics are there": (
            "test_a_worker_without_its_topic_or_without_a_partition_is_not_ready_and_says_which",
            "test_a_topic_that_is_created_later_is_found",
        ),
        "A worker that its groups have left no partition": (
            "test_a_worker_without_its_topic_or_without_a_partition_is_not_ready_and_says_which",
        ),
    },
    "Slots and order": {
        "`--parallelism` slots (64) are shared": ("test_topics_share_the_slots",),
        "The records of one key and topic": (
            "test_jobs_of_one_instance_run_one_after_another",
            "test_records_of_different_keys_run_side_by_side",
            "test_without_order_jobs_of_one_instance_overlap",
        ),
        "The same job never runs twice at once": (
            "test_the_same_job_never_overlaps_itself_even_without_order",
        ),
        "A job leaves its slot when its handler has returned": (
            "test_a_slot_is_free_when_its_handler_ends_for_so_many_reports",
        ),
        "When slots and a small buffer are full": ("test_a_full_buffer_pauses_and_an_emptied_one_goes_on",),
    },
    "Duplicates": {
        "The engine's relay publishes a whole batch again": (
            "test_a_refused_record_is_published_again_with_the_same_dedup_id",
        ),
        "A dispatch whose outcome was acknowledged": (
            "test_duplicates_in_hundreds_are_skipped_and_committed",
            "test_memory_is_bounded_and_the_oldest_goes_first",
        ),
        "A copy of one that is running waits for it.": ("test_a_duplicate_of_a_running_job_waits_for_it",),
        "After a restart nothing is remembered.": ("test_an_id_never_acknowledged_is_unknown",),
    },
    "Records nobody can finish": {
        "A record that is not a job of its topic": (
            "test_the_error_says_what_is_wrong_with_the_payload",
            "test_a_name_that_is_too_long_for_a_url_is_a_poison_record",
            "test_another_schema_version_is_a_poison_record_that_names_both",
            "test_poison_is_counted_and_does_not_stop_the_partition",
        ),
        "It never stops a worker": (
            "test_poison_is_counted_and_does_not_stop_the_partition",
            "test_a_job_is_found_whatever_its_payload",
        ),
        "A job whose outcome the engine refuses for good": (
            "test_a_job_the_engine_refuses_for_ever_holds_up_nothing",
        ),
        "With `--dead-letter-topic NAME`": (
            "test_poison_goes_to_the_dead_letters_with_the_reason",
            "test_a_job_the_engine_refuses_for_ever_holds_up_nothing",
        ),
    },
    "Bringing a lost job back": {
        "A record that was consumed and never reported": (
            "test_a_lost_job_is_found_and_completed_by_hand",
            "test_a_failure_by_hand_has_it_published_anew",
        ),
        "Where Kafka has removed the record": (),
    },
    "Stopping": {
        "SIGTERM or Ctrl-C: nothing new is started": (
            "test_a_stop_lets_running_jobs_end_and_starts_no_others",
            "test_the_last_commit_is_made_on_leaving",
            "test_jobs_from_kafka_run_once_and_a_signal_drains",
        ),
        "Jobs left at the deadline are not committed": ("test_abandoned_jobs_are_not_committed",),
        "Leaving is given 5 seconds": ("test_a_host_whose_brokers_are_gone_is_not_ready_and_says_so",),
    },
}

WORKERS = {
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
        "Where it gives no process": (
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
        "Lines that cannot be written (disk full)": (
            "test_a_full_disk_for_logs_stops_no_job",
            "test_printing_to_a_stdout_that_is_gone_fails_no_job",
        ),
    },
}

PROMISES = {"kafka.md": KAFKA, "workers.md": WORKERS}


def sentences(page: str, section: str) -> Iterator[str]:
    """What a section says, sentence by sentence; programs and tables are left out."""
    text = re.sub(r"```.*?```", "", (DOCS / page).read_text("utf-8"), flags=re.DOTALL)
    (body,) = re.findall(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
    for block in re.split(r"\n\s*\n|\n(?=- )", body):
        line = " ".join(block.split()).removeprefix("- ")
        if line and not line.startswith("|"):
            yield from re.split(r"(?<=[.!?:])\s+(?=[A-Z`*\"])", line)
