"""The document loader: JSON's types only, and a place for everything."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rochallor_cli.documents.json_text import load_json, parse_json
from rochallor_cli.documents.json_yaml import dump
from rochallor_cli.documents.reading import parse_documents, read_document, read_documents
from rochallor_cli.errors import CliError, InvalidDocumentError, NotFoundError, UsageError


def yaml_value(text: str):
    [document] = parse_documents(text, source="t.yaml")
    return document.value


def problem(text: str, source: str = "flow.yaml") -> str:
    with pytest.raises(InvalidDocumentError) as caught:
        parse_documents(text, source=source, is_json=source.endswith(".json"))
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", "no"),
        ("a: yes", "yes"),
        ("a: 2026-01-01", "2026-01-01"),
        ("a: 1:30", "1:30"),
        ("a: 1e5", 100000.0),
        ("a: 007", "007"),
        ("a: 0x1F", "0x1F"),
        ("a: 1_000", "1_000"),
        ("a: .inf", ".inf"),
        ("a: 12", 12),
        ("a: -1.5", -1.5),
        ("a: true", True),
        ("a: null", None),
        ("a: ~", None),
        ('a: "12"', "12"),
        ("a: P1DT2H", "P1DT2H"),
        ("a: =", "="),
    ],
)
def test_yaml_has_the_types_of_json_and_no_others(text, value):
    found = yaml_value(text)["a"]
    assert (found, type(found)) == (value, type(value))


def test_keys_are_texts_whatever_they_look_like():
    assert yaml_value("no: 1\n2: b\ntrue: c\n") == {"no": 1, "2": "b", "true": "c"}


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**60), 2**60)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs", "Cc"])),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(st.characters(categories=["L"])), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
@settings(max_examples=150, deadline=None)
def test_what_is_written_as_yaml_is_read_back_the_same(value):
    documents = parse_documents(dump({"value": value}), source="t")
    assert documents[0].value == {"value": value}


def test_a_syntax_error_says_line_and_column():
    assert problem("id: a\nname: b: c\n").startswith("flow.yaml:2:8:")
    assert problem('{"id": "a",\n "steps": [}\n', "flow.json") == "flow.json:2:12: expecting value"


def test_a_key_given_twice_is_an_error_with_both_places():
    assert problem("id: a\nname: b\nid: c\n") == "flow.yaml:3:1: duplicate key 'id', first on line 1"
    assert problem('{"id": 1,\n "id": 2}', "f.json") == "f.json:2:2: duplicate key 'id', first on line 1"


def test_a_tab_in_the_indentation_is_named():
    assert problem("steps:\n\t- id: a\n") == "flow.yaml:2:1: a tab in the indentation"


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 1e400}', "[Infinity]"])
def test_numbers_that_json_has_not_are_refused(text):
    with pytest.raises(ValueError):
        load_json(text)
    assert problem(text, "f.json").startswith("f.json: ")


def test_every_value_knows_its_place_in_both_formats():
    [yaml_one] = parse_documents("id: a\nsteps:\n  - id: x\n    type: END\n", source="f.yaml")
    json_one = parse_json('{"id": "a",\n "steps": [\n  {"id": "x", "type": "END"}]}', source="f.json")
    assert yaml_one.at(("steps", 0, "type")) == "f.yaml:4:11"
    assert yaml_one.at(("steps", 0, "type"), of_key=True) == "f.yaml:4:5"
    assert yaml_one.at(("steps", 0, "nextStep")) == "f.yaml:3:5"
    assert json_one.at(("steps", 0, "type")) == "f.json:3:23"
    assert json_one.value == yaml_one.value


def test_a_mapping_that_a_comment_emptied_is_remembered():
    [document] = parse_documents("a:\n  #amount > 1: b\nb: #x\nc: null\nd:\n", source="f")
    assert document.emptied == {("a",), ("b",)}


def test_brackets_that_only_a_comment_fills_are_remembered():
    [document] = parse_documents("a: {\n  #amount > 1: b,\n  #amount > 2: c\n}\nb: {}\nc: [\n]\n", source="f")
    assert document.emptied == {("a",)}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: {#amount > 3: b}\nc: d\n", "1:5"),
        ("a: { #amount > 3: b }\n\nc: d\n", "1:6"),
        ("a: {x > 3: b, #amount > 3: b}\nc: d\n", "1:15"),
        ("a: {b: #amount}\nc: d\n", "1:8"),
        ("a:\n  - [1, #x]\n  - b\n", "2:9"),
        ("a: {b: [1], '#': #x}\n", "1:18"),
        ("{#amount > 3: b}\n", "1:2"),
    ],
)
def test_a_comment_that_swallows_a_bracket_is_shown_with_what_to_do(text: str, place: str):
    with pytest.raises(InvalidDocumentError) as caught:
        parse_documents(text, source="f")
    assert caught.value.message.startswith(f"f:{place}: ")
    assert "quote texts that start with #" in (caught.value.hint or "")


def test_an_honest_comment_in_brackets_is_no_suspect():
    with pytest.raises(InvalidDocumentError) as caught:
        parse_documents("a: {b: 1, # fine\n c: [1, 2}\n", source="f")
    assert "#" not in (caught.value.hint or "")


def test_several_documents_and_anchors_are_read():
    documents = parse_documents("id: a\nx: &x [1]\ny: *x\n---\nid: b\n---\n", source="f")
    assert [document.value for document in documents] == [{"id": "a", "x": [1], "y": [1]}, {"id": "b"}]


def test_a_billion_laughs_are_refused_before_they_are_laughed():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    # Written out, they would not fit into any machine.
    assert "aliases add more than" in problem("\n".join(lines))


def test_an_alias_inside_its_own_anchor_is_refused():
    assert "an alias inside of what it stands for" in problem("a: &a\n  b: *a\n")


def test_too_deep_a_document_is_an_error_and_no_crash():
    assert "nested too deep" in problem("[" * 100_000, "f.json")
    assert "nested too deep" in problem("[" * 3_000 + "]" * 3_000)


@pytest.mark.parametrize("text", ["a: !!binary aGk=", "a: !mine x", "? [a]\n: b", "<<: {a: 1}\nb: 2"])
def test_what_json_cannot_say_is_refused(text):
    assert problem(text).startswith("flow.yaml:1:")


def test_files_are_utf8_with_or_without_a_byte_order_mark(tmp_path: Path):
    file = tmp_path / "f.yaml"
    file.write_bytes(b"\xef\xbb\xbfid: \xc3\xa9\n")
    assert read_document(str(file), io.StringIO()).value == {"id": "é"}
    file.write_bytes(b"id: ok\nname: \xff\n")
    with pytest.raises(InvalidDocumentError, match=r":2:7: not UTF-8"):
        read_document(str(file), io.StringIO())


def test_a_file_that_is_not_there_or_a_folder_is_an_error_for_the_user(tmp_path: Path):
    with pytest.raises(NotFoundError):
        read_documents(str(tmp_path / "none.yaml"), io.StringIO())
    with pytest.raises(UsageError):
        read_documents(str(tmp_path), io.StringIO())


def test_standard_input_is_read_for_a_dash():
    assert read_document("-", io.StringIO('{"id": "a"}')).value == {"id": "a"}
    assert read_document("-", io.StringIO("{id: a}")).value == {"id": "a"}


def test_an_empty_text_holds_no_document():
    assert parse_documents("# nothing\n", source="f") == []


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_and_nothing_else(text):
    message = "f"
    try:
        parse_documents(text, source="f")
    except CliError as error:
        message = error.message
    assert message.startswith("f")


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ('id: "x\nname: y\n', "flow.yaml:1:5: a quote that is never closed", None),
        ("id: @x\n", "flow.yaml:1:5: found character", "quote texts that start with @"),
        ("id: *x\n", "flow.yaml:1:5: found undefined alias", "quote texts that start with *"),
        ("a:\n  - b: 1\n   c: 2\n", "flow.yaml:3:", "check the indentation"),
        ("\tid: x\n", "flow.yaml:1:1: a tab in the indentation", "blanks only"),
    ],
)
def test_what_is_wrong_with_yaml_is_said_in_the_authors_words(text: str, said: str, hint: str | None):
    with pytest.raises(InvalidDocumentError) as caught:
        parse_documents(text, source="flow.yaml")
    assert caught.value.message.startswith(said)
    assert (hint or "") in (caught.value.hint or "")


def test_a_comma_too_many_is_guessed():
    with pytest.raises(InvalidDocumentError) as caught:
        parse_documents('{"a": [1,]}', source="f.json", is_json=True)
    assert caught.value.hint == "a comma too many?"
