"""Whether processes have ended, for tests that end them."""

from __future__ import annotations

import psutil


def runs(pid: int) -> bool:
    """Whether a process still runs: one that waits for its parent to hear of its end has ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
