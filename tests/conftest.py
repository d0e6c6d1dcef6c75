"""What holds for all tests."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

from support.stragglers import end_with_this_run
from workflow_sdk.client.bearer import forget_tokens

GUARD = end_with_this_run()

# A busy machine must not fail a test: neither how long an example takes nor how long inventing it does counts.
settings.register_profile("rochallor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rochallor")

# A shell that runs the suite in the background has Ctrl-C ignored, and so would every process that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_tokens_of_other_tests() -> None:
    """What one test has read as a token is masked from then on, in the innocent words of the next one, too."""
    forget_tokens()
