"""Polling a cloud that may fail: which calls are retried, which streams are skipped, and why.

Belongs here: the retry of one call, and what one stream's failure means for the next poll.
Keep out: what is requested (`polls`), what an answer means.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from wan_perf.mist.client.errors import (
    HourUsedUpError,
    MistAnswerError,
    MistPermanentError,
    MistTransientError,
)
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.cadence import Stream, is_due
from wan_perf.mist.collect.clock import Clock
from wan_perf.mist.endpoints.catalogue import Endpoint
from wan_perf.mist.endpoints.instants import EPOCH
from wan_perf.mist.endpoints.records.statistics import Report

LONGEST_WAIT_S = 60
"""A longer wait would overlap the next poll."""
AT_ONCE = 8
"""Concurrent calls; one after the other 20,000 calls would take hours."""
Answer = TypeVar("Answer")


def retry_once(clock: Clock, call: Callable[[], Answer]) -> Answer:
    """The result of a call, repeated once where Mist requests a short pause.

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


def newest_rows(
    session: MistSession, endpoint: Endpoint[Report], received_at: datetime
) -> list[Report]:
    """The newest statistics from all pages, without those dated in the future.

    Raises:
        MistPermanentError: A call would fail again, or an answer has not the known shape.
        MistTransientError: A call may succeed later.
    """
    rows = session.rows(endpoint)
    return session.rejections.in_time(endpoint.path, rows, lambda row: row.sampled_at, received_at)


@dataclass
class StreamPoller:
    """Polls each stream on its own, so that one that fails does not affect the others.

    Attributes:
        missed: Why a stream has no rows of a poll.
    """

    session: MistSession
    clock: Clock
    missed: dict[tuple[datetime, Stream], MistPermanentError | MistTransientError] = field(
        default_factory=dict
    )
    _refused: dict[Stream, MistPermanentError] = field(default_factory=dict)
    _used_up: HourUsedUpError | None = None
    _paused_until: datetime = EPOCH
    _paused_pass: datetime = EPOCH

    def rows(
        self, stream: Stream, endpoint: Endpoint[Report], pass_at: datetime
    ) -> list[Report] | None:
        """The rows of all pages; None where the stream is not due or its request failed.

        A refused stream is not requested again. One whose answer has the wrong shape is: one
        gateway's odd value may be gone by the next poll. While the hour's calls are used up nothing
        is requested: until the time that Mist names, or for the rest of the poll.
        """
        if not is_due(stream, pass_at):
            return None
        ended = self._refused.get(stream) or self._exhausted(pass_at)
        if ended is not None:
            self.missed[pass_at, stream] = ended
            return None
        try:
            return retry_once(self.clock, lambda: newest_rows(self.session, endpoint, pass_at))
        except MistAnswerError as error:
            self.missed[pass_at, stream] = error
        except MistPermanentError as error:
            self._refused[stream] = self.missed[pass_at, stream] = error
        except MistTransientError as error:
            self.missed[pass_at, stream] = error
            if isinstance(error, HourUsedUpError):
                self._pause(error, pass_at)
        return None

    def _exhausted(self, pass_at: datetime) -> HourUsedUpError | None:
        if self._used_up is None:
            return None
        if pass_at == self._paused_pass or self.clock.now() < self._paused_until:
            return self._used_up
        return None

    def _pause(self, error: HourUsedUpError, pass_at: datetime) -> None:
        self._used_up, self._paused_pass = error, pass_at
        if error.retry_after is not None:
            self._paused_until = self.clock.now() + timedelta(seconds=error.retry_after)
