"""`make dist`: wheel and sdist into dist/, built twice and equal, checked, and installed where nothing else is.

Run by the Python of .venv-tools. What this machine lacks (a Python, pipx, uv) is said and left out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
PUBLISHED = "rochallor-sdk==1.1.0"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def run(*command: str | Path, **environment: str) -> str:
    """What the command prints; a failure ends the build with all that it said."""
    words = [str(word) for word in command]
    done = subprocess.run(  # noqa: S603
        words,
        cwd=tempfile.gettempdir(),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def build(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file; the wheel is built from the sdist, so that this one is known to be complete."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def pythons() -> Iterator[tuple[str, str]]:
    for version in VERSIONS:
        candidates = [
            f"python{version}",
            *sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python")),
        ]
        found = next((each for each in map(shutil.which, map(str, candidates)) if each and works(each)), None)
        if found:
            yield version, found
        else:
            say(f"  Python {version}: not on this machine")


def works(program: str) -> bool:
    return subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0  # noqa: S603


# What the page is made of came with the wheel; that it shows something is for the tests.
_PAGE_IS_WHOLE = """
from jinja2 import PackageLoader
from rochallor_cli.ui.rendering import STATIC, static_file
assert all(map(static_file, STATIC))
assert {"base.html", "parts/instance.html"} <= set(PackageLoader("rochallor_cli.ui").list_templates())
"""


def try_in_clean_environment(python: str, wheel: Path, folder: Path) -> None:
    run(python, "-m", "venv", folder)
    pip = (folder / "bin" / "pip", "--disable-pip-version-check", "--quiet", "install")
    run(*pip, "--constraint", ROOT / "constraints.txt", wheel)
    program = folder / "bin" / "rochallor"
    assert "COMPLETED" in run(program, "demo")
    run(*pip, "--constraint", ROOT / "constraints.txt", f"{wheel}[ui]")
    run(folder / "bin" / "python", "-c", _PAGE_IS_WHOLE)


def try_beside_the_published_sdk(python: str, wheel: Path, folder: Path) -> None:
    """Installed over ours it is told of, and the commands that are named put things right."""
    run(python, "-m", "venv", folder)
    pip = (folder / "bin" / "pip", "--disable-pip-version-check", "--quiet")
    program = folder / "bin" / "rochallor"
    run(*pip, "install", "--constraint", ROOT / "constraints.txt", wheel)
    run(*pip, "install", PUBLISHED)
    refusal = subprocess.run([program, "demo"], capture_output=True, text=True, check=False)  # noqa: S603
    assert refusal.returncode == 3, refusal
    assert "pip uninstall -y rochallor-sdk" in refusal.stderr
    assert "pip install --force-reinstall --no-deps" in refusal.stderr
    run(*pip, "uninstall", "-y", "rochallor-sdk")
    run(*pip, "install", "--force-reinstall", "--no-deps", wheel)
    assert "COMPLETED" in run(program, "demo")


def try_tools(wheel: Path, folder: Path) -> None:
    """The wheel installed as a user's tool, by pipx and by uv: those of .venv-tools, or the machine's."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if pipx := shutil.which("pipx", path=tools):
        run(pipx, "install", wheel, PIPX_HOME=str(folder / "pipx"), PIPX_BIN_DIR=str(folder / "pipx-bin"))
        say(f"  pipx: {run(folder / 'pipx-bin' / 'rochallor', '--version').strip()}")
    else:
        say("  pipx: not on this machine")
    if uv := shutil.which("uv", path=tools):
        run(
            uv,
            "tool",
            "install",
            wheel,
            UV_TOOL_DIR=str(folder / "uv"),
            UV_TOOL_BIN_DIR=str(folder / "uv-bin"),
        )
        say(f"  uv tool: {run(folder / 'uv-bin' / 'rochallor', '--version').strip()}")
    else:
        say("  uv: not on this machine")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, second = build(folder / "first"), build(folder / "second")
        if first != second:
            sys.exit(f"two builds differ: {first} and {second}")
        say("built twice, byte for byte alike")
        run(sys.executable, "-m", "twine", "check", "--strict", *(folder / "first").iterdir())
        say("metadata checked")
        shutil.rmtree(DIST, ignore_errors=True)
        shutil.copytree(folder / "first", DIST)
        (wheel,) = DIST.glob("*.whl")
        for version, python in pythons():
            try_in_clean_environment(python, wheel, folder / version)
            say(f"  Python {version}: installed, and the demo ran to its end")
        try_beside_the_published_sdk(python, wheel, folder / "published")
        say(f"  beside {PUBLISHED}: refused, and mended by what the refusal names")
        try_tools(wheel, folder)
    for file, digest in first.items():
        say(f"dist/{file}  sha256 {digest}")


if __name__ == "__main__":
    main()
