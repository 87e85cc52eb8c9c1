"""The service's log: JSON lines in ASCII on stderr, without the values of local variables, among which secrets are."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Literal

import structlog
from gunicorn.glogging import Logger
from structlog.typing import Processor

MAX_LINES: Final = 100

Level = Literal["debug", "info", "warning", "error"]

_COMMON: Final[tuple[Processor, ...]] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_LAST: Final[tuple[Processor, ...]] = (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())


def configure(level: Level) -> None:
    """Make every line of this process's log so: ours from that level on, those of libraries from warnings on."""
    structlog.configure(
        processors=[*_COMMON, *_LAST],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)


def _formatter() -> logging.Formatter:
    named: Processor = structlog.stdlib.add_logger_name
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_COMMON, named],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_LAST],
    )


class GunicornLog(Logger):
    """gunicorn's own log, in the same form."""

    def setup(self, cfg: Any) -> None:
        """gunicorn sets its log up here."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(_formatter())


class Budget:
    """So many lines a second and no more: who sends many bad requests fills no disk. Safe between threads."""

    def __init__(self, lines: int = MAX_LINES, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` reads seconds that only go forward."""
        self._lines = lines
        self._clock = clock
        self._lock = threading.Lock()
        self._second = float("-inf")
        self._left = 0
        self._omitted = 0

    def take(self) -> int | None:
        """How many lines were left out since the last one; None where this one must be too."""
        with self._lock:
            if self._clock() - self._second >= 1:
                self._second, self._left = self._clock(), self._lines
            if self._left == 0:
                self._omitted += 1
                return None
            self._left -= 1
            omitted, self._omitted = self._omitted, 0
            return omitted
