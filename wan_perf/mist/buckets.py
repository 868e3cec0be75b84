"""Buckets of history: which lengths Mist keeps, and which bucket of an answer is which.

Belongs here: what is asked for of a port's hours, and when an answer's buckets are those.
Keep out: what stands in the buckets (`rate_history`, `quality_history`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from wan_perf.mist.clock import floored
from wan_perf.mist.errors import MistAnswerError
from wan_perf.mist.instants import epoch, instant
from wan_perf.mist.records import Metric, Series

HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)
Bucket = tuple[Any, ...]


@dataclass(frozen=True)
class Wanted:
    """A WAN port and the past hours of it whose history is wanted.

    `device_id` is Mist's own id of the gateway; without one it is built from the MAC.
    """

    site_id: str
    gateway_mac: str
    port_id: str
    hours: tuple[datetime, ...]
    device_id: str | None = None

    @property
    def start(self) -> datetime:
        """Start of the first hour."""
        return min(self.hours)

    @property
    def end(self) -> datetime:
        """End of the last hour."""
        return max(self.hours) + HOUR


@dataclass(frozen=True)
class Buckets:
    """Buckets of one length: how Mist names them, how long each is, for how long they are kept."""

    name: str
    length: timedelta
    kept: timedelta

    def query(self, port: Wanted) -> dict[str, str]:
        """What asks for the buckets of the port's hours, and of those between them."""
        return {
            "port_id": port.port_id,
            "start": f"{epoch(port.start):.0f}",
            "end": f"{epoch(port.end):.0f}",
            "interval": self.name,
            "limit": str((port.end - port.start) // self.length),
        }

    def placed(
        self, path: str, answer: Series, columns: Sequence[Sequence[Any] | None], port: Wanted
    ) -> dict[datetime, Bucket]:
        """What stands in each bucket, by its start.

        The cloud may begin later than asked, where it has nothing older.

        Args:
            path: Endpoint of the answer, for messages.
            answer: Says where the buckets begin and how long they are.
            columns: Values by bucket of each figure; None where the answer does not name it.
            port: What was asked for.

        Raises:
            MistAnswerError: The buckets are outside of what was asked. They must not be taken for
                hours of which nothing is known: these are stored and never asked for again.
        """
        started_at = instant(answer.started_at) or port.start
        count = max(len(column or []) for column in columns)
        if (
            answer.bucket_seconds != self.length // _SECOND
            or floored(started_at, self.length) != started_at
            or started_at < port.start
            or started_at + count * self.length > port.end
        ):
            raise MistAnswerError(
                f"The answer of {path} has other buckets than were asked for; "
                "check the clock of this machine, or look for a newer wan_perf."
            )
        rows = zip_longest(*(column or [] for column in columns))
        return {started_at + n * self.length: row for n, row in enumerate(rows)}

    def of_hour(self, hour: datetime, placed: dict[datetime, Bucket]) -> list[Bucket]:
        """The buckets of an hour that the answer has."""
        starts = (hour + n * self.length for n in range(HOUR // self.length))
        return [placed[start] for start in starts if start in placed]

    @property
    def minutes(self) -> float:
        """Length of a bucket. [min]"""
        return self.length / timedelta(minutes=1)


def kept_buckets(metrics: Mapping[str, Metric], names: Iterable[str]) -> list[Buckets]:
    """Buckets that make up hours and that all these metrics have, the shortest first.

    They are kept for as long as those of every metric are.
    """
    of_names = [
        (metric.bucket_kinds if metric else None) or {} for metric in map(metrics.get, names)
    ]
    shared = set.intersection(*(set(kinds) for kinds in of_names))
    found = [
        Buckets(
            name,
            timedelta(seconds=of_names[0][name].bucket_seconds),
            timedelta(seconds=min(kinds[name].kept_seconds for kinds in of_names)),
        )
        for name in shared
    ]
    return sorted((b for b in found if not HOUR % b.length), key=lambda buckets: buckets.length)


def finest(kept: Sequence[Buckets], first: datetime, now: datetime) -> Buckets | None:
    """The shortest buckets that are kept for so long."""
    return next((buckets for buckets in kept if now - buckets.kept <= first), None)
