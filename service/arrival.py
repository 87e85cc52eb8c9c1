"""When the request of this thread arrived, known before Flask knows of it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

# A reading of `time.monotonic`; None where nobody said, as outside gunicorn.
ARRIVED_AT: Final[ContextVar[float | None]] = ContextVar("arrived_at", default=None)
