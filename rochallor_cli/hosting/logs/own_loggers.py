"""Loggers that are the host's own: what handlers' modules do to logging changes nothing about them.

A module may configure logging as a program would: dictConfig disables every logger that exists, basicConfig(force=True)
takes away the root's handlers, and a handler or a record factory of its own may raise. The host's lines are needed most
when something is wrong, so they go to the host's handler directly; handlers of others get them, too, and cannot harm.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from rochallor_cli.errors import StopRequested

OWN = ("rochallor", "workflow_sdk")
# Those that modules make when they are needed.
_LATER = (
    "rochallor.host",
    "rochallor.stderr",
    "workflow_sdk.client",
    "workflow_sdk.handler.registry",
    "workflow_sdk.runner",
    "workflow_sdk.runner.kafka_source",
    "workflow_sdk.runner.kafka_dead_letters",
)
_UNSETTABLE = ("message", "asctime")


class OwnHandler(Protocol):
    """What own loggers write to."""

    def take(self, record: logging.LogRecord) -> None:
        """Write a record of our own, whatever filters others have put here."""
        ...


class OwnLogger(logging.Logger):
    """Asks nobody: neither `disabled`, nor levels, filters, handlers and record factories that others have set."""

    own_handler: ClassVar[OwnHandler | None] = None
    own_level: ClassVar[int] = logging.INFO

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the base class's name
        return level >= self.own_level or super().isEnabledFor(level)

    def makeRecord(  # noqa: N802 - the base class's name
        self,
        name: str,
        level: int,
        fn: str,
        lno: int,
        msg: object,
        args: Any,
        exc_info: Any,
        func: str | None = None,
        extra: Mapping[str, object] | None = None,
        sinfo: str | None = None,
    ) -> logging.LogRecord:
        record = logging.LogRecord(name, level, fn, lno, msg, args, exc_info, func, sinfo)
        known = vars(record)
        known.update(
            {key: value for key, value in (extra or {}).items() if key not in (*known, *_UNSETTABLE)}
        )
        return record

    def handle(self, record: logging.LogRecord) -> None:
        if self.own_handler is not None and record.levelno >= self.own_level:
            self.own_handler.take(record)
        if self.manager.disable < record.levelno:
            self._offer(record)

    def _offer(self, record: logging.LogRecord) -> None:
        """To the handlers of others, as far as they hold out."""
        own: object = self.own_handler
        logger: logging.Logger | None = self
        while logger is not None:
            for handler in list(logger.handlers):
                if handler is not own and record.levelno >= handler.level:
                    _offer(handler, record)
            logger = logger.parent


def _offer(handler: logging.Handler, record: logging.LogRecord) -> None:
    try:
        handler.handle(record)
    except StopRequested:
        raise
    except BaseException:  # noqa: BLE001 - a handler of the user's: sys.exit in it must not end the host either
        return


def own_loggers(handler: OwnHandler, *, level: str) -> None:
    """Make the loggers of host and SDK, those still to come included, ours."""
    OwnLogger.own_handler, OwnLogger.own_level = handler, logging.getLevelName(level.upper())
    known = [name for name in logging.Logger.manager.loggerDict if name.partition(".")[0] in OWN]
    for name in {*known, *_LATER}:
        logging.getLogger(name).__class__ = OwnLogger
