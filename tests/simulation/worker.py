"""SimulatedWorker: one process after the other under one worker id, as a supervisor keeps them."""

from __future__ import annotations

from simulation.worker_process import Surroundings, WorkerProcess


class SimulatedWorker:
    """`process` is the one that serves; those that it has replaced may still drain."""

    def __init__(self, name: str, world: Surroundings) -> None:
        self._name = name
        self._world = world
        # Whether it reaches no broker; the engine it does.
        self.is_cut = False
        self._parallelism = world.random.choice([2, 4, 16])
        self._starts = 0
        self._leaving: list[WorkerProcess] = []
        self.process = self._started()

    @property
    def name(self) -> str:
        """Of the process that serves."""
        return self.process.name

    def start(self) -> None:
        """The next process, unless somebody has started it already."""
        if not self.process.is_running:
            self.process = self._started()

    async def reload(self) -> None:
        """As a host does when its handlers have changed: a successor first, then the old process drains."""
        old, self.process = self.process, self._started()
        self._leaving.append(old)
        await old.drain()
        self._leaving.remove(old)

    async def drain(self, *, patience_s: float | None = None) -> None:
        """As SIGTERM does; and a second one, when patience is at its end."""
        await self.process.drain(patience_s=patience_s)

    @property
    def is_at_rest(self) -> bool:
        return not self._leaving and self.process.is_at_rest

    def check_at_rest(self) -> None:
        self.process.check_at_rest()

    def _started(self) -> WorkerProcess:
        self._starts += 1
        return WorkerProcess(
            f"{self._name}.{self._starts}",
            self._world,
            worker_id=self._name,
            parallelism=self._parallelism,
            is_cut=lambda: self.is_cut,
        )
