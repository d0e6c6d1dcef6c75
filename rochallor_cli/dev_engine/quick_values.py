"""Frozen dataclasses that searches and servers make by the hundred thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["quick_dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass as quick_dataclass
else:
    from dataclasses import dataclass

    def quick_dataclass(*, frozen: bool, slots: bool) -> object:
        """Frozen for the type checker only: Python's own guard makes each value three times as dear.

        A search is a third slower with it.
        """
        return dataclass(slots=slots, unsafe_hash=frozen)
