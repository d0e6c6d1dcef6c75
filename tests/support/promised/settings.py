"""Which test holds which sentence of docs/reference/settings.md."""

from __future__ import annotations

SETTINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "Settings and contexts": {
        "Where a setting comes from": (),
        "`rochallor config show` prints every setting": (
            "test_contexts_are_made_used_and_shown_with_secrets_masked",
            "test_requests_and_origins_are_shown_to_those_who_ask",
        ),
    },
    "What wins": {
        "the option:": ("test_a_flag_beats_the_environment_which_beats_the_context",),
        "`--engine-url http://engine:8080`, before": (
            "test_global_options_work_before_between_and_after_and_the_nearest_wins",
        ),
        "the environment:": ("test_a_flag_beats_the_environment_which_beats_the_context",),
        "`ROCHALLOR_` and the option's name": ("test_environment_variables_are_parsed_and_named",),
        "`workers.yaml`, where a command": (
            "test_check_asks_the_engine_of_the_file",
            "test_explain_and_audit_ask_the_engine_that_a_configuration_names",
            "test_flag_beats_environment_beats_file_beats_default",
        ),
        "the context: a named engine": ("test_a_flag_beats_the_environment_which_beats_the_context",),
        "the default:": ("test_nothing_said_is_the_default_engine",),
        "`http://localhost:8080`": ("test_nothing_said_is_the_default_engine",),
        "A context named with `--context`": (
            "test_a_context_named_on_the_command_line_beats_variables_left_in_the_shell",
        ),
    },
    "Credentials stay with their URL": {
        "URL, headers, token, CA": ("test_a_url_from_a_stronger_source_leaves_weaker_credentials_behind",),
        "A URL from a stronger source leaves": (
            "test_a_url_from_a_stronger_source_leaves_weaker_credentials_behind",
            "test_a_url_on_the_command_line_never_gets_the_contexts_token",
        ),
        "So no mistake in a shell": ("test_a_url_on_the_command_line_never_gets_the_contexts_token",),
        "Give the other engine its own:": ("test_credentials_of_a_stronger_source_go_with_a_weaker_url",),
        "`--token`, or a context.": ("test_credentials_of_a_stronger_source_go_with_a_weaker_url",),
        "A URL and its credentials belong": (),
        "`rochallor work` logs the same words": (
            "test_credentials_that_are_left_behind_are_said_once_by_a_host_and_by_none_that_leaves_none",
        ),
    },
    "Contexts": {
        "They live in `config.toml`": (
            "test_a_link_stays_one_and_its_file_is_readable_by_its_owner_only",
            "test_a_configuration_that_others_can_read_is_made_private_by_the_first_write",
        ),
        "`url` |": ("test_contexts_are_made_used_and_shown_with_secrets_masked",),
        "`token` |": ("test_a_context_with_a_token_that_cannot_be_sent_can_be_mended",),
        "`token_command` |": (
            "test_a_token_command_is_run_and_headers_are_sent",
            "test_a_refused_token_is_read_again_once",
        ),
        "`token_file` |": ("test_a_refused_token_is_read_again_once",),
        "`headers` |": ("test_a_token_command_is_run_and_headers_are_sent",),
        "`ca_file` |": ("test_a_private_authority_is_trusted_when_named",),
        "`client_cert`, `client_key` |": ("test_a_client_certificate_is_presented",),
        "`request_timeout` |": ("test_an_engine_that_does_not_answer_in_time_is_said_to_be_slow",),
        "`engine_version` |": (
            "test_a_context_may_say_the_version_and_a_url_from_elsewhere_leaves_it_behind",
            "test_the_versions_that_can_be_named_are_those_that_there_are",
        ),
        "`no_coercion` |": ("test_an_expression_speaks_for_the_version_that_is_named",),
        "`protected` |": (
            "test_a_protected_context_asks_before_whatever_changes_something",
            "test_a_protected_context_asks_for_its_name",
        ),
        "Nothing is ever asked": ("test_a_protected_context_asks_for_its_name",),
    },
    "Output": {
        "`NO_COLOR` |": ("test_colours_follow_the_conventions",),
        "`FORCE_COLOR` |": (
            "test_colours_follow_the_conventions",
            "test_helps_colours_follow_the_conventions",
        ),
        "`COLUMNS` |": ("test_tables_fit_the_terminal_and_ids_are_whole",),
        "Tables are fitted to a terminal": (
            "test_tables_fit_the_terminal_and_ids_are_whole",
            "test_a_table_shrinks_then_leaves_out_columns_and_never_cuts_an_id",
        ),
        "On a pipe nothing is cut": (
            "test_on_a_pipe_nothing_is_cut_or_coloured",
            "test_times_are_relative_for_people_and_iso_for_pipes",
        ),
        "`-o json` is one document": (
            "test_every_format_is_what_it_says",
            "test_a_long_list_streams_in_constant_memory",
        ),
        "Data goes to stdout": (
            "test_errors_are_one_json_object_for_programs",
            "test_every_format_is_what_it_says",
        ),
    },
}
