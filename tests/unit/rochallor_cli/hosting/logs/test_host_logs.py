"""Log lines of the host."""

import io
import json
import logging
import os
import threading
from types import SimpleNamespace

import pytest

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.hosting.config.host_config import HostConfig, KafkaAccess
from rochallor_cli.hosting.logs.log_lines import configure_logging
from rochallor_cli.hosting.logs.printed_output import LinesOutput
from rochallor_cli.hosting.logs.safe_values import LONGEST_TEXT, LONGEST_VALUE
from rochallor_cli.output.text_width import CONTROL_CHARACTERS
from workflow_sdk.client.bearer import bearer_token
from workflow_sdk.known_secrets import keep_secret

JOB = SimpleNamespace(job_id="01JOB", job_type="credit-score", instance_id="01INST")


@pytest.fixture
def root():
    """The root logger, put back afterwards."""
    logger = logging.getLogger()
    before = list(logger.handlers), logger.level
    yield logger
    logger.handlers[:], level = before
    logger.setLevel(level)


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def configured(
    log_format="text", *, level="info", job=None, with_time=False, workers=(), name_workers=False
) -> io.StringIO:
    stream = io.StringIO()
    configure_logging(
        stream,
        log_format,
        level=level,
        with_time=with_time,
        current_job=lambda: job,
        workers=workers,
        name_workers=name_workers,
    )
    return stream


def test_text_lines_name_the_level_unless_it_is_info(root) -> None:
    stream = configured()
    logging.getLogger("app").info("ready (%d ms)", 31)
    logging.getLogger("app").warning("engine unreachable")
    logging.getLogger("app").debug("not shown")
    assert lines(stream) == ["ready (31 ms)", "WARNING engine unreachable"]


def test_text_lines_begin_with_the_time_where_nobody_else_adds_it(root) -> None:
    stream = configured(with_time=True)
    logging.getLogger("app").info("ready")
    assert lines(stream)[0].endswith("Z ready")
    assert lines(stream)[0][:2] == "20"


def test_a_handlers_own_lines_say_which_job_they_belong_to(root) -> None:
    stream = configured(job=JOB)
    logging.getLogger("app").info("asking the bureau")
    assert lines(stream) == ["asking the bureau  (credit-score job 01JOB, instance 01INST)"]


def test_json_lines_carry_the_job_and_extra_fields_as_fields(root) -> None:
    stream = configured("json", job=JOB, workers=["web-3"])
    logging.getLogger("app").warning("slow: %s", "bureau", extra={"took_s": 1.5, "thing": object})
    entry = json.loads(stream.getvalue())
    assert entry.pop("time").endswith("Z")
    assert entry.pop("thing").startswith("<class")
    assert entry == {
        "level": "warning",
        "logger": "app",
        "message": "slow: bureau",
        "worker": "web-3",
        "took_s": 1.5,
        "job_id": "01JOB",
        "job_type": "credit-score",
        "instance_id": "01INST",
    }


def test_a_record_that_names_its_job_keeps_it(root) -> None:
    stream = configured("json", job=JOB)
    logging.getLogger("app").info("report refused", extra={"job_id": "OTHER"})
    assert json.loads(stream.getvalue())["job_id"] == "OTHER"


def test_a_json_record_with_a_traceback_stays_one_line(root) -> None:
    stream = configured("json")
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("app").exception("handler failed")
    assert len(lines(stream)) == 1
    assert "ValueError: two\nlines" in json.loads(stream.getvalue())["exception"]


class Exiting:
    def __str__(self) -> str:
        raise SystemExit


class ExitingError(Exiting, Exception):
    pass


