"""History of the WAN ports: past hours from the insights, one call a port for all its hours.

Belongs here: which buckets are asked for, and how they become hours.
Keep out: which hours are wanted (`kpi.unheard`), what follows from an hour (`kpi`).
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

import pandas as pd

from wan_perf.errors import UsageError
from wan_perf.frames import conform
from wan_perf.mist import endpoints
from wan_perf.mist.asking import newest
from wan_perf.mist.budget import Budget
from wan_perf.mist.clock import floored
from wan_perf.mist.errors import (
    HourUsedUpError,
    MistAnswerError,
    MistPermanentError,
    MistTransientError,
    MistUnknownError,
)
from wan_perf.mist.instants import epoch, instant
from wan_perf.mist.names import DEVICE_ID_PREFIX, RATE_NAMES
from wan_perf.mist.port_samples import samples
from wan_perf.mist.records import BucketKind, History, Metric
from wan_perf.mist.session import MistSession
from wan_perf.tables import RAW_PORT_HISTORY

HOUR = timedelta(hours=1)
AT_ONCE = 8
"""Calls under way together; one after the other 10,000 ports would take hours."""
_FIGURES = tuple(RATE_NAMES.values())
_Bucket = tuple[float | None, ...]
_Up = Mapping[tuple[str, str], tuple[datetime, datetime]]


@dataclass(frozen=True)
class Wanted:
    """A WAN port and the past hours of it whose history is wanted."""

    site_id: str
    gateway_mac: str
    port_id: str
    hours: tuple[datetime, ...]


@dataclass
class Backfill:
    """What came of asking: rows, and the ports that got no answer, each with the reason."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    fetched: int = 0
    left: dict[Wanted, MistPermanentError | MistTransientError] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        """The rows of raw_port_history."""
        return conform(self.rows, RAW_PORT_HISTORY)


def port_history(
    session: MistSession,
    wanted: Sequence[Wanted],
    now: datetime,
    budget: Budget,
    on_port: Callable[[int, int, int], None],
) -> Backfill:
    """A row for each wanted hour of each port, also where the cloud knows nothing of it.

    A port that the cloud does not know, that fails for a passing reason, or whose answer makes no
    sense is left for the next run and does not keep the others. Once the hour's calls are used up
    nothing more is asked.

    Args:
        session: Where to ask.
        wanted: At least one port, each with at least one hour.
        now: The present instant, naive UTC.
        budget: Allows each port's call.
        on_port: Told how many ports are over, of how many, and how many calls are left.

    Raises:
        UsageError: An hour is older than what Mist keeps; nothing is asked or replaced.
        MistPermanentError: A call would fail again, or no answer has the known shape.
        MistTransientError: No port was answered, and another time one may be.
    """
    found = Backfill()
    first = min(min(port.hours) for port in wanted)
    bucket = _finest(session.single(endpoints.INSIGHT_METRICS), first, now)
    up = _known_up(session, now)
    for nth, (port, answer) in enumerate(_answers(session, wanted, bucket, budget), 1):
        if isinstance(answer, list):
            found.rows += [_with_evidence(row, up, now) for row in answer]
            found.fetched += 1
        else:
            found.left[port] = answer
        on_port(nth, len(wanted), budget.left)
    failed = [e for e in found.left.values() if not isinstance(e, MistUnknownError)]
    if failed and not found.fetched and not isinstance(failed[0], HourUsedUpError):
        raise failed[0]
    return found


def _answers(
    session: MistSession, wanted: Sequence[Wanted], bucket: tuple[str, timedelta], budget: Budget
) -> Any:
    """Each port with its hours, or with the failure that leaves it for the next run."""
    ended: list[HourUsedUpError] = []

    def answer(port: Wanted) -> list[dict[str, Any]] | MistPermanentError | MistTransientError:
        if ended:
            return ended[0]
        try:
            budget.claim()
            return _hours(session, port, *bucket)
        except HourUsedUpError as error:
            ended.append(error)
            return error
        except (MistTransientError, MistUnknownError, MistAnswerError) as error:
            return error

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from zip(wanted, pool.map(answer, wanted), strict=True)


def _finest(metrics: dict[str, Metric], first: datetime, now: datetime) -> tuple[str, timedelta]:
    """Name and length of the shortest buckets that are kept for so long and make up hours."""
    kept = {name: _kept(metrics, name) for name in _common_kinds(metrics)}
    if not kept:
        raise MistPermanentError(
            "const/insight_metrics names no history of a port's rates by the hour or less; "
            "the Mist API may have changed: look for a newer wan_perf."
        )
    reaching = [name for name in kept if now - kept[name][1] <= first]
    if not reaching:
        longest = max(age for _, age in kept.values())
        oldest = floored(now - longest + HOUR - timedelta(microseconds=1), HOUR)
        raise UsageError(
            f"Mist keeps {longest.days} days of a port's history; {first:%Y-%m-%d %H:%M} is before "
            f"{oldest:%Y-%m-%d %H:%M} UTC. Ask for a later start; what is stored stays."
        )
    name = min(reaching, key=lambda name: kept[name][0])
    return name, kept[name][0]


