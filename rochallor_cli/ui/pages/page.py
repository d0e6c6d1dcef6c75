"""What a page is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from rochallor_cli.errors import UsageError
from rochallor_cli.ui.page_engine import Found, PageEngine, Query

_LARGEST = 999_999_999
# What a field of a filter takes: with all of them full, an address still fits into a request, and its events' as well.
LONGEST_FIELD = 300


class UiPage(ABC):
    """One address. Windows that are at it share what was read.

    template: its file in templates/ and in templates/parts/. parts: the macros there, each a part of the page that
    changes while it is looked at. `read` runs in a thread, `values` gives the templates what they show. wrong: by the
    name of its field, what of the query was not understood; nothing is read then.
    """

    template: ClassVar[str]
    parts: ClassVar[tuple[str, ...]]
    section: ClassVar[str]
    # What a look costs, in looks of `instances watch`, which are two requests.
    cost: ClassVar[float] = 1.0

    def __init__(self, page_engine: PageEngine, address: str) -> None:
        self.page_engine = page_engine
        self.address = address
        self.wrong: dict[str, UsageError] = {}

    @property
    def name(self) -> str:
        """What the window is called before anything is known."""
        return self.section.capitalize()

    @abstractmethod
    def read(self) -> Found:
        """What is there now. Raises CliError and the SDK's errors."""

    @abstractmethod
    def values(self, found: Found) -> dict[str, Any]:
        """What the templates show of it."""

    def title(self, found: Found) -> str:
        """What the window is called."""
        return self.name

    def every_s(self, found: Found) -> float:
        """How long it is left alone at least; what `instances list --watch` does."""
        return 2.0

    def state(self, found: Found) -> Any:
        """What has changed where something has happened at the engine: what is equal is nothing new."""
        return found

    def frame(self) -> dict[str, Any]:
        """What the page shows around its parts, known before anything is read."""
        return {}

    def number(self, query: Query, name: str, *, most: int = _LARGEST) -> int | None:
        """A number from 1 on in the query; None where there is none, and where it is wrong."""
        text = query.get(name, "")
        if not text:
            return None
        if text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST)) and 1 <= int(text) <= most:
            return int(text)
        bounds = "from 1 on" if most == _LARGEST else f"from 1 to {most:,}"
        self.wrong[name] = UsageError(f"{name.capitalize()} {text!r} is no number {bounds}")
        return None
