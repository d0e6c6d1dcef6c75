"""The order of branches in engines that have one."""

from __future__ import annotations

from collections.abc import Mapping

from rochallor_cli.dev_engine.go_json.writing import stored_rank


def in_branch_order(branches: Mapping[str, str]) -> dict[str, str]:
    """Branches in the order in which they are tried: that of the stored document, not the written one."""
    return {condition: branches[condition] for condition in sorted(branches, key=stored_rank)}