def _common_kinds(metrics: dict[str, Metric]) -> set[str]:
    kinds = [_kinds(metrics, rate) for rate in RATE_NAMES]
    shared = set.intersection(*(set(of_rate) for of_rate in kinds))
    hour = HOUR // timedelta(seconds=1)
    return {name for name in shared if hour % kinds[0][name].bucket_seconds == 0}


def _kept(metrics: dict[str, Metric], name: str) -> tuple[timedelta, timedelta]:
    of_rates = [_kinds(metrics, rate)[name] for rate in RATE_NAMES]
    shortest = min(kind.kept_seconds for kind in of_rates)
    return timedelta(seconds=of_rates[0].bucket_seconds), timedelta(seconds=shortest)


def _kinds(metrics: dict[str, Metric], rate: str) -> dict[str, BucketKind]:
    metric = metrics.get(rate)
    return (metric.bucket_kinds if metric else None) or {}


def _known_up(session: MistSession, now: datetime) -> _Up:
    """Since when and until when each port that was up at its last statistics was so."""
    heard = samples([], newest(session, endpoints.PORTS, now), now)
    known = heard[heard["is_up"].fillna(False) & heard["last_flapped_at"].notna()]
    rows: list[dict[str, Any]] = known.to_dict("records")  # type: ignore[assignment]
    return {
        (row["gateway_mac"], row["port_id"]): (row["last_flapped_at"], row["sampled_at"])
        for row in rows
    }


def _with_evidence(row: dict[str, Any], up: _Up, now: datetime) -> dict[str, Any]:
    since, seen = up.get((row["gateway_mac"], row["port_id"]), (None, None))
    speaks = since is not None and since < row["hour"] + HOUR and seen > row["hour"]
    evidence = {"up_through_from": since, "seen_at": seen} if speaks else {}
    return {**row, **evidence, "fetched_at": now}


def _hours(
    session: MistSession, port: Wanted, name: str, length: timedelta
) -> list[dict[str, Any]]:
    start, end = min(port.hours), max(port.hours) + HOUR
    answer = session.single(
        endpoints.PORT_HISTORY,
        port.site_id,
        DEVICE_ID_PREFIX + port.gateway_mac,
        ",".join(RATE_NAMES),
        port_id=port.port_id,
        start=f"{epoch(start):.0f}",
        end=f"{epoch(end):.0f}",
        interval=name,
        limit=str((end - start) // length),
    )
    buckets = _buckets(answer, length, start, end)
    return [
        {
            "hour": hour,
            "gateway_mac": port.gateway_mac,
            "port_id": port.port_id,
            "site_id": port.site_id,
            **_figures([buckets.get(hour + n * length) for n in range(HOUR // length)], length),
        }
        for hour in port.hours
    ]


def _buckets(
    answer: History, length: timedelta, start: datetime, end: datetime
) -> dict[datetime, _Bucket]:
    """Mean and highest rates by the start of their bucket; the two forms of answer alike.

    The cloud may begin later than asked, where it has nothing older. Buckets outside of what was
    asked, or none of any rate, must not be taken for hours of which nothing is known: these are
    stored and never asked for again.
    """
    started_at = instant(answer.started_at) or start
    rates = answer.results or answer
    columns = [getattr(rates, figure) for figure in _FIGURES]
    count = max(len(column or []) for column in columns)
    if (
        answer.bucket_seconds != length // timedelta(seconds=1)
        or floored(started_at, length) != started_at
        or started_at < start
        or started_at + count * length > end
    ):
        raise MistAnswerError(
            f"The answer of {endpoints.PORT_HISTORY.path} has other buckets than were asked for; "
            "check the clock of this machine, or look for a newer wan_perf."
        )
    if all(column is None for column in columns):
        raise MistAnswerError(
            f"The answer of {endpoints.PORT_HISTORY.path} names none of the rates asked for; the "
            "Mist API may have changed: look for a newer wan_perf."
        )
    rows = zip_longest(*(column or [] for column in columns))
    return {started_at + n * length: row for n, row in enumerate(rows)}


def _figures(buckets: Sequence[_Bucket | None], length: timedelta) -> dict[str, Any]:
    """An hour of its buckets; one without both means is unknown, and stays out of everything."""
    known = [b for b in buckets if b is not None and b[0] is not None and b[1] is not None]
    minutes = length / timedelta(minutes=1)
    carrying = [bucket for bucket in known if any(bucket[:2])]
    figures: dict[str, Any] = {
        "covered_minutes": minutes * len(known),
        "carrying_minutes": minutes * len(carrying),
    }
    for nth, name in enumerate(_FIGURES):
        values = [value for bucket in known if (value := bucket[nth]) is not None]
        if values:
            figures[name] = max(values) if name.endswith("max") else sum(values) / len(values)
    return figures
