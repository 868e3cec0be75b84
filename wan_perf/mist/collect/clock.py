"""The time at the source, and which polls are due.

Belongs here: the real clock, the simulator's clock, which polls can still be made.
Keep out: how often a poll is due (`cadence`), what it requests (`polls`).

The real clock cannot be moved: of any window only the present poll can be made. The simulator's can
be advanced, so a run over a range of hours makes every poll that falls due in it.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Protocol
from urllib.error import HTTPError, URLError
from urllib.request import Request

from wan_perf.mist.client.errors import MistPermanentError, MistTransientError
from wan_perf.mist.client.network import Route, route_to
from wan_perf.mist.collect.cadence import PASS_EVERY
from wan_perf.mist.endpoints.instants import EPOCH

_TIMEOUT_S = 10
POLLED_AFTER = timedelta(seconds=75)
"""From the time that a poll is due to its requests, since a run starts late in production: gateways
that reported in between have samples newer than `pass_at`."""
_TOTAL_S = 30
_SIZE_BYTES = 64_000
"""Of an answer; the simulator's has 20."""


def floored(instant: datetime, step: timedelta) -> datetime:
    """The latest multiple of a step since 1970 that is not after the instant."""
    return instant - (instant - EPOCH) % step


class Clock(Protocol):
    """The clock of a run; naive UTC."""

    def now(self) -> datetime:
        """The present instant."""
        ...

    def passes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The polls of [start, end) that can be made, each when it is due."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        ...


class RealClock:
    """The system clock."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC).replace(tzinfo=None)

    def passes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The poll that is due now, if it lies in [start, end); no other can be made any more."""
        due = floored(self.now(), PASS_EVERY)
        if start <= due < end:
            yield due

    def wait(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


@dataclass(frozen=True)
class SimulatorClock:
    """The virtual clock of a simulator.

    Attributes:
        base_url: Where the simulator is.
        route: How it is reached; None: see `network`.
        total_s: Longest time of an answer. [s]
    """

    base_url: str
    route: Route | None = None
    total_s: float = _TOTAL_S

    def now(self) -> datetime:
        """The present instant of the simulation."""
        return self._request(None)

    def passes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Every poll of [start, end) that is not past, advancing the clock to its requests."""
        due = max(start, self.now())
        due = floored(due + PASS_EVERY - timedelta(microseconds=1), PASS_EVERY)
        while due < end:
            self._request(due + POLLED_AFTER)
            yield due
            due += PASS_EVERY

    def wait(self, seconds: float) -> None:
        """Advance the clock."""
        self._request(self.now() + timedelta(seconds=seconds))

    def _request(self, advance_to: datetime | None) -> datetime:
        body = None
        if advance_to is not None:
            body = json.dumps({"advance_to": (advance_to - EPOCH).total_seconds()}).encode()
        url = f"{self.base_url.rstrip('/')}/simulator/clock"
        try:
            request = Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310 - settings allow http and https only
            opener = (self.route or route_to(url)).opener(self.total_s)
            with opener.open(request, timeout=_TIMEOUT_S) as answer:
                return _instant(answer.read(_SIZE_BYTES + 1))
        except HTTPError as error:
            raise MistPermanentError(
                f"{url} has no simulator's clock (status {error.code}); start wan-perf simulate, "
                "or set WAN_PERF_CLOCK to real."
            ) from None
        except (URLError, OSError) as error:
            raise MistTransientError(
                f"No simulator answers at {self.base_url} ({type(error).__name__}); start "
                "wan-perf simulate, or set WAN_PERF_CLOCK to real."
            ) from None
        except (HTTPException, LookupError, TypeError, ValueError, OverflowError):
            raise MistPermanentError(
                f"{url} returned something else than a simulator's clock; set MIST_BASE_URL to the "
                "address of wan-perf simulate, or WAN_PERF_CLOCK to real."
            ) from None


def _instant(answer: bytes) -> datetime:
    """The instant that a simulator's clock returned; any usual exception where it is none."""
    if len(answer) > _SIZE_BYTES:
        raise ValueError(f"more than {_SIZE_BYTES} bytes")
    return EPOCH + timedelta(seconds=json.loads(answer)["now"])
