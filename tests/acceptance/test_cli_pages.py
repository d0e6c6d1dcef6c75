"""Every command that a page shows, pasted into a shell: it does what the page says, and prints what it shows."""

from __future__ import annotations

import html
import os
import re
import runpy
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer.main
import yaml

from benchmarks import __main__ as benchmarks
from rochallor_cli.app import build, run
from rochallor_cli.configuration.environment import Environment
from rochallor_cli.dev_engine import DevEngine
from rochallor_cli.handler_modules.loading import load_handlers
from support.command_line import Result, Stream, rochallor, variables
from support.documentation_pages import PAGES, ROOT, Shown, inline_commands, name_of, shown_commands
from support.engines import running_engine
from support.pasted_commands import paste
from support.sdk_workers import running_runner
from support.workflows import Document, do_jobs, gateway, join, service, user_task
from support.workflows import document as document_of
from workflow_sdk.client.rest import RestEngineClient

HANDLERS = """
from workflow_sdk.handler.registry import HandlerRegistry
registry = HandlerRegistry()

@registry.handler("score")
def score(job):
    return {"creditScore": 720}
"""
WITH_TASK = document_of(service("score", "approve", retryCount=2), user_task("approve"), id_="loan")


def flow(**fields: Any) -> Document:
    return document_of(service("score", retryCount=2), id_="loan", **fields)


FLOW = flow()


@dataclass
class Scene:
    """What stands ready where a page's commands are pasted."""

    engine: DevEngine
    admin: RestEngineClient
    folder: Path
    environ: dict[str, str]
    # What the page writes for something that only the reader knows, and what it is here.
    placeholders: dict[str, str | Callable[[], str]] = field(default_factory=dict)
    # Exit statuses other than 0 that the page is about.
    statuses: dict[str, int] = field(default_factory=dict)

    def meant(self, command: str, word: str) -> str:
        found = self.placeholders.get(f"{command} {word}", self.placeholders.get(word, word))
        return found if isinstance(found, str) else found()

    def upload(self, document: Document) -> None:
        self.admin.upload_definition(document)

    def started(self, definition: str = "loan", **fields: Any) -> str:
        return str(self.admin.start_instance(definition, {"amount": 250}, **fields)["id"])


@pytest.fixture
def scene(tmp_path: Path, page: Path) -> Iterator[Scene]:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "loan.yaml").write_text(yaml.safe_dump(FLOW))
    (tmp_path / "flow.yaml").write_text(yaml.safe_dump(FLOW))
    (tmp_path / "handlers.py").write_text(HANDLERS)
    for name in ("order.json", "application.json"):
        (tmp_path / name).write_text('{"amount": 250}')
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    dispatch = "kafka" if page.name == "kafka.md" else "polling"
    with (
        running_engine(engine_version="next", dispatch=dispatch) as engine,
        RestEngineClient(engine.url) as admin,
    ):
        yield Scene(engine, admin, tmp_path, {"ROCHALLOR_ENGINE_URL": engine.url})


# --- how commands are answered -------------------------------------------------------------------------------


class Announcement(Stream):
    """Ctrl-C as soon as the engine has said that it serves."""

    def write(self, text: str) -> int:
        written = super().write(text)
        if "Ctrl-C stops it" in text:
            signal.raise_signal(signal.SIGINT)
        return written


def served_and_stopped(arguments: list[str], environ: dict[str, str]) -> Result:
    arguments = [*arguments, *([] if "--port" in arguments else ["--port", "0"])]
    said = Announcement()
    environment = Environment(stdin=Stream(), stdout=said, stderr=said, environ=variables(environ))
    with redirect_stdout(said), redirect_stderr(said):
        status = run(arguments, environment)
    return Result(said.getvalue(), "", status)


def ours(scene: Scene, arguments: list[str], environ: dict[str, str]) -> Result:
    """What never ends by itself is ended (`dev`, `ui`), asked for its settings (`work`) or done once (`--watch`)."""
    arguments = [scene.meant(arguments[0], word) for word in arguments]
    arguments = [word for word in arguments if word != "--watch"]
    if arguments[0] in ("dev", "ui"):
        return served_and_stopped(arguments, environ)
    if arguments[0] == "work" and "--check" not in arguments:
        arguments = [*arguments, "--print-config"]
    if arguments[:2] in (["jobs", "fail"], ["jobs", "complete"]):
        arguments = [*arguments, "--yes"]  # the answer to the question that a terminal is asked
    with as_in_a_process_of_its_own():
        return rochallor(*arguments, env=environ, bug_expected=True)


