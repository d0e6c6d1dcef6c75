"""Loggers of handlers and their libraries, kept in use whatever a module or a job configures."""

from __future__ import annotations

import logging

_root = logging.getLogger()


class LoggersInUse:
    """Loggers that no `dictConfig` of others switches off, and handlers of the root that none takes away.

    Its default disables each logger that exists. One of the host's own shows that: it obeys nobody, and is marked.
    """

    def __init__(self) -> None:
        """To be made before handlers are imported, and told of it afterwards."""
        self._mark = logging.getLogger("rochallor.host")
        self._handlers = list(_root.handlers)
        self._off = {name for name, logger in _loggers() if logger.disabled}

    def keep_imported(self) -> list[str]:
        """Handlers were imported. What their modules have put in the place of the root's handlers stays."""
        found = self._put_on_again()
        if logging.root.manager.disable:
            logging.disable(logging.NOTSET)
            found.append("logging.disable")
        if not _root.handlers:
            _root.handlers[:] = self._handlers
        self._handlers = list(_root.handlers)
        self._off = {name for name, logger in _loggers() if logger.disabled}
        return found

    def put_back(self, *, others_run: bool) -> list[str]:
        found = self._put_on_again()
        if all(handler in _root.handlers for handler in self._handlers):
            return found
        _root.handlers[:] = self._handlers
        return [*found, "the root logger's handlers"]

    def _put_on_again(self) -> list[str]:
        if not self._mark.disabled and not _root.disabled:
            return []
        _root.disabled = False
        for name, logger in _loggers():
            if name not in self._off:
                logger.disabled = False
        return ["loggers"]


def _loggers() -> list[tuple[str, logging.Logger]]:
    known = list(_root.manager.loggerDict.items())
    return [(name, logger) for name, logger in known if isinstance(logger, logging.Logger)]
