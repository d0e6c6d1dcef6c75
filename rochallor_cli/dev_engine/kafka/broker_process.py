"""The embedded broker's own process: a mock cluster, told what to do by lines of JSON on its standard input.

It prints its address, then one line for each command, and leaves at the end of its input, so that it never
outlives the process that started it.
"""

from __future__ import annotations

import json
import signal
import sys

from rochallor_cli.dev_engine.kafka.mock_cluster import MockCluster

COMMANDS = frozenset(
    {"create_topic", "set_join_delay", "set_down", "set_up", "set_round_trip", "push_errors", "clear_errors"}
)


def answer(cluster: MockCluster, line: str) -> dict[str, str]:
    """Run one command, `[name, argument, ...]`, and say what came of it."""
    name, *arguments = json.loads(line)
    if name not in COMMANDS:
        return {"error": f"no command {name}"}
    try:
        getattr(cluster, name)(*arguments)
    except RuntimeError as error:
        return {"error": str(error)}
    return {}


def main() -> None:
    """Serve until the input ends. Ctrl-C reaches the whole group and is the parent's to act on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cluster = MockCluster()
    print(cluster.address, flush=True)  # noqa: T201 - standard output is the channel to the parent
    for line in sys.stdin:
        print(json.dumps(answer(cluster, line)), flush=True)  # noqa: T201 - as above


if __name__ == "__main__":
    main()
