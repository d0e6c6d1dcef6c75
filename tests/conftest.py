"""What holds for all tests."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

from support.stragglers import end_with_this_run

GUARD = end_with_this_run()

# A busy machine must not fail a test: neither how long an example takes nor how long inventing it does counts.
settings.register_profile("rochallor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rochallor")

# A shell that runs the suite in the background has Ctrl-C ignored, and so would every process that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
