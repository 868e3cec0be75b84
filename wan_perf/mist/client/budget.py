"""The calls of one token in an hour: used, left, and reserved for live polls.

Belongs here: counting against the hourly limit, and its reset.
Keep out: what a call is for.

Mist counts by token and resets on the hour; no answer says how many calls are left. So the count is
read once and continued with the session's own, which includes failed attempts. Live polls are never
limited here: they are few, and a missed one cannot be repeated.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from wan_perf.mist.client.errors import HourUsedUpError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import floored
from wan_perf.mist.endpoints import catalogue

_HOUR = timedelta(hours=1)


class Budget:
    """The calls that a token has left in the hour.

    Args:
        session: Its calls are counted; its token's use is read now.
        now: The clock whose hours count, naive UTC.
        reserve: Calls an hour reserved for live polls.

    Raises:
        MistPermanentError: The use cannot be read, and could not another time.
        MistTransientError: The use cannot be read now.
    """

    def __init__(self, session: MistSession, now: Callable[[], datetime], reserve: int) -> None:
        self._session, self._now, self._reserve = session, now, reserve
        self._lock = threading.RLock()
        self._hour = floored(now(), _HOUR)
        usage = session.single(catalogue.USAGE)
        self._limit, self._before = usage.hourly_limit, usage.used
        self._claimed, self._sent = 0, session.calls

    @property
    def used(self) -> int:
        """Calls of this hour, including those claimed and not yet sent."""
        with self._lock:
            self._begin_hour()
            return self._before + max(self._claimed, self._session.calls - self._sent)

    @property
    def left(self) -> int:
        """Calls left in this hour beside the reserve."""
        return max(0, self._limit - self._reserve - self.used)

    def claim(self, calls: int = 1) -> None:
        """Take some of the calls that are left, all of them or none.

        Raises:
            HourUsedUpError: Too few are left in this hour.
        """
        with self._lock:
            if self.left < calls:
                now, again = self._now(), self._hour + _HOUR
                raise HourUsedUpError(
                    f"The hour's calls for what can wait are used up: {self.used:,} of "
                    f"{self._limit:,}, and {self._reserve:,} are reserved for live polls; "
                    f"go on at {again:%H:%M} UTC.",
                    max(0.0, (again - now).total_seconds()),
                )
            self._claimed += calls

    def _begin_hour(self) -> None:
        hour = floored(self._now(), _HOUR)
        if hour != self._hour:
            self._hour, self._before = hour, 0
            self._claimed, self._sent = 0, self._session.calls
