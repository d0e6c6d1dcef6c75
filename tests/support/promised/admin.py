"""Which test holds which sentence of docs/admin.md."""

from __future__ import annotations

ADMIN: dict[str, dict[str, tuple[str, ...]]] = {
    "Definitions, instances and tasks": {
        "How to do what comes up": (),
        "`flows/`, `flow.yaml` and `handlers.py` stand": (
            "test_a_new_definition_is_sound_runs_and_passes_its_test",
        ),
        "Every command and option": (),
    },
    "Definitions in CI": {
        "`lint` needs no engine.": ("test_a_command_that_needs_no_engine_imports_next_to_nothing",),
        "It checks by the engine's own rules": (
            "test_lint_finds_what_the_engine_would_refuse_with_line_and_column",
            "test_lint_explains_codes_and_can_leave_them_out",
        ),
        "What the engine refuses and what certainly cannot run": (
            "test_what_certainly_cannot_run_is_an_error",
            "test_a_code_can_be_made_an_error_and_a_mistyped_one_is_said",
        ),
        "A definition leaves a code out": ("test_lint_explains_codes_and_can_leave_them_out",),
        "What an engine has is checked by its id": ("test_lint_reads_what_is_on_the_engine",),
        "Of a folder only definitions are read": (
            "test_of_a_folder_only_definitions_are_read_and_the_rest_is_named_on_request",
            "test_folders_and_files_can_be_excluded",
        ),
        "Links to folders are not followed": ("test_links_are_said",),
        "`upload` checks every document": (
            "test_all_files_are_checked_before_the_first_is_sent_and_each_has_a_row",
        ),
        "What the engine then refuses stops it there": (
            "test_a_refusal_of_the_engine_names_its_file_and_what_was_stored_before",
        ),
        "It sends what other definitions name": (
            "test_a_folder_is_uploaded_in_the_order_in_which_workflows_follow_each_other",
        ),
        "It says `created` or `unchanged`": (
            "test_an_upload_says_created_then_unchanged_then_created_again",
            "test_an_upload_says_how_many_warnings_there_are",
        ),
        "**Reverting a file does not roll back**": (
            "test_uploading_a_reverted_file_is_no_success_and_as_new_rolls_back",
        ),
        "That is exit status 7": ("test_uploading_a_reverted_file_is_no_success_and_as_new_rolls_back",),
        "With `--as-new` it becomes a new version": (
            "test_a_revert_is_one_upload_and_unchanged_after_it",
            "test_as_new_marks_what_would_not_become_the_latest_and_nothing_else",
        ),
        "YAML is read with JSON's types only": ("test_yaml_has_the_types_of_json_and_no_others",),
        "`no`, `2026-01-01` and `1:30` are texts.": ("test_yaml_has_the_types_of_json_and_no_others",),
        "A condition must be quoted": ("test_lint_says_that_an_unquoted_condition_is_a_comment",),
        '`"#amount > 100"': (),
    },
    "Why does this instance stand still?": {
        "`history` shows what the engine keeps": ("test_history_is_a_table_a_timeline_and_a_tree",),
        "The engine keeps no trace of job retries": (
            "test_a_failure_has_its_reason_beneath_and_says_what_is_not_recorded",
        ),
        "`--view tree` shows branches": (
            "test_history_is_a_table_a_timeline_and_a_tree",
            "test_graphs_are_drawn_from_files_and_from_the_engine",
        ),
        "`get`, `history`, `watch` and `defs graph": (
            "test_a_dead_instance_is_shown_as_dead",
            "test_a_dead_instance_is_not_followed_as_if_it_went_on",
        ),
        "A service task is *open*": ("test_what_is_open_is_not_called_running",),
        "`-o json` holds what the engine says": ("test_programs_get_what_the_engine_says",),
        "An ACTIVE instance that does not move": (
            "test_an_instance_shows_what_each_open_step_waits_for_and_its_age",
            "test_no_more_is_said_of_who_serves_than_is_known",
        ),
        "`rochallor doctor` is the first page": (
            "test_the_doctor_counts_what_nothing_can_move",
            "test_the_doctor_names_what_nobody_in_this_configuration_serves",
            "test_the_doctor_compares_clocks",
            "test_the_end_of_a_certificate_is_told",
        ),
        "`rochallor work --check -m handlers.py` says": (
            "test_check_compares_handlers_with_uploaded_definitions",
        ),
        "A WAITING one waits": ("test_user_task_and_signal_are_both_named",),
        "`rochallor instances watch ID` says": ("test_user_task_and_signal_are_both_named",),
    },
    "What `instances explain` tells": {
        "`explain` reads the definition's version": (
            "test_nothing_is_written",
            "test_each_shape_of_a_stuck_instance_is_explained",
            "test_what_would_move_it_is_named_with_the_command",
        ),
        "It ends with 0 if the instance": (
            "test_each_shape_of_a_stuck_instance_is_explained",
            "test_ended_instances_have_their_status",
        ),
        "What cannot be known is not claimed": (
            "test_no_more_is_said_of_who_serves_than_is_known",
            "test_nothing_is_called_stuck_that_some_engine_it_may_be_would_move",
        ),
        "Who serves a job type is known": (
            "test_explain_and_audit_say_what_kafka_tells_of_a_job_type",
            "test_explain_and_audit_say_what_a_configuration_does_not_serve",
        ),
        "By polling, nobody but the workers knows.": ("test_no_more_is_said_of_who_serves_than_is_known",),
        "`rochallor instances audit` does the same": (
            "test_a_mixed_heap_is_grouped_by_cause_the_worst_first",
            "test_healthy_instances_give_no_alarm",
        ),
        "`rochallor instances restart ID` begins": (
            "test_an_ended_instance_begins_again_with_key_and_variables",
        ),
    },
    "Scripts": {
        "`list`, `count`, `cancel`, `retry`": (
            "test_options_choose_the_same_instances_for_list_and_count",
            "test_an_audit_takes_the_same_options",
            "test_waiting_for_those_that_fit_waits_for_the_live_ones",
        ),
        "The engine compares status, definition": (
            "test_a_bound_on_what_is_read_is_said_and_is_an_exit_status_of_its_own",
        ),
        "`--older-than 1h` means": ("test_the_time_at_a_step_counts_and_not_the_age_of_the_instance",),
        "`list --watch` shows the list again": ("test_a_watched_list_shows_what_is_new_or_has_changed",),
        "`start --wait`, `wait` and `watch` end": (
            "test_waiting_ends_with_the_outcome_as_exit_status",
            "test_a_wait_that_runs_out_says_where_the_instance_stands",
        ),
        "They go on through a restart": (
            "test_watching_goes_on_through_a_restart_of_the_engine",
            "test_a_dead_instance_is_not_followed_as_if_it_went_on",
        ),
        "`start` prints the id as soon": (
            "test_the_id_is_known_also_where_the_time_runs_out",
            "test_what_was_started_is_cancelled_where_the_time_runs_out_if_asked",
        ),
        "Where the answer to a start was lost": (
            "test_a_lost_answer_says_that_the_instance_may_have_been_started",
        ),
        "A command that reads many pages takes": ("test_what_waits_ends_without_a_traceback",),
        "Ctrl-C and SIGTERM end all but": (
            "test_a_bulk_cancellation_says_what_came_of_each_that_was_sent",
            "test_what_waits_ends_without_a_traceback",
            "test_a_trial_on_an_engine_leaves_no_instance_open",
        ),
        "Behind a pipe that is read no further": ("test_without_a_reader_a_command_comes_to_the_same_end",),
        "Every other command does all": (
            "test_without_a_reader_a_command_comes_to_the_same_end",
            "test_an_exit_status_that_tells_something_needs_no_reader",
        ),
        "Notes that stderr does not take": (
            "test_where_no_note_can_be_written_a_command_comes_to_the_same_end",
        ),
        "`cancel` with options collects the ids": (
            "test_bulk_cancelling_asks_first_and_names_what_came_of_each",
            "test_a_rehearsal_names_those_that_have_ended_already",
        ),
    },
    "User tasks": {
        "The engine has no list of tasks": (
            "test_open_tasks_are_listed_and_completed_without_naming_the_step",
        ),
        "`tasks list` derives it": ("test_open_tasks_are_listed_and_completed_without_naming_the_step",),
        "`--by` is sent": ("test_a_recorded_scenario_is_answered_as_the_engine_did",),
    },
    "What the engine cannot say": {
        "The engine answers some mistakes in odd ways": (
            "test_an_unknown_definition_stays_the_engines_500",
            "test_an_unknown_instance_has_no_history",
        ),
        "These are turned into what they mean": (
            "test_an_unknown_definition_or_version_is_not_found",
            "test_a_mistyped_instance_id_is_not_found_with_a_hint",
            "test_cancelling_what_has_ended_or_was_never_there_says_so",
        ),
        "Whatever came over the wire": ("test_requests_and_origins_are_shown_to_those_who_ask",),
        "Nor does it say its version.": (),
        "`auto` (the default of `--engine-version`) tells": (
            "test_a_version_says_no_more_than_is_known",
            "test_what_an_engine_is_is_asked_once_and_remembered_for_its_url",
        ),
        "`instances start --if-absent` needs": (
            "test_start_if_absent_is_refused_where_keys_are_not_unique_and_says_what_it_assumes",
        ),
        "Such an engine is taken for 1.0.1": (
            "test_start_if_absent_is_refused_where_keys_are_not_unique_and_says_what_it_assumes",
            "test_a_key_that_an_engine_did_not_keep_unique_is_found_after_the_start",
        ),
        "What an engine of a later version sends": ("test_nothing_of_a_later_engine_stops_a_command",),
        "Where rochallor cannot go by it": (
            "test_an_instance_of_what_is_not_known_is_shown_with_its_reason_and_ways_out",
            "test_alone_it_is_named_and_is_neither_sound_nor_faulty",
        ),
        "Later engines come with a read-only web monitor": (),
        "To look at instances in a browser": (
            "test_it_prints_the_address_serves_until_ctrl_c_and_ends_well",
        ),
    },
}
