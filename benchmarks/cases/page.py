"""The page of `rochallor ui`: from the command to its first address, and from an address to a list's rows."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.bench import Bench
from benchmarks.engines import ROCHALLOR, dev_engine
from benchmarks.processes import Child, module_command
from benchmarks.results import Result, Sample
from benchmarks.workflows import chain, start_many, upload

INSTANCES = 1_000
GOAL_MS = 1_000.0


@dataclass
class Visit:
    """A browser's part of the conversation: one connection, and the cookie once it is let in."""

    address: str
    cookie: str = ""
    took_ms: list[float] = field(default_factory=list)

    def get(self, path: str) -> str:
        """A page whole; how long it took is kept."""
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        begun_s = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": self.cookie} if self.cookie else {})
        answer = connection.getresponse()
        text = answer.read().decode()
        self.took_ms.append((time.perf_counter() - begun_s) * 1000)
        self.cookie = self.cookie or answer.headers.get("Set-Cookie", "").partition(";")[0]
        connection.close()
        return text


def first_rows(bench: Bench) -> Iterator[Result]:
    """Rows are counted, so that an empty page would not pass for a quick one."""
    result = Result("page", "dev", f"The page of `rochallor ui` over {INSTANCES:,} instances")
    with dev_engine() as engine:
        definition = chain(1, "page")
        start_many(engine, upload(engine, definition), INSTANCES)
        for _ in range(bench.rounds_of(quick=2, full=5)):
            result.samples.append(Sample("rochallor ui", _one_visit(engine.url, definition["id"])))
    slowest = max(result.values("rochallor ui", "first_rows_ms"))
    held = "held" if slowest <= GOAL_MS else "MISSED"
    result.notes.append(f"first rows after {slowest:.0f} ms at most, goal ≤ {GOAL_MS:.0f} ms: {held}")
    yield result


def _one_visit(url: str, definition_id: str) -> dict[str, float]:
    python = module_command("benchmarks.leash")[0]
    ui = (*ROCHALLOR, "ui", "-o", "json", "--engine-url", url)
    begun_s = time.perf_counter()
    with Child(module_command("benchmarks.leash", python, *ui)) as child:
        visit = Visit(child.read()["url"])
        ready_ms = (time.perf_counter() - begun_s) * 1000
        visit.get(visit.address.partition(str(urlsplit(visit.address).netloc))[2])
        for size in (50, INSTANCES):
            text = visit.get(f"/instances?definition={definition_id}&size={size}")
            assert text.count("<tr>") == size + 1, "a row for each, and the heading"
    _, first_ms, thousand_ms = visit.took_ms
    return {"ready_ms": ready_ms, "first_rows_ms": first_ms, "thousand_rows_ms": thousand_ms}
