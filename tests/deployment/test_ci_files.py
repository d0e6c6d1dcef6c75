"""The release workflow, the action and the hook: valid by their schemas, and their steps run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.command_line import EXECUTABLE, variables
from support.engines import running_engine
from support.workflows import document, service
from workflow_sdk.client.rest import RestEngineClient

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
SCHEMAS = {
    ".github/workflows/release.yml": "vendor.github-workflows",
    "action.yml": "vendor.github-actions",
}


@pytest.mark.parametrize("file", SCHEMAS)
def test_the_schema_of_its_host_accepts_the_file(file: str, tool: Callable[[str], str]) -> None:
    command = [tool("check-jsonschema"), "--builtin-schema", SCHEMAS[file], str(ROOT / file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_a_release_publishes_without_a_secret_and_only_after_tests_and_attestation() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text("utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    assert (jobs["publish"]["needs"], jobs["attest"]["needs"]) == ("attest", "build")
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    *tried, image = [step["run"] for step in jobs["build"]["steps"] if "run" in step][1:]
    assert tried == ["bash .ci/run", "make test-floors", "make dist"]
    assert "docker build -t rochallor -f docs/deploy/Containerfile ." in image
    assert "secrets." not in text


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository of a user's, with a definition, and `rochallor` on the path."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "flow.yaml").write_text(yaml.safe_dump(document(service("work"))))
    program = tmp_path / "bin" / "rochallor"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {" ".join(EXECUTABLE)} "$@"\n')
    program.chmod(0o755)
    return tmp_path


def run_in(checkout: Path, script: str, env: dict[str, str], url: str | None = None) -> Any:
    environ = variables(env, url=url) | {"PYTHONPATH": str(ROOT)}
    environ["PATH"] = f"{checkout / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "-e", "-o", "pipefail", "-c", script]
    return subprocess.run(
        command, cwd=checkout, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_actions_steps_check_compare_and_upload(checkout: Path) -> None:
    install, *steps = ACTION["runs"]["steps"]
    assert "pip install" in install["run"]
    given = {"FILES": "flows/", "MODULES": ""}
    with running_engine() as engine, RestEngineClient(engine.url) as client:
        given["ROCHALLOR_ENGINE_URL"] = engine.url
        for step in steps:
            done = run_in(checkout, step["run"], given)
            assert done.returncode == 0, f"{step['name']}: {done.stdout}{done.stderr}"
        assert client.get_definition(document(service("work"))["id"])


def test_the_actions_check_fails_on_what_the_engine_would_refuse(checkout: Path) -> None:
    (checkout / "flows" / "flow.yaml").write_text("id: broken\nname: broken\nsteps: []\n")
    lint = ACTION["runs"]["steps"][1]
    done = run_in(checkout, lint["run"], {"FILES": "flows/", "MODULES": ""})
    assert (done.returncode, "::error" in done.stdout) == (3, True)


def test_the_hook_leaves_alone_what_is_no_definition_wherever_a_user_points_it() -> None:
    """A user's `files` takes the place of the hook's; the kinds of files do not go with it."""
    assert HOOK["types_or"] == ["json", "yaml"]
    assert HOOK["files"] == "^flows/"


def test_the_hook_checks_the_files_it_is_given(checkout: Path) -> None:
    done = run_in(checkout, f"{HOOK['entry']} flows/flow.yaml", {})
    assert done.returncode == 0, done.stdout + done.stderr
    (checkout / "flows" / "flow.yaml").write_text("id: broken\nname: broken\nsteps: []\n")
    assert run_in(checkout, f"{HOOK['entry']} flows/flow.yaml", {}).returncode == 3


# --- what the page shows ---------------------------------------------------------------------------------------


def shown_in_yaml() -> Any:
    page = (ROOT / "docs" / "ci.md").read_text("utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]


@pytest.mark.parametrize(("number", "schema"), [(0, "vendor.github-workflows"), (2, "vendor.gitlab-ci")])
def test_the_schema_of_its_host_accepts_what_the_page_shows(
    number: int, schema: str, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    shown = tmp_path / "shown.json"
    # YAML 1.1 takes the key `on` for a truth value.
    shown.write_text(
        json.dumps({"on" if key is True else key: value for key, value in shown_in_yaml()[number].items()})
    )
    command = [tool("check-jsonschema"), "--builtin-schema", schema, str(shown)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_the_page_shows_what_action_and_hook_take() -> None:
    (workflow, hooks, gitlab) = shown_in_yaml()
    _, python, action = workflow["jobs"]["definitions"]["steps"]
    assert python["uses"].startswith("actions/setup-python@")
    assert action["with"].keys() <= ACTION["inputs"].keys()
    ((hook,),) = (repository["hooks"] for repository in hooks["repos"])
    assert hook["id"] == HOOK["id"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    install, *commands = gitlab["definitions"]["script"]
    assert install == f"pip install dist/rochallor_cli-{version}-py3-none-any.whl"
    assert gitlab["definitions"]["variables"].keys() == {"ROCHALLOR_ENGINE_URL"}
    assert commands == ["rochallor defs lint flows/", "rochallor defs upload flows/"]
