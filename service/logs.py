"""The service's log: JSON lines on stderr, without the values of local variables, among which secrets are."""

from __future__ import annotations

import sys

import structlog


def configure() -> None:
    """Make every line of this process's log so."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