def test_a_log_call_that_cannot_be_formatted_is_named_and_harms_nobody(root) -> None:
    stream = configured()
    logging.getLogger("app").info("%d jobs", "seven")
    assert "test_host_logs.py" in lines(stream)[0]
    assert "cannot be formatted" in lines(stream)[0]
    logging.getLogger("app").info("done by %s", Exiting())
    assert "cannot be formatted" in lines(stream)[1]
    try:
        raise ExitingError
    except ExitingError:
        logging.getLogger("app").exception("failed")
    assert lines(stream)[2] == "ERROR failed"
    assert "ExitingError: <exception str() failed>" in lines(stream)[-1]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_form_of_a_line_stays_whatever_formatter_others_set(root, log_format: str) -> None:
    stream = configured(log_format)
    logging.getLogger("app").info("before")
    for handler in root.handlers:
        handler.setFormatter(logging.Formatter("%(nope)s"))
    logging.getLogger("app").info("behind")
    before, behind = lines(stream)
    assert behind.partition(":")[0] == before.partition(":")[0].replace("before", "behind")
    assert (json.loads(behind)["message"] if log_format == "json" else behind) == "behind"


def test_a_text_that_is_never_made_holds_up_no_other_line(root) -> None:
    begun, end = threading.Event(), threading.Event()

    class Waiting:
        def __str__(self) -> str:
            begun.set()
            end.wait(60)
            return "at last"

    stream = configured()
    thread = threading.Thread(target=logging.getLogger("app").info, args=("%s", Waiting()))
    thread.start()
    assert begun.wait(60)
    logging.getLogger("app").info("meanwhile")
    assert lines(stream) == ["meanwhile"]
    end.set()
    thread.join(60)
    assert lines(stream) == ["meanwhile", "at last"]


class Unreadable:
    def __str__(self) -> str:
        raise LookupError("no text")

    __repr__ = __str__


ODD_EXTRAS = [
    {"job_id": Unreadable()},
    {"worker": Exiting()},
    {"thing": Exiting()},
    {"worker": Unreadable()},
    {"big": 10**5_000},
    {"deep": {"big": [10**5_000]}},
    {("a", "key"): 1},
    {7: 1},
    {"half": "\ud800", "\ud800": 1},
    {"nan": [float("nan")], "inf": float("-inf")},
    {"self": vars()},
    {"levelname": 3, "time": "1999", "level": "FORGED"},
]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_whatever_a_record_holds_is_one_line_and_no_harm_to_its_caller(root, log_format: str) -> None:
    stream = configured(log_format, name_workers=True)
    for extra in ODD_EXTRAS:
        record = logging.LogRecord("app", logging.ERROR, "shop.py", 7, "bought", (), None)
        vars(record).update(extra)
        logging.getLogger("app").handle(record)
    said = lines(stream)
    assert len(said) == len(ODD_EXTRAS)
    for line in said:
        assert "bought" in line or "a log record of shop.py:7 cannot be written" in line
        if log_format == "json":
            assert json.loads(line, parse_constant=pytest.fail)["level"] == "error"


def test_libraries_that_log_each_request_are_quiet_below_debug(root) -> None:
    stream = configured()
    logging.getLogger("httpx").info("HTTP Request: POST /v1/jobs/poll")
    assert lines(stream) == []


def test_a_full_disk_stops_nothing_and_lost_lines_are_counted(root) -> None:
    with open("/dev/full", "w") as full:
        configure_logging(full, "text", level="info", with_time=False, current_job=lambda: None)
        for _ in range(3):
            logging.getLogger("app").info("lost")
        handler = root.handlers[0]
        read_end, write_end = os.pipe()
        handler._descriptor = write_end  # the disk has room again
        logging.getLogger("app").info("back")
    assert os.read(read_end, 1000) == b"WARNING 3 log lines could not be written\nback\n"
    os.close(read_end)
    os.close(write_end)


