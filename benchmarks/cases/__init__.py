"""One module per family of cases; ``CASES`` names them all in the order they are run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.bench import Bench
from benchmarks.cases import drain
from benchmarks.results import Result


@dataclass(frozen=True)
class Case:
    """A name for ``--case``, what it is about, and the function that measures it."""

    name: str
    about: str
    run: Callable[[Bench], Iterator[Result]]


CASES = (
    Case("null", "the null engine's own limit, beside the requests of the fastest client", drain.null_limit),
    Case("drain", "no-op jobs as fast as they come", drain.no_op),
    Case("handler", "jobs whose handler takes 20 ms", drain.handler_20ms),
    Case("chain", "instances of three steps in a row", drain.chains),
)
