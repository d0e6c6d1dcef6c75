"""`make image`: the Containerfile without a container engine, in plain roots, and started as the image would be.

Each stage is an overlay over one base, and its RUN lines are run by chroot. The base stands in for the image that FROM
names: a Debian by debootstrap, with this machine's Python 3.12 under /usr/local. Needs Linux, root, debootstrap and the
network. Not tried here: what a container engine makes of layers, labels and the health check's interval.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from running import try_out

ROOT = Path(__file__).resolve().parents[1]
CONTAINERFILE = ROOT / "docs" / "deploy" / "Containerfile"
BASE = Path(os.environ.get("IMAGE_BASE", "/var/tmp/rochallor-image-base"))  # noqa: S108 - kept from run to run
MIRROR, SUITE = "http://deb.debian.org/debian", "bookworm"
# What Python's own modules are linked against, and what reaches an index.
LIBRARIES = "ca-certificates,libssl3,libsqlite3-0,libffi8,zlib1g,libbz2-1.0,liblzma5,libreadline8"


@dataclass
class Stage:
    """A root directory in the making, and what the instructions have said of it."""

    root: Path
    environ: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    )
    workdir: str = "/"
    said: dict[str, str] = field(default_factory=dict)


def instructions() -> Iterator[tuple[str, str]]:
    lines = [line for line in CONTAINERFILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            kind, _, rest = line.partition(" ")
            yield kind, rest.strip()


def run(*command: str | Path, **options: object) -> None:
    subprocess.run([str(word) for word in command], check=True, **options)  # type: ignore[call-overload]  # noqa: S603


def make_base() -> None:
    if (BASE / "usr/local/bin/python").exists():
        return
    python = python_3_12()
    run("debootstrap", "--variant=minbase", f"--include={LIBRARIES}", SUITE, BASE, MIRROR)
    run("cp", "-a", f"{python.parents[1]}/.", BASE / "usr/local")
    (BASE / "usr/local/bin/python").unlink(missing_ok=True)
    (BASE / "usr/local/bin/python").symlink_to("python3.12")
    run("chroot", BASE, "ldconfig")
    for device, minor in {"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}.items():
        if not (BASE / "dev" / device).is_char_device():
            os.mknod(BASE / "dev" / device, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
        (BASE / "dev" / device).chmod(0o666)
    # However this machine reaches its indexes, the roots reach them so, too.
    for name in ("/etc/resolv.conf", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt"):
        if Path(name).exists():
            shutil.copy(name, BASE / name[1:])


def python_3_12() -> Path:
    found = [*sorted(Path.home().glob(".pyenv/versions/3.12.*/bin/python3.12")), shutil.which("python3.12")]
    for each in filter(None, found):
        return Path(each).resolve()
    sys.exit("a Python 3.12 is needed, in the place of the one of the image")


def new_stage(folder: Path, number: int) -> Stage:
    upper, work, root = (folder / f"{number}.{part}" for part in ("upper", "work", "root"))
    for each in (upper, work, root):
        each.mkdir()
    layers = f"lowerdir={BASE},upperdir={upper},workdir={work}"
    run("mount", "-t", "overlay", "overlay", "-o", layers, root)
    run("mount", "-t", "proc", "proc", root / "proc")
    return Stage(root)


def copy(stage: Stage, stages: dict[str, Stage], words: str) -> None:
    *options, source, target = words.split()
    there = stage.root / target.lstrip("/")
    if options:
        origin = stages[options[0].removeprefix("--from=")].root / source.lstrip("/")
        run("cp", "-a", origin, there)
    elif source == ".":
        there.mkdir(parents=True)
        for name in subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines():
            (there / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, there / name)
    else:
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, there)


def apply(stage: Stage, stages: dict[str, Stage], kind: str, rest: str) -> None:
    if kind == "COPY":
        copy(stage, stages, rest)
    elif kind == "RUN":
        pip = {
            name: value
            for name, value in os.environ.items()
            if name.startswith("PIP_") and "LINKS" not in name
        }
        run("chroot", stage.root, "/bin/sh", "-c", rest, env={**pip, **stage.environ})
    elif kind == "ENV":
        for word in shlex.split(rest):
            name, _, value = word.partition("=")
            stage.environ[name] = value.replace("$PATH", stage.environ["PATH"])
    elif kind == "WORKDIR":
        stage.workdir = rest
    else:
        stage.said[kind] = rest


def build(folder: Path) -> Stage:
    stages: dict[str, Stage] = {}
    stage = None
    for kind, rest in instructions():
        if kind == "FROM":
            image, _, name = rest.partition(" AS ")
            assert image == "docker.io/library/python:3.12-slim", image
            stage = stages[name] = new_stage(folder, len(stages))
        else:
            assert stage is not None
            print(f"{kind} {rest}"[:110], flush=True)  # noqa: T201
            apply(stage, stages, kind, rest)
    return stages[""]


def main() -> None:
    if len(sys.argv) > 1:
        image = build(Path(sys.argv[1]))
        command = [*json.loads(image.said["ENTRYPOINT"]), *json.loads(image.said["CMD"])]
        probe = json.loads(image.said["HEALTHCHECK"].split(" CMD ")[1])
        try_out(
            image.root, image.environ, image.workdir, user=image.said["USER"], command=command, probe=probe
        )
        return
    make_base()
    # Overlays need the file system of a disk. What is mounted is mounted for the inner process alone: here the folder
    # holds plain files, and can be removed.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        own = ["unshare", "--mount", "--propagation", "private", sys.executable, __file__, folder]
        sys.exit(subprocess.run(own, check=False).returncode)  # noqa: S603


if __name__ == "__main__":
    main()
