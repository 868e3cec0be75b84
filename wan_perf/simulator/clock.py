"""What time it is in the simulated cloud. It never goes backwards.

Belongs here: the virtual clock and the hourly budget that is counted on it.
Keep out: what the time means to anybody.
"""

import math
import threading
import time
from collections import Counter
from datetime import datetime

from wan_perf.simulator.instants import HOUR, epoch, naive_utc


class Clock:
    """A clock that stands until it is advanced, or ticks with the real one."""

    def __init__(self, now: datetime, *, ticking: bool = False) -> None:
        """Start at a naive UTC instant."""
        self.ticking = ticking
        # One tuple, so that a reader in another thread never sees half of a move.
        self._anchor = (epoch(now), time.monotonic())
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Give the virtual instant, naive UTC."""
        return naive_utc(self.seconds())

    def seconds(self) -> float:
        """Give the virtual instant [epoch s]."""
        seconds, set_at = self._anchor
        return seconds + (time.monotonic() - set_at if self.ticking else 0.0)

    def advance_to(self, instant: datetime) -> None:
        """Move forward to a naive UTC instant.

        Raises:
            ValueError: the instant lies in the clock's past.
        """
        with self._lock:
            now, then = self.seconds(), epoch(instant)
            if then < now:
                raise ValueError(
                    f"The clock stands at {naive_utc(now).isoformat()} and never goes backwards; "
                    f"{instant.isoformat()} has passed."
                )
            self._anchor = (then, time.monotonic())


class Budget:
    """The calls of each token in the current virtual hour; it starts at 0 on the hour."""

    def __init__(self, hourly_limit: int) -> None:
        """Allow so many calls per token and hour."""
        self.hourly_limit = hourly_limit
        self._hour = -1
        self._spent: Counter[str] = Counter()

    def spend(self, token: str, at: float) -> bool:
        """Count one call at an epoch second; False where the token's hour is used up."""
        hour = int(at // HOUR)
        if hour != self._hour:
            self._hour = hour
            self._spent.clear()
        if self._spent[token] >= self.hourly_limit:
            return False
        self._spent[token] += 1
        return True

    def spent(self, token: str) -> int:
        """Give the calls that were allowed to a token in the hour of the latest call."""
        return self._spent[token]

    @staticmethod
    def seconds_to_next_hour(at: float) -> int:
        """Give the whole seconds until budgets start at 0, at least 1 [s]."""
        return math.ceil(HOUR - at % HOUR)
