"""Uploads of folders that an engine, or whatever stands in front of it, refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rochallor_cli.documents.json_yaml import dump
from support.command_line import rochallor
from support.stand_in import Answer, stand_in
from support.workflows import document, service

NAMED_STEP = 'validation error: validation errors:\nstep "a": not in this version'


@pytest.mark.parametrize(
    "status", [301, 400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 501, 502, 503, 504]
)
@pytest.mark.parametrize("names", ["a step", "nothing"])
def test_a_folder_that_is_refused_names_file_and_step_whatever_the_status(
    status: int, names: str, tmp_path: Path
) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.yaml").write_text(dump(document(service("a"), id_=name)))
    said: object = {"error": "bad-request", "reason": NAMED_STEP} if names == "a step" else b"<html>no</html>"

    def answer(method: str, path: str, body: bytes) -> Answer:
        if method == "GET":
            return 404, {"error": "not-found", "reason": "definition not found"}
        stored = json.loads(body)
        taken = {"id": stored["id"], "version": 1, "name": "n", "uploadedAt": "2026-11-28T10:00:00Z"}
        return (status, said) if stored["id"] == "three" else (201, taken)

    with stand_in(answer) as there:
        refused = rochallor("defs", "upload", tmp_path, url=there.url)
    assert refused.exit_status not in (0, 1)
    assert f"{tmp_path / 'three.yaml'}" in refused.stderr
    if names == "a step":
        assert f"{tmp_path / 'three.yaml'}:" in refused.stderr
        assert 'step "a": not in this version' in refused.stderr
