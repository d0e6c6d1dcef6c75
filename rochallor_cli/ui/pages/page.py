"""What a page is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rochallor_cli.errors import UsageError
from rochallor_cli.ui.reach import Found, Query, Reach


class UiPage(ABC):
    """One address. Windows that are at it share what was read.

    template: its file in templates/ and in templates/parts/. parts: the macros there, each a part of the page that
    changes while it is looked at. `read` runs in a thread, `values` gives the templates what they show.
    """

    template: ClassVar[str]
    parts: ClassVar[tuple[str, ...]]
    section: ClassVar[str]
    # What a look costs, in looks of `instances watch`, which are two requests.
    cost: ClassVar[float] = 1.0

    def __init__(self, reach: Reach, address: str) -> None:
        self.reach = reach
        self.address = address

    @abstractmethod
    def read(self) -> Found:
        """What is there now. Raises CliError and the SDK's errors."""

    @abstractmethod
    def values(self, found: Found) -> dict[str, Any]:
        """What the templates show of it."""

    @abstractmethod
    def title(self, found: Found) -> str:
        """What the window is called."""

    def every_s(self, found: Found) -> float:
        """How long it is left alone at least; what `instances list --watch` does."""
        return 2.0

    def state(self, found: Found) -> Any:
        """What has changed where something has happened at the engine: what is equal is nothing new."""
        return found

    def frame(self) -> dict[str, Any]:
        """What the page shows around its parts, known before anything is read."""
        return {}


def number_in(query: Query, name: str, default: int) -> int:
    """A number from 1 on in a query. Raises UsageError."""
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) < 1:
        raise UsageError(f"{name} {text!r} is no number from 1 on")
    return int(text)
