"""Jobs that kill the process they run in: what becomes of the others, of the job itself, and of the host."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.engines import running_engine
from support.waiting import wait_until
from support.worker_host import count_of, start_jobs, wait_until_completed, worker_host
from workflow_sdk.client.rest import RestEngineClient

pytestmark = pytest.mark.slow

# Good jobs are at work when the killer strikes, so that all of them are suspects.
HANDLERS = """
@registry.on_failure
HEARS hears(job, error, final):
    note(job, f"{type(error).__name__}-{final}")

@registry.handler("good")
def good(job):
    note(job)
    wait_for_file("struck")
    return {}

@registry.handler("killer")
def killer(job):
    note(job, "killed")
    while not os.path.exists(os.path.join(FOLDER, "go")):
        time.sleep(0.005)
    KILL
"""


def _handlers(kill: str, kind: str = "def") -> str:
    """The killer and the hook that hears of its failure are of one kind."""
    return HANDLERS.replace("KILL", kill).replace("HEARS", kind).replace("def killer", f"{kind} killer")


@pytest.fixture
def engine() -> Iterator[DevEngine]:
    with running_engine(lease_s=6.0, sweep_s=0.5) as running:
        yield running


@pytest.mark.parametrize(
    ("kill", "said", "options"),
    [
        ("os.abort()", "killed by SIGABRT", ("--supervised",)),
        ("os._exit(0)", "exit status 0", ("--processes", "1", "--max-jobs-per-process", "1000")),
    ],
)
def test_good_jobs_complete_and_the_killer_is_failed_for_good(
    place, engine, admin, kill, said, options
) -> None:
    place.write_handlers(_handlers(kill))
    arguments = ("-m", "handlers.py", "--parallelism", "8", "--max-job-deaths", "2", *options)
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(admin, "good", 4, retries=2)
        (bad,) = start_jobs(admin, "killer", 1, retries=2)
        wait_until(lambda: len(place.notes()) == 4 and place.notes("killed"), "all of them run")
        place.let_go("go")
        host.wait_for(f"ended ({said})")
        place.let_go("struck")
        wait_until_completed(admin, 4)
        wait_until(lambda: count_of(admin, "FAILED") == 1, "the killer is failed")
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    instance = admin.get_instance(bad)
    assert instance["failureReason"].startswith("2 processes died while this job ran")
    assert sum(place.notes("killed").values()) == 2
    assert sum(place.notes("NonRetryableError-True").values()) == 1, "the on_failure hook heard of it once"
    assert max(place.notes().values()) <= 2
    assert f"ended ({said}) while it ran 5 jobs" in host.said()
    assert f"of instance {bad}" in host.said()


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_job_that_ruins_its_process_and_returns_is_a_killer_too(place, engine, admin, kind) -> None:
    """Nothing runs when the process dies; of itself that would be a crash loop after five.

    As a library in C closes them: os.closerange leaves the host its own.
    """
    ruin = "import posix; posix.closerange(3, 65536); return {}"
    place.write_handlers(_handlers(ruin, kind))
    place.let_go("go")
    place.let_go("struck")
    arguments = ("-m", "handlers.py", "--supervised", "--max-job-deaths", "2")
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        (bad,) = start_jobs(admin, "killer", 1, retries=5)
        wait_until(lambda: count_of(admin, "FAILED") == 1, "the killer is failed")
        start_jobs(admin, "good", 2)
        wait_until_completed(admin, 2)
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert admin.get_instance(bad)["failureReason"].startswith("2 processes died while this job ran")
    # Which of the two the supervisor sees is a race.
    assert "1 job had just ended" in host.said() or "while it ran 1 job" in host.said()


def test_a_killer_is_known_by_its_step_where_each_delivery_has_an_id_of_its_own(place) -> None:
    place.write_handlers(_handlers("os.abort()", "async def"))
    place.let_go("go")
    place.let_go("struck")
    settings = {"lease_s": 6.0, "sweep_s": 0.5, "engine_version": "leases"}
    arguments = ("-m", "handlers.py", "--supervised", "--max-job-deaths", "2")
    with running_engine(**settings) as engine, RestEngineClient(engine.url) as admin:
        with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
            host.wait_for("ready")
            (bad,) = start_jobs(admin, "killer", 1, retries=5)
            start_jobs(admin, "good", 4, retries=5)
            wait_until(lambda: count_of(admin, "FAILED") == 1, "the killer is failed")
            wait_until_completed(admin, 4)
            host.send(signal.SIGTERM)
            assert host.wait() == 0, host.said()
        reason = admin.get_instance(bad)["failureReason"]
    assert reason.startswith("2 processes died while this job ran")
    assert sum(place.notes("killed").values()) == 2
    assert sum(place.notes("NonRetryableError-True").values()) == 1
    # The first death was in the worker's process, the second in one of its own.
    assert host.said().count("ended (killed by SIGABRT) while it ran") == 1


def test_the_python_stack_of_a_crash_is_in_the_log(place, engine, admin) -> None:
    # A signal sent to the process may meet another thread, and the job end before the process does.
    place.write_handlers(_handlers("__import__('ctypes').string_at(0)"))
    place.let_go("go")
    with worker_host(
        "-m", "handlers.py", "--supervised", "--max-job-deaths", "1", url=engine.url, folder=place.folder
    ) as host:
        host.wait_for("ready")
        start_jobs(admin, "killer", 1)
        host.wait_for("ended (killed by SIGSEGV) while it ran 1 job")
        host.wait_for("in killer")
    assert "Fatal Python error: Segmentation fault" in host.said()
