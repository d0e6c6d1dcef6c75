"""Which test holds which sentence of docs/kafka.md."""

from __future__ import annotations

KAFKA: dict[str, dict[str, tuple[str, ...]]] = {
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
        "The exceptions: a retry that the engine": (),
        "A copy (see [below](#duplicates)) that lies": (
            "test_a_failure_is_only_looked_at_of_a_job_that_lay_there_when_the_partition_came",
        ),
        "A partition that cannot be read on": (
            "test_a_partition_that_cannot_be_read_to_its_end_keeps_no_failure_for_ever",
            "test_a_failure_in_doubt_waits_a_minute_for_a_partition_that_cannot_be_read_on",
        ),
        "Records that Kafka itself removed": ("test_what_was_removed_unread_is_said_counted_and_shown",),
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
        "topic | `workflow.jobs.<job type>`": (
            "test_the_topics_of_a_definition_are_there_before_its_first_job",
        ),
        "record key | the instance's id": ("test_a_step_is_published_with_key_headers_and_variables",),
        "consumer group | `workflow.workers.<job type>`": (
            "test_group_and_assignor_are_those_of_the_other_sdks",
        ),
        "assignor | cooperative-sticky": ("test_group_and_assignor_are_those_of_the_other_sdks",),
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
    "Settings of the consumer": {
        "`--kafka-config KEY=VALUE` (repeatable)": (
            "test_the_host_takes_its_settings_from_options",
            "test_the_host_takes_its_settings_from_workers_yaml_and_files_from_its_folder",
            "test_a_runner_consumes_reports_and_commits",
        ),
        "Files (`ssl.ca.location`": (
            "test_the_host_takes_its_settings_from_workers_yaml_and_files_from_its_folder",
        ),
        "Passwords belong there as `${VARIABLE}`": ("test_the_host_takes_its_settings_from_the_environment",),
        "No log line, `-vv` and `--print-config` included": (
            "test_secrets_are_not_shown",
            "test_a_secret_in_workers_yaml_appears_nowhere",
        ),
        "TLS | `security.protocol=SSL`": ("test_a_runner_consumes_reports_and_commits",),
        "TLS with client certificates": ("test_a_runner_consumes_reports_and_commits",),
        "a login | `security.protocol=SASL_PLAINTEXT`": ("test_a_runner_consumes_reports_and_commits",),
        "a login over TLS": ("test_a_runner_consumes_reports_and_commits",),
        "A worker needs the right to `Read`": (
            "test_rights_that_are_wanting_are_named_and_their_grant_is_noticed",
            "test_the_right_to_write_dead_letters_is_looked_at",
        ),
        "`rochallor doctor` and `rochallor work --check`": (
            "test_check_and_doctor_see_a_secured_kafka",
            "test_the_doctor_says_what_to_mend",
        ),
        "Our defaults, where they differ": (
            "test_the_page_shows_every_default_of_ours_and_every_setting_that_is_refused",
        ),
        "`session.timeout.ms` |": (
            "test_the_page_shows_every_default_of_ours_and_every_setting_that_is_refused",
        ),
        "`heartbeat.interval.ms` |": (
            "test_the_page_shows_every_default_of_ours_and_every_setting_that_is_refused",
        ),
        "`auto.offset.reset` |": (
            "test_the_page_shows_every_default_of_ours_and_every_setting_that_is_refused",
        ),
        "`queued.max.messages.kbytes` |": ("test_many_consumers_share_one_bound_of_memory",),
        "`queued.min.messages` |": (
            "test_the_page_shows_every_default_of_ours_and_every_setting_that_is_refused",
        ),
        "`fetch.message.max.bytes` |": ("test_many_consumers_share_one_bound_of_memory",),
        "`fetch.queue.backoff.ms` |": (
            "test_the_page_shows_every_default_of_ours_and_every_setting_that_is_refused",
        ),
        "`topic.metadata.refresh.interval.ms` |": ("test_a_topic_that_is_created_later_is_found",),
        "`reconnect.backoff.max.ms` |": (
            "test_the_page_shows_every_default_of_ours_and_every_setting_that_is_refused",
        ),
        "`enable.metrics.push` |": (
            "test_the_page_shows_every_default_of_ours_and_every_setting_that_is_refused",
        ),
        "`log_level` | 0": ("test_a_broker_outage_is_survived_and_said_once",),
        "Refused, with the reason": ("test_a_key_that_holds_the_promise_is_refused_with_the_reason",),
        "`enable.auto.commit`, `enable.auto.offset.store`": (
            "test_a_key_that_holds_the_promise_is_refused_with_the_reason",
            "test_starting_at_the_end_of_a_topic_is_refused",
            "test_a_heartbeat_too_slow_for_the_session_is_refused",
            "test_a_timeout_that_cannot_work_is_refused",
            "test_the_page_shows_every_default_of_ours_and_every_setting_that_is_refused",
        ),
    },
    "Metrics": {
        "By `topic` and `partition`:": ("test_metrics_tell_lag_duplicates_poison_and_commits",),
        "`workflow_sdk_kafka_lag`, `_in_flight`": (
            "test_metrics_tell_lag_duplicates_poison_and_commits",
            "test_the_page_names_every_series_of_a_worker_on_kafka",
        ),
        "By `topic`:": (),
        "`workflow_sdk_kafka_records_total`": ("test_the_page_names_every_series_of_a_worker_on_kafka",),
        "Alert on a lag that grows": (),
    },
    "The embedded broker": {
        "`rochallor dev --dispatch kafka` runs": (
            "test_the_dev_engine_says_where_its_broker_is_and_how_to_work_on_it",
        ),
        "`--brokers` names a Kafka": (
            "test_the_dev_engine_publishes_to_a_secured_kafka",
            "test_the_dev_engine_refuses_brokers_it_cannot_use",
        ),
        "Without it an embedded broker is started": (
            "test_the_dev_engine_says_where_its_broker_is_and_how_to_work_on_it",
        ),
        "What to know about it:": (),
        "It holds everything in memory": ("test_a_closed_broker_is_gone_and_says_so",),
        "So with a `--db` the open jobs": ("test_a_new_embedded_broker_gets_the_open_jobs_of_the_file",),
        "It keeps 5 MiB of a partition": ("test_open_jobs_near_the_cap_are_warned_of_once",),
        "The engine warns before open jobs": (
            "test_open_jobs_near_the_cap_are_warned_of_once",
            "test_many_small_records_reach_the_cap_of_batches",
        ),
        "It answers a fetch that finds nothing": (),
        "A group takes no commits while it rebalances": (
            "test_nothing_is_lost_when_a_worker_joins_a_group_that_takes_no_commits_meanwhile",
        ),
        "So when a worker joins or leaves": (
            "test_nothing_is_lost_when_a_worker_joins_a_group_that_takes_no_commits_meanwhile",
        ),
        "It is for one machine": (),
        "Jobs are published as soon as": ("test_the_next_step_follows_a_completion_in_its_own_topic",),
        "The real engine's relay rests": (),
        "Jobs that could not be published": (
            "test_jobs_of_an_outage_are_published_when_the_broker_is_back",
            "test_a_refused_record_is_published_again_with_the_same_dedup_id",
        ),
    },
    "When something is wrong": {
        "`no broker of … can be reached": ("test_a_broker_outage_is_survived_and_said_once",),
        "`… refuses the login of user …`": (
            "test_a_refused_login_is_said_once_for_all_consumers_and_blocks_each",
            "test_a_host_that_is_not_let_in_says_so_once_and_is_not_ready",
        ),
        "`connections to … are closed": (
            "test_librdkafkas_errors_are_told_in_words_to_act_on",
            "test_brokers_that_never_answered_and_give_no_reason_point_at_the_protocol",
        ),
        "`the certificate of … is not trusted`": ("test_librdkafkas_errors_are_told_in_words_to_act_on",),
        "`… wants a client certificate`": ("test_librdkafkas_errors_are_told_in_words_to_act_on",),
        "`… is not authorised for the topic": (
            "test_rights_that_are_wanting_are_named_and_their_grant_is_noticed",
        ),
        "`the topic does not exist on …; waiting for it`": (
            "test_a_missing_topic_is_waited_for_and_told_from_a_missing_right",
        ),
        "`this worker gets no jobs": ("test_it_is_said_once_after_a_while_and_once_when_it_is_over",),
        "`lost partitions …; their jobs": (
            "test_a_worker_that_was_suspended_past_its_session_commits_nothing_of_others",
        ),
        "`… is skipped: the value": ("test_poison_is_counted_and_does_not_stop_the_partition",),
        "`this engine hands out jobs by polling`": ("test_an_engine_that_is_polled_is_named_as_such",),
        "lag grows, slots are full": (),
        "lag grows, slots are free": (),
    },
}
