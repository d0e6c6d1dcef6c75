"""Fields of definitions in another case, as the engine takes them."""

from __future__ import annotations

import re

from support.command_line import rochallor

OTHER_CASE = """ID: caps
NAME: Caps
Steps:
  - Id: a
    Name: A
    TYPE: USER_TASK
    nextstep: e
    boundaryevents: [{Type: TIMER, Duration: PT1H, INTERRUPTING: true, targetstepid: e}]
  - {iD: e, name: E, type: END}
"""


def test_fields_in_another_case_are_the_same_to_every_command(engine_url, tmp_path):
    own = OTHER_CASE
    for name in (
        "id",
        "name",
        "steps",
        "type",
        "nextStep",
        "boundaryEvents",
        "duration",
        "interrupting",
        "targetStepId",
    ):
        own = re.sub(rf"\b{name}:", f"{name}:", own, flags=re.IGNORECASE)
    said = []
    for text in (own, OTHER_CASE):
        file = tmp_path / "caps.yaml"
        file.write_text(text)
        said.append([
            rochallor("defs", *line, file, url=engine_url)
            for line in (("upload", "--dry-run"), ("lint",), ("graph",))
        ])  # fmt: skip
    assert [one.stdout for one in said[0]] == [one.stdout for one in said[1]]
    assert said[1][0].exit_status == 0
    assert rochallor("defs", "upload", file, url=engine_url).exit_status == 0
    assert rochallor("defs", "diff", file, url=engine_url).exit_status == 0


def test_a_field_given_in_two_spellings_is_an_error_with_its_place(tmp_path):
    file = tmp_path / "twice.yaml"
    file.write_text("id: twice\nname: T\nID: other\nsteps: [{id: e, name: E, type: END}]\n")
    result = rochallor("defs", "lint", file)
    assert result.exit_status == 3
    assert f"{file}:3:1: " in result.stdout
    assert "'ID' is 'id' to the engine, which is given twice" in result.stdout


def test_the_spelling_table_has_the_fields_that_the_newest_engine_reads():
    from rochallor_cli.definitions.field_names import DEFINITION
    from rochallor_cli.dev_engine import engine_rules
    from rochallor_cli.dev_engine.definition.fields import definition_shape

    def names(kind):
        return {name: names(one) for name, one in getattr(getattr(kind, "items", kind), "fields", {}).items()}

    assert names(definition_shape(engine_rules("leases"))) == DEFINITION
