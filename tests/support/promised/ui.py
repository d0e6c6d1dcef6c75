"""Which test holds which sentence of docs/ui.md."""

from __future__ import annotations

UI: dict[str, dict[str, tuple[str, ...]]] = {
    "A window on the engine": {
        "From a clone, for it needs more": ("test_what_is_missing_is_said_with_what_to_install",),
        "`rochallor ui` prints an address": ("test_it_prints_the_address_serves_until_ctrl_c_and_ends_well",),
        "It needs no container": ("test_the_overview_counts_by_status",),
        "It stops with Ctrl-C.": ("test_it_prints_the_address_serves_until_ctrl_c_and_ends_well",),
        "Nothing is stored, nothing is sent elsewhere": (
            "test_it_opens_and_shows_and_asks_nobody_else",
            "test_pages_hold_no_inline_script_or_style_and_load_nothing_from_elsewhere",
        ),
        "`rochallor ui` |": ("test_it_prints_the_address_serves_until_ctrl_c_and_ends_well",),
        "`rochallor ui --open` |": ("test_the_token_is_not_among_the_arguments_of_the_browser",),
        "`rochallor ui 01JD8Q3VZ6M0T2H8X4K7N5RWZK` |": (
            "test_an_id_that_a_terminal_would_obey_is_quoted_in_the_address",
        ),
        "`rochallor ui --context prod --read-only` |": (
            "test_where_nothing_may_be_changed_there_are_no_buttons_and_the_server_refuses",
        ),
        "`rochallor dev --ui` |": ("test_the_embedded_engine_has_its_page_when_it_is_asked_for",),
        "`rochallor demo --ui` |": ("test_the_demo_stays_with_its_page_until_it_is_stopped",),
        "![An instance that waits": (),
    },
    "What there is to see": {
        "**Overview**: how many": ("test_the_overview_counts_by_status",),
        "A button looks why live": ("test_an_audit_is_made_when_it_is_asked_for_with_its_time_and_bound",),
        "It reads 500 instances at most": (
            "test_an_audit_is_made_when_it_is_asked_for_with_its_time_and_bound",
            "test_the_bounds_on_the_page_about_the_window_are_those_of_the_code",
        ),
        "**Instances**: the filters": (
            "test_the_list_takes_the_filters_of_the_command",
            "test_a_list_has_pages",
        ),
        "**One instance**: the graph": ("test_an_instance_says_what_it_waits_for_and_what_can_be_done",),
        "A click on a step shows": ("test_a_click_on_a_step_of_the_graph_leads_to_its_executions",),
        "Above stands why it waits": (
            "test_an_instance_says_what_it_waits_for_and_what_can_be_done",
            "test_a_failed_instance_shows_why_and_the_ways_out",
        ),
        "What started it, and what it started": ("test_the_chain_is_told_from_definitions_and_times",),
        "**Definitions**: versions": (
            "test_a_definition_shows_graph_tables_versions_and_source",
            "test_what_lint_finds_stands_at_its_line",
        ),
        "Two versions are compared": ("test_two_versions_are_compared_as_the_command_compares_them",),
        "Next to everything stands the command": ("test_every_command_that_a_page_shows_does_what_it_says",),
        "It names the engine where your settings": (
            "test_the_first_commands_lead_from_nothing_to_an_instance_with_a_worker",
            "test_the_commands_of_an_older_version_name_it",
        ),
        "Plus, minus and 0 zoom": ("test_a_step_is_chosen_and_the_graph_zoomed_by_mouse_and_keyboard",),
        "![A list of instances": (),
    },
    "What can be done": {
        "Open user tasks can be completed": (
            "test_a_task_is_completed_and_a_step_signalled_with_what_was_typed",
            "test_an_instance_is_cancelled_with_its_reason",
        ),
        "The first click opens a form": ("test_the_second_click_names_what_will_happen",),
        "What was typed is kept": (
            "test_variables_that_are_none_do_nothing_and_are_kept",
            "test_what_somebody_types_into_is_left_alone_while_the_engine_goes_on",
            "test_what_can_no_longer_be_done_is_offered_no_more_and_keeps_what_was_typed",
        ),
        "A filter that is not understood": (
            "test_filters_that_are_wrong_are_marked_in_their_form_which_keeps_the_others",
        ),
        "Instances are started and retried": (
            "test_a_failed_instance_shows_why_and_the_ways_out",
            "test_nothing_else_can_be_done",
        ),
        "In a protected context": (
            "test_where_nothing_may_be_changed_there_are_no_buttons_and_the_server_refuses",
        ),
    },
    "What it asks of the engine": {
        "Windows are told of changes": ("test_a_window_is_told_once_of_each_change",),
        "One poller reads for all of them": (
            "test_however_many_windows_there_are_no_more_is_asked_than_watch_asks",
        ),
        "A list is looked at every two seconds": (
            "test_a_list_is_looked_at_as_the_command_does_and_hidden_windows_are_not_followed",
            "test_the_bounds_on_the_page_about_the_window_are_those_of_the_code",
        ),
        "Windows that are hidden are not followed": (
            "test_a_list_is_looked_at_as_the_command_does_and_hidden_windows_are_not_followed",
            "test_more_windows_than_a_browser_has_connections_are_all_told",
        ),
        "While the engine is away a banner": ("test_a_dead_engine_is_a_banner_over_what_was_known",),
    },
    "Who may see it": {
        "It listens on 127.0.0.1 alone.": ("test_it_listens_on_loopback_alone",),
        "The address that is printed": (
            "test_the_first_address_gives_a_cookie_and_the_cookie_opens_the_pages",
        ),
        "All else is refused": (
            "test_nothing_is_answered_without_the_cookie",
            "test_a_form_of_another_page_does_nothing",
            "test_names_of_others_that_lead_here_are_refused",
            "test_what_another_page_asks_for_is_not_answered",
        ),
        "The engine's credentials stay": ("test_the_engines_credentials_never_reach_the_browser",),
        "With `ssh -L 8090": ("test_names_of_others_that_lead_here_are_refused",),
        "The port must be the same": (),
    },
}
