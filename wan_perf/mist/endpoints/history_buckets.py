"""Buckets of history: which lengths Mist has, and the start of each bucket of an answer.

Belongs here: the query for a port's hours, and whether an answer has the requested buckets.
Keep out: what the buckets contain (`rate_history`, `quality_history`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from wan_perf.mist.client.errors import MistAnswerError
from wan_perf.mist.collect.clock import floored
from wan_perf.mist.endpoints.instants import epoch, instant
from wan_perf.mist.endpoints.records.history import Metric, Series

HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)
Bucket = tuple[Any, ...]


@dataclass(frozen=True)
class Wanted:
    """A WAN port and the past hours whose history is requested.

    `device_id` is Mist's id of the gateway; None: it is built from the MAC.
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
    """Buckets of one length: Mist's name of the interval, its length, the retention in Mist."""

    name: str
    length: timedelta
    retention: timedelta

    def query(self, port: Wanted) -> dict[str, str]:
        """Query parameters for the buckets from the port's first hour to its last."""
        return {
            "port_id": port.port_id,
            "start": f"{epoch(port.start):.0f}",
            "end": f"{epoch(port.end):.0f}",
            "interval": self.name,
            "limit": str((port.end - port.start) // self.length),
        }

    def values_by_start(
        self, path: str, answer: Series, columns: Sequence[Sequence[Any] | None], port: Wanted
    ) -> dict[datetime, Bucket]:
        """The values of each bucket, by its start.

        The answer may begin later than requested, where Mist has nothing older.

        Args:
            path: Endpoint of the answer, for messages.
            answer: Has the start and length of the buckets.
            columns: Values by bucket of each figure; None where the answer lacks the figure.
            port: What was requested.

        Raises:
            MistAnswerError: The buckets are not those requested. They must not be stored as hours
                without data, which are never requested again.
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
                f"The answer of {path} has other buckets than were requested; "
                "check the clock of this machine, or look for a newer wan_perf."
            )
        rows = zip_longest(*(column or [] for column in columns))
        return {started_at + n * self.length: row for n, row in enumerate(rows)}

    def of_hour(self, hour: datetime, by_start: dict[datetime, Bucket]) -> list[Bucket]:
        """The buckets of an hour that the answer has."""
        starts = (hour + n * self.length for n in range(HOUR // self.length))
        return [by_start[start] for start in starts if start in by_start]

    @property
    def minutes(self) -> float:
        """Length of a bucket. [min]"""
        return self.length / timedelta(minutes=1)


def common_buckets(metrics: Mapping[str, Metric], names: Iterable[str]) -> list[Buckets]:
    """Buckets that divide an hour and that all these metrics have, shortest first.

    Their retention is the shortest of the metrics.
    """
    of_names = [
        (metric.bucket_kinds if metric else None) or {} for metric in map(metrics.get, names)
    ]
    shared = set.intersection(*(set(kinds) for kinds in of_names))
    found = [
        Buckets(
            name,
            timedelta(seconds=of_names[0][name].bucket_seconds),
            timedelta(seconds=min(kinds[name].retention_seconds for kinds in of_names)),
        )
        for name in shared
    ]
    return sorted((b for b in found if not HOUR % b.length), key=lambda buckets: buckets.length)


def finest(available: Sequence[Buckets], first: datetime, now: datetime) -> Buckets | None:
    """The shortest buckets whose retention includes `first`."""
    return next((buckets for buckets in available if now - buckets.retention <= first), None)
