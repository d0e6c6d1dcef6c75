"""Durations, times, widths, tables and differences: the small units that everything shown is made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rochallor_cli.definitions.differences import differences, same
from rochallor_cli.durations import age_text, duration_text, parse_duration
from rochallor_cli.output.columns import Column, lookup
from rochallor_cli.output.rich_page import page_lines
from rochallor_cli.output.table import table_lines
from rochallor_cli.output.table_cell import Cell
from rochallor_cli.output.text_width import cells, fitted, harmless, padded
from rochallor_cli.output.times import Times, parse_time, seconds_between
from support.workflows import document, end, service

# --- durations and times ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5400),
        ("250ms", 0.25),
        ("2", 2),
        ("1.5", 1.5),
        (" 1 d ", 86400),
        ("0", 0),
    ],
)
def test_durations_are_read_as_people_write_them(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "5x", "m5", "nan", "inf", "5 m x", "1h-5m"])
def test_what_is_no_duration_says_what_one_looks_like(text):
    with pytest.raises(ValueError, match="write seconds, or 250ms"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.012, "12 ms"),
        (4.2, "4.2 s"),
        (59.4, "59 s"),
        (59.9, "1m"),
        (72, "1m 12s"),
        (11_100, "3h 5m"),
        (187_200, "2d 4h"),
    ],
)
def test_durations_are_spoken_with_two_units_at_most(seconds, text):
    assert duration_text(seconds) == text


@given(st.floats(0, 1e9))
def test_every_duration_and_age_can_be_spoken(seconds):
    assert duration_text(seconds)
    assert age_text(seconds)
    assert age_text(-seconds)


@pytest.mark.parametrize(
    "text",
    ["2026-05-03T13:08:33.123456789Z", "2026-05-03T20:08:33.123456789+07:00", "2026-05-03T13:08:33.123456Z"],
)
def test_the_engines_times_are_read_to_the_microsecond_whatever_their_offset(text):
    assert parse_time(text) == datetime(2026, 5, 3, 13, 8, 33, 123456, tzinfo=UTC)


def test_what_is_no_time_is_none_and_shown_as_it_is():
    times = Times(relative=True, now=datetime.now(UTC))
    assert [parse_time(text) for text in ("", None, "yesterday", 5)] == [None] * 4
    assert (times.text("yesterday"), times.text(None)) == ("yesterday", "")
    assert seconds_between("2026-05-03T13:08:33Z", None) is None
    assert seconds_between("2026-05-03T13:08:33.5Z", "2026-05-03T13:08:35Z") == 1.5


def test_times_are_relative_or_iso():
    now = datetime(2026, 5, 3, 15, 0, tzinfo=UTC)
    text = (now - timedelta(hours=2)).isoformat()
    assert Times(relative=True, now=now).text(text) == "2 h ago"
    assert Times(relative=False, now=now).text(text) == "2026-05-03T13:00:00Z"


# --- text in cells ------------------------------------------------------------------------------------


def test_wide_and_combining_characters_are_measured_in_cells():
    assert [cells(text) for text in ("abc", "日本", "e\u0301", "a\u200bb")] == [3, 4, 1, 2]
    assert padded("日", 4) == "日  "
    assert fitted("日本語", 5) == "日本…"


@given(st.text(max_size=30), st.integers(1, 20))
def test_a_fitted_text_is_never_wider(text, width):
    assert cells(fitted(harmless(text), width)) <= width


@given(st.text(max_size=30))
def test_a_harmless_text_holds_no_control_character(text):
    shown = harmless(text)
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in shown)
    assert "\u202e" not in shown


ID = Column("ID", "id")
NAME = Column("NAME", "name", least=6, rank=1)
WHY = Column("WHY", "why", least=4, rank=2)
ROWS = [[Cell("01JD8Q3VZ6M0T2H8X4K7N5RWZK"), Cell("a long name"), Cell("some reason")]]


def lines(available: int | None) -> list[str]:
    return table_lines([ID, NAME, WHY], ROWS, available=available, headers=True, colored=False)


def test_a_table_shrinks_then_leaves_out_columns_and_never_cuts_an_id():
    assert lines(None)[1] == "  01JD8Q3VZ6M0T2H8X4K7N5RWZK  a long name  some reason"
    assert lines(54)[1] == "  01JD8Q3VZ6M0T2H8X4K7N5RWZK  a long name  some reason"
    assert lines(48)[1] == "  01JD8Q3VZ6M0T2H8X4K7N5RWZK  a long …  some re…"
    assert lines(40)[0].split() == ["ID", "NAME"]
    assert lines(20)[1] == "  01JD8Q3VZ6M0T2H8X4K7N5RWZK"


# Characters of one and two cells; of rarer ones terminals have views of their own.
SHOWN = st.text(alphabet="ab1-[]é日本", max_size=8)


@given(
    st.lists(st.tuples(SHOWN, SHOWN), min_size=1, max_size=4),
    st.booleans(),
)
def test_rich_and_a_pipe_get_the_same_columns(texts, headers):
    columns = [Column("LEFT", "left"), Column("RIGHT", "right", right=True)]
    rows = [[Cell.of(left, "green"), Cell.of(right)] for left, right in texts]
    piped = table_lines(columns, rows, available=None, headers=headers, colored=False)
    assert table_lines(columns, rows, available=200, headers=headers, colored=False) == piped


def test_a_table_on_a_terminal_is_painted_and_its_texts_are_no_markup():
    rows = [[Cell("[bold]x[/bold]", "green"), Cell(":smile:"), Cell("1.5")]]
    drawn = table_lines([ID, NAME, WHY], rows, available=80, headers=True, colored=True)
    assert "\x1b[32m[bold]x[/bold]\x1b[0m" in drawn[1]
    assert ":smile:" in drawn[1]


def test_a_path_finds_keys_with_dots_and_places_in_lists():
    row = {"a.b": 1, "a": {"c": [{"d": 2}]}}
    assert [lookup(row, path) for path in ("a.b", "a.c.0.d", "a.c.1.d", "x.y")] == [1, 2, None, None]


# --- differences ----------------------------------------------------------------------------------------


def test_definitions_are_compared_as_the_engine_compares_them():
    flow = document(service("a", retryCount=0, description=""), id_="d")
    again = {
        "steps": document(service("a"))["steps"],
        "name": "Flow",
        "id": "d",
        "version": 7,
        "metadata": {},
    }
    assert same(flow, again)
    assert differences(flow, again) == []
    swapped = document(end(), service("a"), id_="d")
    assert [change.text for change in differences(flow, swapped)] == [
        "the order of the steps; the first one is end"
    ]


def test_differences_name_fields_steps_and_where_a_new_step_stands():
    old = document(service("a", "b"), service("b"), id_="d", description="x")
    new = document(service("a", "n", retryCount=2), service("n", "b"), service("b"), id_="d")
    assert [(change.sign, change.step, change.text) for change in differences(old, new)] == [
        ("~", "", "description x → none"),
        ("~", "a", "nextStep b → n, retryCount 0 → 2"),
        ("+", "n", "SERVICE_TASK n, between a and b"),
    ]
    assert [(change.sign, change.step) for change in differences(new, old)][-1] == ("-", "n")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "steps", "type", "boundaryEvents", "x"]), inner, max_size=4
            )
        ),
    )
)
def test_no_document_is_too_odd_to_be_compared(value):
    if isinstance(value, dict):
        assert same(value, value)
        assert differences(value, value) == []
        differences(value, document(service("a")))
        differences(document(service("a")), value)


def test_a_page_is_wrapped_to_the_terminal_and_its_examples_can_be_copied():
    example = "steps: [{id: end, name: End, type: END}]" + " # as long as it is" * 4
    page = f"Word\n\n{'a text of `words` ' * 20}\n\n| field | what |\n|---|---|\n| `id` | {'long ' * 30}|\n\n"
    lines = page_lines(f"{page}```yaml\n{example}\n```\n", 40, colored=False)
    assert f"    {example}" in lines
    assert max(map(cells, (line for line in lines if example not in line))) <= 40
    assert not {"`", "|"} & set("".join(lines))
    assert any("\x1b[1mwords" in line for line in page_lines(page, 40, colored=True))