@contextmanager
def as_in_a_process_of_its_own() -> Iterator[None]:
    """Modules of one command's handlers are not there for the next one."""
    path, module = [*sys.path], sys.modules.pop("handlers", None)
    try:
        yield
    finally:
        sys.path[:] = path
        sys.modules.pop("handlers", None)
        if module is not None:
            sys.modules["handlers"] = module


def make(arguments: list[str], environ: dict[str, str]) -> Result:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    unknown = {word for word in arguments if "=" not in word} - targets
    return Result("", f"no rule to make {unknown}", 2 if unknown else 0)


def benchmark(arguments: list[str], environ: dict[str, str]) -> Result:
    """Measuring is for `make bench`; here, that there are such cases and options."""
    if arguments[:2] != ["-m", "benchmarks"]:
        return Result("", str(arguments), 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", arguments[1:])
        return Result("", str(benchmarks.options()), 0)


def installed(arguments: list[str], environ: dict[str, str]) -> Result:
    """Trying it is for `make dist`; here, that nothing is named which an index would be asked for."""
    return Result("", str(arguments), 0 if arguments in (["install", "."], ["install", ".[ui]"]) else 2)


def applied(arguments: list[str], environ: dict[str, str]) -> Result:
    file = ROOT / arguments[-1] / "kustomization.yaml"
    return Result("", str(file), 0 if arguments[:2] == ["apply", "-k"] and file.exists() else 1)


# --- what the pages presuppose ---------------------------------------------------------------------------------


@contextmanager
def at_work(scene: Scene, modules: Path) -> Iterator[None]:
    """The worker of another terminal."""
    with as_in_a_process_of_its_own():
        registry = load_handlers([str(modules)]).registry
    with RestEngineClient(scene.engine.url) as client, running_runner(client, registry):
        yield


@contextmanager
def readme(scene: Scene) -> Iterator[None]:
    """Its own definition and handler; the id is the one that the start before it has printed."""
    text = (ROOT / "README.md").read_text("utf-8")
    definition, code = (re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL) for kind in ("yaml", "python"))
    assert definition
    assert code
    (scene.folder / "handlers.py").write_text(code[1])
    for file in ("flow.yaml", "flows/loan.yaml"):
        (scene.folder / file).write_text(definition[1])
    scene.upload(yaml.safe_load(definition[1]))
    printed = re.findall(r"instances history (\w+)", text)
    scene.placeholders |= dict.fromkeys(printed, lambda: scene.admin.list_instances()["items"][0]["id"])
    with at_work(scene, ROOT / "examples/loan/handlers.py"):
        yield


@contextmanager
def admin(scene: Scene) -> Iterator[None]:
    """Four versions of two definitions, an instance that is stuck, one that has failed, and a user task."""
    for document in (flow(description="once"), WITH_TASK, flow(description="again"), FLOW):
        scene.upload(document)
    steps = gateway("split", ["a", "a"]), service("a", "meet"), join()
    for number in range(4):
        scene.upload(document_of(*steps, id_="shipping", description=str(number)))
    (scene.folder / "flow.yaml").write_text(yaml.safe_dump(WITH_TASK))
    stuck = scene.started("shipping", business_key="ORDER-77")
    for _ in "aa":
        do_jobs(scene.admin, "a")
    scene.upload(document_of(user_task("approve"), id_="approval"))
    scene.upload(document_of(service("hopeless"), id_="failing"))
    scene.started("failing")
    do_jobs(scene.admin, "hopeless", fail="no luck")
    scene.placeholders |= {"ID": stuck, "tasks ID": f"{scene.started('approval')}/approve"}
    scene.statuses |= {"rochallor instances explain ID": 7, "rochallor defs upload flow.yaml": 7}
    with at_work(scene, scene.folder / "handlers.py"):
        yield


@contextmanager
def contexts(scene: Scene) -> Iterator[None]:
    """The configuration that the page goes on to make; nothing listens at its addresses."""
    file = scene.folder / "config.toml"
    scene.environ |= {"ROCHALLOR_CONFIG_FILE": str(file), "ROCHALLOR_ENGINE_URL": ""}
    password_store = scene.folder / "bin" / "pass"
    password_store.parent.mkdir()
    password_store.write_text("#!/bin/sh\necho secret\n")
    password_store.chmod(0o755)
    scene.environ |= {"PATH": f"{password_store.parent}{os.pathsep}{os.environ['PATH']}"}
    rochallor(
        "config", "set", "prod", "url=https://engine.example.com", "token-command=echo t", env=scene.environ
    )
    away = "rochallor instances list --engine-url https://staging.example.com"
    scene.statuses |= {away: 5, "rochallor --context prod instances list --status FAILED": 5}
    yield


