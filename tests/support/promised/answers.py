"""Which test holds which sentence of docs/answers.md."""

from __future__ import annotations

ANSWERS: dict[str, dict[str, tuple[str, ...]]] = {
    "Whose answer is it?": {
        "Between a worker and its engine": (),
        "Any of them may answer": (),
        "A worker that takes such an answer": ("test_a_polled_jobs_result_outlives_whatever_answers",),
        "So one place decides": ("test_a_recorded_answer_is_judged_as_the_page_says",),
        "acknowledged |": ("test_each_row_of_the_table", "test_a_204_past_the_leases_end_is_in_doubt"),
        "refused by the engine |": (
            "test_a_code_counts_at_its_own_status_only",
            "test_a_400_without_code_and_reason_is_not_the_engines",
        ),
        "doubtful |": (
            "test_a_doubtful_answer_is_settled_by_the_history",
            "test_a_204_past_the_leases_end_is_in_doubt",
        ),
        "not the engine |": (
            "test_something_else_may_answer_for_ever",
            "test_a_gateway_in_trouble_for_a_while_loses_nothing",
        ),
        "Commands that only read": ("test_a_refusal_of_a_later_engine_is_shown_as_it_is",),
        "It is shown with its code": (
            "test_a_refusal_of_a_later_engine_is_shown_as_it_is",
            "test_doctor_notes_every_kind_of_thing_that_is_not_known",
        ),
        "Nothing is reported, given up": ("test_something_else_may_answer_for_ever",),
        "A 204 from whom the engine never heard": (),
        "The engine's codes:": (),
        "`bad-request` 400": ("test_a_code_counts_at_its_own_status_only",),
        "A 410 is the engine's": ("test_a_410_counts_with_its_dispatch_mode",),
        "A 404, 405 or 501": (
            "test_an_engine_without_heartbeats_is_recognised",
            "test_something_else_than_an_engine_says_nothing_about_heartbeats",
        ),
    },
}
