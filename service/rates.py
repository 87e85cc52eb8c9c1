"""How often each key may ask in one worker: a bucket of tokens for each, filled at the rate allowed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Rates:
    """Counts requests by key. A key may ask a second's worth at once. Safe between threads."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`rate` is in requests a second, 0 for any number."""
        self._rate = rate
        self._most = max(1.0, rate)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, key: str) -> float:
        """Take a token for a request of that key: 0, or without one the seconds until there is one again."""
        if not self._rate:
            return 0.0
        with self._lock:
            now = self._clock()
            tokens, since = self._buckets.get(key, (self._most, now))
            tokens = min(self._most, tokens + (now - since) * self._rate)
            taken = tokens >= 1.0
            self._buckets[key] = (tokens - 1.0 if taken else tokens), now
        return 0.0 if taken else (1.0 - tokens) / self._rate
