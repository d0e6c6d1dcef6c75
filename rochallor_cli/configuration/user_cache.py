"""Small things remembered between commands, in the user's own cache folder: never where others can write or read."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

# More than anything kept here is long.
LONGEST = 1_000_000
_IS_PLAIN_UNIX: bool = sys.platform not in ("darwin", "win32")


def remembered(name: str, environ: Mapping[str, str], *, for_s: float) -> str | None:
    """The text kept under a name within the last `for_s` seconds; None where there is none, or it is not ours."""
    with suppress(OSError, ValueError):
        folder = _folder(environ)
        if not _is_private(folder.lstat()):
            return None
        descriptor = os.open(folder / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with open(descriptor, encoding="utf-8") as file:
            state = os.fstat(descriptor)
            if _is_ours(state) and stat.S_ISREG(state.st_mode) and 0 <= time.time() - state.st_mtime < for_s:
                return file.read(LONGEST)
    return None


def remember(name: str, *, text: str, environ: Mapping[str, str]) -> None:
    """Keep a text under a name; nothing happens where no safe place can be had."""
    with suppress(OSError):
        folder = _folder(environ)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _is_private(folder.lstat()):
            return
        # A new file put in the place of the old one: whatever stood there, a symlink too, is not written through.
        new = folder / f"{name}.{os.urandom(8).hex()}"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(folder / name)


def forget(name: str, environ: Mapping[str, str]) -> None:
    with suppress(OSError):
        (_folder(environ) / name).unlink(missing_ok=True)


def _folder(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CACHE_HOME")
    home = environ.get("HOME")
    if base or (_IS_PLAIN_UNIX and home):
        # What platformdirs would say, without the time that importing it takes.
        return Path(base or Path(str(home)) / ".cache") / "rochallor"
    from platformdirs import user_cache_path

    return user_cache_path("rochallor", appauthor=False)


def _is_private(state: os.stat_result) -> bool:
    """Whether it is a folder of ours that nobody else can write to; not a symlink to one."""
    return stat.S_ISDIR(state.st_mode) and _is_ours(state) and not state.st_mode & 0o022


def _is_ours(state: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or state.st_uid == os.getuid()