@contextmanager
def over_kafka(scene: Scene) -> Iterator[None]:
    """A job that waits on its topic."""
    brokers = str(scene.engine.brokers)
    scene.upload(FLOW)
    instance = scene.started()
    scene.placeholders |= dict.fromkeys(("kafka-1:9092,kafka-2:9092", "kafka-1:9092", "…"), brokers)
    find = ("jobs", "find", instance, "--brokers", brokers, "-o", "name")
    scene.placeholders |= {"INSTANCE": instance}
    scene.placeholders |= {"JOB": lambda: rochallor(*find, url=scene.engine.url).lines()[0]}
    (scene.folder / "workers.yaml").write_text(
        f"kafka: {{brokers: '{brokers}'}}\nworkers: [{{modules: [handlers.py], mode: kafka}}]\n"
    )
    yield


@contextmanager
def uploaded(scene: Scene) -> Iterator[None]:
    scene.upload(FLOW)
    yield


@contextmanager
def with_a_task(scene: Scene) -> Iterator[None]:
    """Where there is no terminal, nobody can be asked for the task's answer."""
    (scene.folder / "flow.yaml").write_text(yaml.safe_dump(WITH_TASK))
    for options in ("--var amount=250", "--stub '*' --watch"):
        scene.statuses[f"rochallor run flow.yaml -m handlers.py {options}"] = 7
    yield


# Left out of what is compared: ids, times, how long something took, and the width of columns that follows from them.
MASKS = {
    r"\b01[0-9A-HJKMNP-TV-Z]{24}\b": "ID",
    r"\d{4}-\d\d-\d\dT[\d:.]+Z": "TIME",
    r"(\d+(\.\d+)? ?(ms|[dhms])\b ?)+": "DURATION ",
    r"127\.0\.0\.1:\d+": "ADDRESS",
    r"\s+": " ",
}


def masked(line: str) -> str:
    for pattern, name in MASKS.items():
        line = re.sub(pattern, name, line)
    return line.strip()


def differences(shown: list[str], output: str) -> list[str]:
    """Lines that the page shows and the command does not print, in this order; `…` stands for any number of them."""
    printed = iter([masked(line) for line in output.splitlines()])
    missing, skips = [], False
    for line in map(masked, shown):
        candidates = printed if skips else islice(printed, 1)
        if line != "…" and line not in candidates:
            missing.append(line)
        skips = line == "…"
    return missing


SCENES: dict[str, Callable[[Scene], AbstractContextManager[None]]] = {
    "README.md": readme,
    "docs/admin.md": admin,
    "docs/kafka.md": over_kafka,
    "docs/reference/settings.md": contexts,
    "docs/testing.md": with_a_task,
}
WITH_COMMANDS = [page for page in PAGES if shown_commands(page)]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_the_commands_of_a_page_do_what_it_says(
    page: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = shown_commands(page)
    programs = {"rochallor": partial(ours, scene), "make": make, "pip": installed, "kubectl": applied}
    programs["python"] = benchmark
    monkeypatch.chdir(scene.folder)
    with SCENES.get(name_of(page), uploaded)(scene):
        for name, value in scene.environ.items():
            monkeypatch.setenv(name, value)
        pasted = paste([each.command for each in shown], programs, scene.folder)
    for each, done in zip(shown, pasted, strict=True):
        said = f"{each}\n{done.output}"
        assert done.exit_status == scene.statuses.get(each.command, 0), said
        assert differences(each.output, done.output) == [], said


# --- commands within sentences -------------------------------------------------------------------------------

COMMAND_LINE: Any = typer.main.get_command(build((None, None), for_terminal=False, everything=True))


@pytest.mark.parametrize("shown", [each for page in PAGES for each in inline_commands(page)], ids=str)
def test_a_command_within_a_sentence_is_one_that_there_is(shown: Shown) -> None:
    command = COMMAND_LINE
    words = shlex.split(shown.command)[1:]
    words = words[: words.index(">")] if ">" in words else words
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    context = command.make_context(shown.command, [], resilient_parsing=True)
    command.make_parser(context).parse_args(words)
    assert not (hasattr(command, "commands") and words), shown


# --- pictures --------------------------------------------------------------------------------------------------


def texts(picture: str) -> str:
    """What there is to read in a picture."""
    found = html.unescape(" ".join(re.findall(r">([^<>]+)</text>", picture))).replace("\xa0", " ")
    return re.sub(r"\S+/rochallor\b", "rochallor", masked(found))


def test_the_pictures_show_what_the_commands_print_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names = runpy.run_path(str(ROOT / "docs/pictures/draw.py"))
    for path, drawn in names["pictures"]():
        ElementTree.parse(path)
        assert texts(path.read_text("utf-8")) == texts(drawn), f"{path.name}: run `make pictures`"
        assert "url(" not in re.sub(r"url\(#", "", drawn), "nothing is fetched from elsewhere"
