"""What is generated from the command line is current, and every command helps itself."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from rochallor_cli.command_line.global_options import GLOBAL_OPTIONS, command_words
from rochallor_cli.command_names import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


def _generator() -> ModuleType:
    path = ROOT / "docs" / "reference" / "generate.py"
    spec = importlib.util.spec_from_file_location("reference_generator", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()
ROOT_COMMAND = GENERATOR.root_command()
ALL = dict(GENERATOR.commands(ROOT_COMMAND))


@pytest.mark.parametrize("path", GENERATOR.files(), ids=lambda path: path.name)
def test_generated_files_are_current(path: Path) -> None:
    assert path.read_text("utf-8") == GENERATOR.files()[path], "run `make reference`"


@pytest.mark.parametrize("path", [path for path, one in ALL.items() if path and not hasattr(one, "commands")])
def test_every_command_has_an_example_in_its_help(path: str) -> None:
    text = ALL[path].help
    assert "Examples:\n" in text
    assert f"rochallor {path}" in text


def test_no_help_holds_what_rich_would_take_for_markup() -> None:
    texts = [one.help or "" for one in ALL.values()]
    texts += [param.help or "" for one in ALL.values() for param in one.params]
    assert [text for text in texts if "[/" in text or "[bold" in text or "[@" in text] == []


def test_stand_ins_have_the_help_of_the_real_commands() -> None:
    for name, (line, within) in COMMANDS.items():
        assert (ALL[name].short_help or ALL[name].help).startswith(line), name
        for inner, inner_line in within.items():
            assert ALL[f"{name} {inner}"].short_help == inner_line


@pytest.mark.parametrize("name", GLOBAL_OPTIONS)
def test_the_command_is_found_behind_every_global_option(name: str) -> None:
    param = next(param for param in ROOT_COMMAND.params if param.name == name)
    value = [] if param.is_flag or param.count else ["value"]
    for spelling in param.opts:
        assert command_words([spelling, *value, "instances", "list"]) == ("instances", "list")


def test_every_command_takes_every_global_option() -> None:
    for path, one in ALL.items():
        # `dev --engine-version` and `--no-coercion` say what the embedded engine is to be; the names are there.
        assert set(GLOBAL_OPTIONS) <= {param.name for param in one.params}, path


def test_the_settings_page_names_every_key_of_a_context() -> None:
    from rochallor_cli.configuration.settings import CONTEXT_KEYS

    page = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
    assert [key for key in CONTEXT_KEYS if f"`{key}`" not in page] == []


def test_every_command_line_in_the_guides_exists() -> None:
    for page in ("docs/admin.md", "docs/reference/settings.md"):
        text = (ROOT / page).read_text("utf-8")
        for part in (part for line in text.splitlines() for part in line.split("rochallor ")[1:]):
            words = [word.strip("`\"'();") for word in part.split()]
            words = words[2:] if words[:1] == ["--context"] else words
            known = words[0] if words else ""
            if known in COMMANDS and COMMANDS[known][1] and not words[1].startswith("-"):
                assert f"{words[0]} {words[1]}" in ALL, f"{page}: {part}"