def test_lines_of_several_workers_in_one_process_are_told_apart_by_their_threads(root) -> None:
    stream = configured(workers=["web", "web-2"], name_workers=True)

    def say() -> None:
        logging.getLogger("workflow_sdk.runner").info("drained")

    for name in ("web loop", "web-2 loop", "worker web-2", "somebody"):
        thread = threading.Thread(target=say, name=name)
        thread.start()
        thread.join()
    assert lines(stream) == ["web: drained", "web-2: drained", "web-2: drained", "drained"]


def test_levels_are_coloured_where_that_is_wished_for(root) -> None:
    stream = io.StringIO()
    configure_logging(stream, "text", level="info", with_time=False, current_job=lambda: None, colored=True)
    logging.getLogger("app").warning("engine unreachable")
    logging.getLogger("app").info("ready")
    assert lines(stream) == ["\x1b[33mWARNING\x1b[0m engine unreachable", "ready"]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_nothing_in_a_line_is_obeyed_by_a_terminal_and_no_token_stands_in_it(root, log_format: str) -> None:
    hostile = "".join(CONTROL_CHARACTERS - {"\t", "\n"})
    bearer = bearer_token("s3cret-Zq9", None, None)
    assert bearer is not None
    bearer.current()
    stream = io.StringIO()
    configure_logging(
        stream, log_format, level="info", with_time=True, current_job=lambda: None,
        workers=[f"w{hostile}"], name_workers=True,
    )  # fmt: skip
    logging.getLogger("x").warning(
        "a %s b s3cret-Zq9 c", hostile, extra={"job_id": hostile, "field": hostile}
    )
    shown = stream.getvalue().removesuffix("\n")
    assert [character for character in hostile if character in shown] == []
    assert "b *** c" in shown


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_of_the_configuration_stands_in_a_line_whoever_writes_it(root, log_format: str) -> None:
    access = EngineAccess(
        url="http://u:pass-Zq1@engine",
        token="tok-Zq2",
        headers={"X-Key": 'he"ad-Zq3', "Authorization": "Basic bas-Zq4"},
    )
    kafka = KafkaAccess("b:1", {"sasl.password": 'sä"sl-Zq5', "ssl.key.pem": "pem-Zq6", "group.id": "shown"})
    config = HostConfig(access, (), kafka)
    stream = io.StringIO()
    configure_logging(
        stream, log_format, level="info", with_time=True, current_job=lambda: None, secrets=config.secrets
    )
    logging.getLogger("theirs").warning("%s", [access.url, access.token, kafka.config["group.id"]])
    try:
        raise ValueError(f"{access.headers['X-Key']} bas-Zq4")
    except ValueError:
        logging.getLogger("theirs").exception('sä"sl-Zq5', extra={"key": "pem-Zq6"})
    assert "Zq" not in stream.getvalue()
    assert "shown" in stream.getvalue()


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("longest", [LONGEST_VALUE, LONGEST_TEXT])
def test_no_secret_is_cut_in_two_where_a_line_is_too_long(root, log_format: str, longest: int) -> None:
    secret = 'Zq-s3cr"t'
    stream = io.StringIO()
    configure_logging(
        stream, log_format, level="info", with_time=True, current_job=lambda: None, secrets=[secret]
    )
    for before in range(longest - 20, longest):
        text = "x" * before + secret + "y" * 50
        try:
            raise ValueError(text)
        except ValueError:
            logging.getLogger("theirs").exception("%s", text, extra={"one": text, "many": [text]})
    assert "Zq" not in stream.getvalue()


def test_a_line_that_does_not_end_is_said_in_pieces_that_part_no_secret() -> None:
    keep_secret("Zq-s3cret")
    said: list[str] = []
    output = LinesOutput(2, said.append)
    text = "Zq-s3cret Zq-s3cret ä " * 4000
    for begin in range(0, len(text.encode()), 997):
        output.write(text.encode()[begin : begin + 997])
    output.end_line()
    assert "".join(said) == text
    assert len(said) > 3
    assert "Zq" not in "".join(piece.replace("Zq-s3cret", "") + " " for piece in said)
