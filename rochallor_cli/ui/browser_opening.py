"""The first address, handed to a browser without showing its token to other users of the machine."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def opened(address: str) -> Iterator[bool]:
    """Open a browser at the address; whether one was found.

    A program's arguments can be read by everybody on the machine, so the browser is given a file that only its owner
    may read, which leads on to the address. It is gone when the block ends.
    """
    with TemporaryDirectory(prefix="rochallor-ui-") as folder:
        page = Path(folder) / "open.html"
        descriptor = os.open(page, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(
                "<!doctype html><meta charset=utf-8><title>rochallor ui</title>"
                f'<meta http-equiv="refresh" content="0;url={escape(address)}">'
                f'<a href="{escape(address)}">rochallor ui</a>'
            )
        yield webbrowser.open(page.as_uri())
