"""Commands pasted into bash, where `rochallor` is this very process: no interpreter is started for any of them.

A small program of that name hands its arguments through a socket to the test, which runs them where it stands and
answers with output and exit status. Programs that no test may run (`make`, `pip`, `kubectl`) are answered likewise.
"""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from support.command_line import Result

Answer = Callable[[list[str], dict[str, str]], Result]

PROGRAM = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as host:
    host.connect({address!r})
    environ = {{name: value for name, value in os.environ.items() if name.startswith("ROCHALLOR_")}}
    host.sendall(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:], environ]).encode() + b"\\n")
    stdout, stderr, status = json.loads(host.makefile().readline())
sys.stderr.write(stderr)
sys.stdout.write(stdout)
sys.exit(status)
"""
ENDED = "page-has-ended"
LONGEST_S = 60.0


@dataclass(frozen=True)
class Pasted:
    """What a pasted line has left behind: all that it wrote, stderr first, and its exit status."""

    output: str
    exit_status: int


def paste(lines: Sequence[str], programs: dict[str, Answer], folder: Path) -> list[Pasted]:
    """Run the lines in one shell, one after the other, in this folder; `programs` answers by name."""
    address = str(folder / "socket")
    for name in (*programs, ENDED):
        program = folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(PROGRAM.format(python=sys.executable, address=address))
        program.chmod(0o755)
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.settimeout(LONGEST_S)
        listener.bind(address)
        listener.listen()
        with subprocess.Popen(["bash", "-c", _script(lines, folder)], cwd=folder) as shell:
            try:
                _serve(listener, programs)
            finally:
                shell.kill()
    return [_left_behind(folder, number) for number in range(len(lines))]


def _script(lines: Sequence[str], folder: Path) -> str:
    parts = [f"PATH={shlex.quote(str(folder / 'bin'))}:$PATH", "exec 3>&1"]
    for number, line in enumerate(lines):
        parts += [f"exec >{number}.stdout 2>{number}.stderr </dev/null", line, f"echo $? >{number}.status"]
    return "\n".join([*parts, ENDED])


def _serve(listener: socket.socket, programs: dict[str, Answer]) -> None:
    for connection in _connections(listener):
        with connection, connection.makefile("rw", encoding="utf-8") as stream:
            name, *arguments, environ = json.loads(stream.readline())
            done = Result("", "", 0) if name == ENDED else programs[name](arguments, environ)
            stream.write(json.dumps([done.stdout, done.stderr, done.exit_status]) + "\n")
        if name == ENDED:
            return


def _connections(listener: socket.socket) -> Iterator[socket.socket]:
    while True:
        yield listener.accept()[0]


def _left_behind(folder: Path, number: int) -> Pasted:
    errors, output, status = (folder / f"{number}.{kind}" for kind in ("stderr", "stdout", "status"))
    return Pasted(errors.read_text() + output.read_text(), int(status.read_text()))
