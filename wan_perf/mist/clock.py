"""What time it is at the source, and which sampling passes are due.

Belongs here: the real clock, the simulator's clock, which passes can still be taken.
Keep out: how often a pass is due (`cadence`), what it takes (`collecting`).

The real clock cannot be moved: of any window only the pass of now can be taken. The simulator's can
be advanced, so a run over a range of hours takes every pass that falls due in it.
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

from wan_perf.mist.cadence import PASS_EVERY
from wan_perf.mist.errors import MistPermanentError, MistTransientError
from wan_perf.mist.instants import EPOCH
from wan_perf.network import Route, route_to

_TIMEOUT_S = 10
POLLED_AFTER = timedelta(seconds=75)
"""From a pass being due to its poll, as a run starts late in the field: gateways that reported in
between are then newer than the pass."""
_TOTAL_S = 30
_SIZE_BYTES = 64_000
"""Of an answer; the simulator's has 20."""


def floored(instant: datetime, step: timedelta) -> datetime:
    """The latest multiple of a step since 1970 that is not after the instant."""
    return instant - (instant - EPOCH) % step


class Clock(Protocol):
    """A clock that runs ask for the time; naive UTC."""

    def now(self) -> datetime:
        """The present instant."""
        ...

    def passes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The passes of [start, end) that can be taken, each when it is due."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        ...


class RealClock:
    """The clock of the world."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC).replace(tzinfo=None)

    def passes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The pass that is due now, if it lies in [start, end); no other can be taken any more."""
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
        return self._ask(None)

    def passes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Every pass of [start, end) that is not past, advancing the clock to the poll of each."""
        due = max(start, self.now())
        due = floored(due + PASS_EVERY - timedelta(microseconds=1), PASS_EVERY)
        while due < end:
            self._ask(due + POLLED_AFTER)
            yield due
            due += PASS_EVERY

    def wait(self, seconds: float) -> None:
        """Advance the clock."""
        self._ask(self.now() + timedelta(seconds=seconds))

    def _ask(self, advance_to: datetime | None) -> datetime:
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
