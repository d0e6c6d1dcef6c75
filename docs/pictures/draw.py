"""Draws the pictures of the README: `make pictures`.

demo.svg is a terminal in which `rochallor demo` has run; loan.svg the README's own definition, painted with an instance
that waits for a person. Both are made by the commands themselves, in this process.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from rich.console import Console
from rich.text import Text

from rochallor_cli.app import run
from rochallor_cli.configuration.environment import Environment
from rochallor_cli.dev_engine import DevEngine, DevEngineConfig
from workflow_sdk.client.rest import RestEngineClient

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
COLUMNS = 92
# What a program may do to lines that stand there: end one, go up, empty one, empty all that follow.
MOVE = re.compile(r"\r\n|\n|\r|\x1b\[(\d*)F|\x1b\[2K|\x1b\[J")
# No page that shows the picture is to fetch a font from elsewhere.
FONT_FROM_ELSEWHERE = re.compile(r" *@font-face \{.*?\n    \}\n", re.DOTALL)


class Terminal(io.StringIO):
    """A stream that passes for a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def typed(*arguments: str, url: str = "", terminal: bool = True) -> str:
    """What a command writes, on a terminal or into a pipe."""
    said = Terminal() if terminal else io.StringIO()
    environ = {"ROCHALLOR_CONFIG_FILE": os.devnull, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    environ |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environ |= {"ROCHALLOR_ENGINE_URL": url} if url else {}
    run(arguments, Environment(stdin=Terminal(), stdout=said, stderr=said, environ=environ))
    return said.getvalue()


def screen(written: str) -> list[str]:
    """The lines that stand on the terminal in the end, with their colours."""
    lines, row, rest = [""], 0, 0
    for move in MOVE.finditer(written):
        lines[row] += written[rest : move.start()]
        rest = move.end()
        if move[0] in ("\n", "\r\n"):
            row += 1
            lines += [""] * (row == len(lines))
        elif move[0].endswith("F"):
            row = max(0, row - int(move[1] or 1))
        elif move[0] == "\x1b[2K":
            lines[row] = ""
        elif move[0] == "\x1b[J":
            del lines[row + 1 :]
    lines[row] += written[rest:]
    return lines


def terminal_picture(command: str, lines: list[str]) -> str:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), command))
    for line in lines:
        console.print(Text.from_ansi(line))
    return FONT_FROM_ELSEWHERE.sub("", console.export_svg(title=command, unique_id="demo"))


def demo_picture() -> str:
    return terminal_picture("rochallor demo", screen(typed("demo")))


def painted_graph() -> str:
    """The definition of the README and an instance of it whose score was too low: a person is to look at it."""
    found = re.search(r"```yaml\n(id: .*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert found
    definition = yaml.safe_load(found[1])
    config = DevEngineConfig(port=0, seed=1)
    with DevEngine(config) as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(definition)
        instance = client.start_instance(definition["id"], {"applicantId": "A-002"})["id"]
        for job in client.poll_jobs("painter", ["credit-score"], 1):
            client.complete_job(job["id"], "painter", {"creditScore": 540})
        return typed(
            "defs", "graph", "--instance", instance, "--format", "svg", url=engine.url, terminal=False
        )


def pictures() -> Iterator[tuple[Path, str]]:
    yield FOLDER / "demo.svg", demo_picture()
    yield FOLDER / "loan.svg", painted_graph()


if __name__ == "__main__":
    for path, drawn in pictures():
        path.write_text(drawn, "utf-8")
