"""Run a command and end it when standard input closes: `python -m benchmarks.leash COMMAND …`.

For programs that would outlive a killed harness because they do not watch their standard input.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

GRACE_S = 5.0


def main() -> int:
    """Pass the command's output through; its exit status is ours."""
    # A group of its own: Ctrl-C reaches the harness alone, which then closes our standard input.
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_end_with_stdin, args=(child,), daemon=True).start()
    return child.wait()


def _end_with_stdin(child: subprocess.Popen[bytes]) -> None:
    sys.stdin.read()
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
