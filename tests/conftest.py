"""What holds for all tests."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.certificates import Certificates, certificates_in, make_certificates
from support.leftover_processes import end_with_this_run
from support.session_values import made_once
from workflow_sdk.known_secrets import forget_secrets

end_with_this_run()

# A busy machine must not fail a test: neither how long an example takes nor how long inventing it does counts.
settings.register_profile("rochallor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rochallor")

# A shell that runs the suite in the background has Ctrl-C ignored, and so would every process that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# nohup does the same to what tells a process that its terminal has gone.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage: thousands of tests are made, and all of them stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def no_tokens_of_other_tests() -> None:
    """What one test has read as a token is masked from then on, in the innocent words of the next one, too."""
    forget_secrets()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the whole run, also where it is spread over processes."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def certificates(run_folder: Path) -> Certificates:
    folder = run_folder / "certificates"
    return certificates_in(made_once(folder, lambda: make_certificates(folder)))
