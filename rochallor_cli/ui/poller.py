"""One poller for all windows: what they look at is read in turn, never more often than the commands would read it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from rochallor_cli.instances.polling import SLOWEST_S, PollInterval
from rochallor_cli.ui.pages.page import UiPage

# Looked at by nobody any more, and kept in case somebody comes back.
_MOST_KEPT = 64
# A look that took its time is not taken again at once, whatever it was for.
_REST = 4.0


@dataclass(frozen=True)
class Part:
    """A part of a page as HTML, and a mark that changes with it."""

    mark: str
    html: str


@dataclass(frozen=True)
class PageSnapshot:
    """What was found at a page's address.

    parts: empty where nothing is known yet. trouble: why there is nothing newer, and whether that may pass.
    """

    parts: dict[str, Part] = field(default_factory=dict)
    title: str = ""
    at: datetime | None = None
    trouble: str = ""
    hint: str = ""
    status: int = 200
    every_s: float = 0.0
    # What was found, and by what of it is known whether anything has happened.
    found: object = None
    state: object = None

    @property
    def seen(self) -> tuple[dict[str, Part], str]:
        return self.parts, self.trouble


Reader = Callable[[UiPage, PageSnapshot], Awaitable[PageSnapshot]]


class WatchedPage:
    """A page that somebody looks at: its latest look, and who waits for the next."""

    def __init__(self, page: UiPage) -> None:
        self.page = page
        self.look = PageSnapshot()
        self.number = 0
        self.windows = 0
        self.read_s = float("-inf")
        self.took_s = 0.0
        self.reading = asyncio.Lock()
        self._changed = asyncio.Event()

    @property
    def due_s(self) -> float:
        """When it may be looked at again, by the loop's clock."""
        # Whether an engine that hung is back is asked as often as of one that refuses.
        rest_s = 0.0 if self.look.trouble else self.took_s * _REST
        return self.read_s + max(self.look.every_s, rest_s)

    def take(self, look: PageSnapshot) -> bool:
        """Keep a look, and tell of it where it shows anything new; whether something has happened at the engine."""
        last, self.look = self.look, look
        is_first = self.number == 0
        if is_first or look.seen != last.seen:
            self.number += 1
            self._changed.set()
            self._changed = asyncio.Event()
        return look.state != last.state and not is_first

    async def beyond(self, number: int) -> int:
        """The number of the first look that is newer than this one."""
        while self.number <= number:
            await self._changed.wait()
        return self.number


class Poller:
    """Reads what windows look at. `read` takes a page and its last look, and never raises."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._subjects: dict[str, WatchedPage] = {}
        self._watched = asyncio.Event()

    def subject(self, page: UiPage) -> WatchedPage:
        """What is known at a page's address; windows at one address share it."""
        found = self._subjects.pop(page.address, None) or WatchedPage(page)
        self._subjects[page.address] = found
        unseen = [each for each in self._subjects.values() if not each.windows and each is not found]
        for old in unseen[: max(len(self._subjects) - _MOST_KEPT, 0)]:
            del self._subjects[old.page.address]
        return found

    async def looked_at(self, page: UiPage) -> PageSnapshot:
        """A look for somebody who has just come; one of this second serves."""
        subject = self.subject(page)
        async with subject.reading:
            if self._now - subject.read_s > SLOWEST_S or subject.look.trouble:
                await self._take(subject)
        return subject.look

    def outdate(self) -> None:
        """Something was done from here: whoever comes now is not shown what was before."""
        for subject in self._subjects.values():
            subject.read_s = float("-inf")

    @contextmanager
    def watched(self, page: UiPage) -> Iterator[WatchedPage]:
        """A subject that is read again and again while the block runs."""
        subject = self.subject(page)
        subject.windows += 1
        self._watched.set()
        try:
            yield subject
        finally:
            subject.windows -= 1

    async def run(self) -> None:
        """Read what is watched, the one that has waited longest first, with the pauses of `instances watch`."""
        pauses = PollInterval()
        while True:
            subject = await self._next()
            async with subject.reading:
                changed = await self._take(subject)
            pauses.take(changed=changed)
            await asyncio.sleep(pauses.next_s * subject.page.cost)

    async def _next(self) -> WatchedPage:
        while True:
            watched = [subject for subject in self._subjects.values() if subject.windows]
            if not watched:
                self._watched.clear()
                await self._watched.wait()
                continue
            first = min(watched, key=lambda subject: subject.due_s)
            wait_s = first.due_s - self._now
            if wait_s <= 0:
                return first
            # Somebody may come meanwhile to something that is due before.
            await asyncio.sleep(min(wait_s, SLOWEST_S / 4))

    async def _take(self, subject: WatchedPage) -> bool:
        began_s = self._now
        look = await self._read(subject.page, subject.look)
        subject.read_s = self._now
        subject.took_s = subject.read_s - began_s
        return subject.take(look)

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()
