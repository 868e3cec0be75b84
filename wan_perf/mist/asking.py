"""Asking a cloud that may be ill: what is waited for, what is left out, and why.

Belongs here: patience with one call, and what one stream's failure means for the next.
Keep out: what is asked for (`collecting`), what an answer means.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from wan_perf.mist.cadence import Stream, is_due
from wan_perf.mist.clock import Clock
from wan_perf.mist.endpoints import Endpoint
from wan_perf.mist.errors import (
    HourUsedUpError,
    MistAnswerError,
    MistPermanentError,
    MistTransientError,
)
from wan_perf.mist.instants import EPOCH
from wan_perf.mist.records import Report
from wan_perf.mist.session import MistSession

LONGEST_WAIT_S = 60
"""A longer wait would run into the next pass."""
AT_ONCE = 8
"""Calls under way together; one after the other 20,000 calls would take hours."""
Answer = TypeVar("Answer")


def patiently(clock: Clock, call: Callable[[], Answer]) -> Answer:
    """What the call gives; where the cloud asks for a short pause it is made again after it, once.

    Raises:
        MistPermanentError: The call would fail again.
        MistTransientError: The call may succeed later.
    """
    try:
        return call()
    except MistTransientError as error:
        if error.retry_after is None or error.retry_after > LONGEST_WAIT_S:
            raise
        clock.wait(error.retry_after)
        return call()


def newest(session: MistSession, endpoint: Endpoint[Report], heard_at: datetime) -> list[Report]:
    """The newest statistics, all pages of them, but for those from the future.

    Raises:
        MistPermanentError: A call would fail again, or an answer has not the known shape.
        MistTransientError: A call may succeed later.
    """
    told = session.rows(endpoint)
    return session.kept_out.in_time(endpoint.path, told, lambda row: row.sampled_at, heard_at)


@dataclass
class Asking:
    """The streams of some passes, each asked on its own: one that fails leaves the others alone.

    Attributes:
        missed: Why a stream of a pass was not had.
    """

    session: MistSession
    clock: Clock
    missed: dict[tuple[datetime, Stream], MistPermanentError | MistTransientError] = field(
        default_factory=dict
    )
    _refused: dict[Stream, MistPermanentError] = field(default_factory=dict)
    _used_up: HourUsedUpError | None = None
    _silent_until: datetime = EPOCH
    _silent_pass: datetime = EPOCH

    def rows(
        self, stream: Stream, endpoint: Endpoint[Report], pass_at: datetime
    ) -> list[Report] | None:
        """All rows, every page of them; None where the stream is not due or was missed.

        A stream that was refused is not asked again, but one whose answer has a wrong shape is: one
        gateway's odd word may be gone by the next pass. Nothing is asked while the hour's calls are
        used up: until the instant that the cloud names, or for the rest of the pass.
        """
        if not is_due(stream, pass_at):
            return None
        ended = self._refused.get(stream) or self._silence(pass_at)
        if ended is not None:
            self.missed[pass_at, stream] = ended
            return None
        try:
            return patiently(self.clock, lambda: newest(self.session, endpoint, pass_at))
        except MistAnswerError as error:
            self.missed[pass_at, stream] = error
        except MistPermanentError as error:
            self._refused[stream] = self.missed[pass_at, stream] = error
        except MistTransientError as error:
            self.missed[pass_at, stream] = error
            if isinstance(error, HourUsedUpError):
                self._fall_silent(error, pass_at)
        return None

    def _silence(self, pass_at: datetime) -> HourUsedUpError | None:
        if self._used_up is None:
            return None
        if pass_at == self._silent_pass or self.clock.now() < self._silent_until:
            return self._used_up
        return None

    def _fall_silent(self, error: HourUsedUpError, pass_at: datetime) -> None:
        self._used_up, self._silent_pass = error, pass_at
        if error.retry_after is not None:
            self._silent_until = self.clock.now() + timedelta(seconds=error.retry_after)
