"""Which test holds which sentence of docs/verification.md."""

from __future__ import annotations

VERIFICATION: dict[str, dict[str, tuple[str, ...]]] = {
    "Verification": {
        "`rochallor defs verify` searches": (
            "test_a_fault_is_found_with_its_grade_and_an_engine_does_the_same",
        ),
        "It walks over the machine": (
            "test_the_shortest_run_is_shown_and_timers_come_in_an_order_that_a_clock_allows",
        ),
        "Situations that behave alike count once.": ("test_situations_that_behave_alike_are_counted_once",),
        "So the search of an ordinary definition": (),
        "`seconds` in `-o json` says": ("test_the_json_has_exactly_the_fields_that_the_page_names",),
        "`rochallor defs lint --verify` reports": (
            "test_lint_searches_what_can_happen_when_it_is_to_verify",
            "test_an_upload_that_is_to_verify_sends_nothing_that_does_not_hold",
        ),
        "`--suggest` offers a definition": (
            "test_branches_that_go_in_step_are_offered_with_every_task_of_the_old_ones",
        ),
        "It is offered only where": ("test_what_is_sound_or_cannot_be_rewritten_gets_no_suggestion",),
        "`rochallor defs graph flow.yaml --verify` marks": (
            "test_a_graph_that_was_searched_marks_the_steps_with_what_was_found",
        ),
        "To look at what was found": ("test_each_run_leaves_an_instance_where_it_leads_to",),
        "`rochallor defs verify flow.yaml -o json > found.json`, then": (
            "test_each_run_leaves_an_instance_where_it_leads_to",
        ),
        "It names an instance for each finding": ("test_each_run_leaves_an_instance_where_it_leads_to",),
        "Timers are not waited for.": ("test_each_run_leaves_an_instance_where_it_leads_to",),
        "With `--engine-url` besides `--replay`": (
            "test_a_run_is_played_on_the_engine_that_the_command_line_names",
        ),
    },
    "What it finds": {
        "V01 |": ("test_the_documentation_lists_every_finding",),
        "V02 |": ("test_the_documentation_lists_every_finding",),
        "V03 |": ("test_the_documentation_lists_every_finding",),
        "V04 |": ("test_the_documentation_lists_every_finding",),
        "V05 |": ("test_the_documentation_lists_every_finding",),
        "V06 |": ("test_the_documentation_lists_every_finding",),
        "V07 |": ("test_the_documentation_lists_every_finding",),
        "V08 |": ("test_the_documentation_lists_every_finding",),
        "V09 |": ("test_the_documentation_lists_every_finding",),
        "V10 |": ("test_the_documentation_lists_every_finding",),
        "V11 |": ("test_the_documentation_lists_every_finding",),
        "Each finding has the run": (
            "test_the_shortest_run_is_shown_and_timers_come_in_an_order_that_a_clock_allows",
        ),
        "`always`: no run": ("test_a_fault_is_found_with_its_grade_and_an_engine_does_the_same",),
        "`some-order`: whatever": (
            "test_a_fault_is_found_with_its_grade_and_an_engine_does_the_same",
            "test_a_fault_that_every_branch_leads_to_does_not_depend_on_the_decision",
        ),
        "`possible`: it needs": (
            "test_a_loop_that_some_values_never_leave_is_possible_and_one_that_counts_is_not_found",
        ),
    },
    "What it rests on": {
        '"Nothing found" is a proof': (
            "test_an_embedded_engine_does_what_a_found_run_says",
            "test_the_json_has_a_place_a_grade_and_a_trace",
        ),
        "Jobs, people and signals may set": ("test_known_variables_decide_until_somebody_may_change_them",),
        "Expressions do not err.": (),
        "A condition over variables": ("test_a_free_condition_is_a_choice_whatever_it_says",),
        "Within one event the same condition": (
            "test_the_same_condition_comes_out_the_same_within_one_event",
        ),
        "Two conditions that only depend": (),
        "A step that joins let run again": (
            "test_a_step_that_is_opened_for_ever_is_followed_three_times_and_the_search_ends",
        ),
        "A variable that a loop goes on changing": (
            "test_a_loop_that_some_values_never_leave_is_possible_and_one_that_counts_is_not_found",
        ),
        "A loop without a rest": ("test_a_loop_in_which_nothing_changes_what_its_conditions_see_never_ends",),
        "One that sets a variable may end.": ("test_a_loop_that_sets_a_variable_or_is_come_out_of_may_end",),
        "`--max-states` (20,000) and `--max-time` (30 s)": (
            "test_what_is_not_searched_to_the_end_says_so",
            "test_a_search_whose_time_is_up_says_so_and_judges_nothing_by_halves",
            "test_a_default_on_a_page_is_the_commands",
        ),
        "What was not searched to the end": (
            "test_nothing_found_is_exit_status_0_and_an_unfinished_search_10",
        ),
        "What no version known here has": ("test_what_is_not_known_keeps_nothing_else_from_being_searched",),
        "A step of another type": ("test_what_is_not_known_keeps_nothing_else_from_being_searched",),
        "A hit policy or event": ("test_what_is_not_known_keeps_nothing_else_from_being_searched",),
        "All of it is named": ("test_alone_it_is_named_and_is_neither_sound_nor_faulty",),
    },
    "For programs": {
        "`-o json` gives a list": (
            "test_the_json_has_a_place_a_grade_and_a_trace",
            "test_the_json_has_exactly_the_fields_that_the_page_names",
        ),
        "`file`, `id`, `version`": ("test_the_json_has_exactly_the_fields_that_the_page_names",),
        "A finding has `code`": ("test_the_json_has_exactly_the_fields_that_the_page_names",),
        "That is a list of `event`": ("test_the_json_has_exactly_the_fields_that_the_page_names",),
        "The pytest fixture `replay_run`": ("test_a_found_run_can_be_played_in_a_test",),
        "Exit status 0: nothing found": (
            "test_nothing_found_is_exit_status_0_and_an_unfinished_search_10",
            "test_possible_findings_fail_only_when_asked_for",
        ),
    },
}
