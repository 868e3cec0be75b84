"""The calls of one token in an hour: what is used, what is left, what is kept for live passes.

Belongs here: counting against the hourly limit, and when counting starts at 0.
Keep out: what a call is for.

Mist counts by token and begins at 0 on the hour of the clock; no answer says how many calls are
left. So the count is read once and carried on from the session's own: every attempt, also one that
failed. Live passes are never held back here: they are few, and a missed one is lost for good.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from wan_perf.mist import endpoints
from wan_perf.mist.clock import floored
from wan_perf.mist.errors import HourUsedUpError
from wan_perf.mist.session import MistSession

_HOUR = timedelta(hours=1)


class Budget:
    """What a token may still ask within the hour.

    Args:
        session: Its calls are counted; its token's use is read now.
        now: The clock by which hours pass, naive UTC.
        reserve: Calls an hour that are left to live passes.

    Raises:
        MistPermanentError: The use cannot be read, and could not another time.
        MistTransientError: The use cannot be read now.
    """

    def __init__(self, session: MistSession, now: Callable[[], datetime], reserve: int) -> None:
        self._session, self._now, self._reserve = session, now, reserve
        self._lock = threading.RLock()
        self._hour = floored(now(), _HOUR)
        usage = session.single(endpoints.USAGE)
        self._limit, self._before = usage.hourly_limit, usage.used
        self._claimed, self._sent = 0, session.calls

    @property
    def used(self) -> int:
        """Calls of this hour, those just allowed included."""
        with self._lock:
            self._begin_hour()
            return self._before + max(self._claimed, self._session.calls - self._sent)

    @property
    def left(self) -> int:
        """Calls that may still be made in this hour without touching the reserve."""
        return max(0, self._limit - self._reserve - self.used)

    def claim(self, calls: int = 1) -> None:
        """Take some of the calls that are left, all of them or none.

        Raises:
            HourUsedUpError: So many are not left before the next hour.
        """
        with self._lock:
            if self.left < calls:
                now, again = self._now(), self._hour + _HOUR
                raise HourUsedUpError(
                    f"The hour's calls for what can wait are used up: {self.used:,} of "
                    f"{self._limit:,}, and {self._reserve:,} are kept for live passes; "
                    f"go on at {again:%H:%M} UTC.",
                    max(0.0, (again - now).total_seconds()),
                )
            self._claimed += calls

    def _begin_hour(self) -> None:
        hour = floored(self._now(), _HOUR)
        if hour != self._hour:
            self._hour, self._before = hour, 0
            self._claimed, self._sent = 0, self._session.calls
