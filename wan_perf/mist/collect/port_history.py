"""History of the WAN ports: past hours from the insights, two calls a port for all its hours.

Belongs here: requests for the rates and the quality of each port; which ports are left.
Keep out: which hours are wanted (`kpi.hour.uncovered_hours`), how an answer becomes hours
(`mist.endpoints.rate_history`, `mist.endpoints.quality_history`), what follows from an hour
(`kpi`).

A row is requested once and never again. So a port is stored with both or not at all, unless Mist
answers that it has no quality of the port: it would answer the same again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from wan_perf.mist.client.budget import Budget
from wan_perf.mist.client.errors import (
    HourUsedUpError,
    MistAnswerError,
    MistPermanentError,
    MistRejectedError,
    MistTransientError,
    MistUnknownError,
)
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.requests import AT_ONCE, newest_rows
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.figures import IMPOSSIBLE, impossible_note
from wan_perf.mist.endpoints.history_buckets import HOUR, Buckets, Wanted
from wan_perf.mist.endpoints.port_samples import samples
from wan_perf.mist.endpoints.quality_history import (
    NO_QUALITY_HISTORY,
    Quality,
    port_quality,
    quality_buckets,
)
from wan_perf.mist.endpoints.rate_history import port_rates, rate_buckets
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_PORT_HISTORY

_Up = dict[tuple[str, str], tuple[datetime, datetime]]


@dataclass
class Backfill:
    """The rows received, and the ports without an answer, each with the reason.

    Attributes:
        without_quality: How many ports are stored without quality, by the reason.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    fetched: int = 0
    left: dict[Wanted, MistPermanentError | MistTransientError] = field(default_factory=dict)
    without_quality: Counter[str] = field(default_factory=Counter)

    @property
    def frame(self) -> pd.DataFrame:
        """The rows of raw_port_history."""
        return conform(self.rows, RAW_PORT_HISTORY)


@dataclass
class _Answer:
    """One port's hours, and the reason if they have no quality."""

    rows: list[dict[str, Any]]
    without_quality: str | None = None


_Answered = _Answer | MistPermanentError | MistTransientError


def port_history(
    session: MistSession,
    wanted: Sequence[Wanted],
    now: datetime,
    budget: Budget,
    on_port: Callable[[int, int, int], None],
) -> Backfill:
    """A row for each wanted hour of each port, also where Mist has no data.

    A port that Mist does not know, that fails temporarily, or whose answer has the wrong shape is
    left for the next run; the other ports are not affected. Once the hour's calls are used up
    nothing more is requested.

    Args:
        session: Where to request.
        wanted: At least one port, each with at least one hour.
        now: The present instant, naive UTC.
        budget: Allows each port's calls.
        on_port: Called after each port with its number, the count of ports, and the calls left.

    Raises:
        UsageError: An hour is older than the retention in Mist; nothing is requested.
        MistPermanentError: A call would fail again, or no answer has the known shape.
        MistTransientError: No port was answered; a later call may succeed.
    """
    found = Backfill()
    first = min(port.start for port in wanted)
    metrics = session.single(catalogue.INSIGHT_METRICS)
    rates, quality = rate_buckets(metrics, first, now), quality_buckets(metrics, first, now)
    up = _known_up(session, now)
    answers = _answers(session, wanted, rates, quality, budget)
    for nth, (port, answer) in enumerate(answers, 1):
        if isinstance(answer, _Answer):
            found.rows += [_with_evidence(row, up, now) for row in answer.rows]
            found.fetched += 1
            if answer.without_quality:
                found.without_quality[answer.without_quality] += 1
        else:
            found.left[port] = answer
        on_port(nth, len(wanted), budget.left)
    failed = [e for e in found.left.values() if not isinstance(e, MistUnknownError)]
    if failed and not found.fetched and not isinstance(failed[0], HourUsedUpError):
        raise failed[0]
    return found


def _answers(
    session: MistSession,
    wanted: Sequence[Wanted],
    rates: Buckets,
    quality: Buckets | None,
    budget: Budget,
) -> Iterator[tuple[Wanted, _Answered]]:
    """Each port with its hours, or with the error for which it is left for the next run."""
    ended: list[HourUsedUpError] = []

    def answer(port: Wanted) -> _Answered:
        if ended:
            return ended[0]
        try:
            # Both at once: without the second call the first would be wasted.
            budget.claim(2 if quality else 1)
            rows = port_rates(session, port, rates)
            return _with_quality(session, port, quality, rows)
        except HourUsedUpError as error:
            ended.append(error)
            return error
        except (MistTransientError, MistUnknownError, MistAnswerError) as error:
            return error

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from zip(wanted, pool.map(answer, wanted), strict=True)


def _with_quality(
    session: MistSession, port: Wanted, buckets: Buckets | None, rows: list[dict[str, Any]]
) -> _Answer:
    """The hours with their quality; without, where Mist would refuse the request again."""
    if buckets is None:
        return _Answer(rows, NO_QUALITY_HISTORY)
    try:
        quality = port_quality(session, port, buckets)
    except (MistUnknownError, MistRejectedError) as error:
        return _Answer(rows, str(error))
    return _Answer([_merge_quality(row, quality[row["hour"]]) for row in rows])


def _merge_quality(rates: dict[str, Any], quality: Quality) -> dict[str, Any]:
    impossible = [part[IMPOSSIBLE] for part in (rates, quality) if IMPOSSIBLE in part]
    return rates | quality | impossible_note(impossible)


def _known_up(session: MistSession, now: datetime) -> _Up:
    """Start and end of the up time of each port that was up in its last statistics."""
    ports = newest_rows(session, catalogue.PORTS, now)
    # Port statistics without a timestamp have that of their gateway.
    undated = not all(port.sampled_at for port in ports)
    gateways = newest_rows(session, catalogue.GATEWAYS, now) if undated else []
    reported = samples(gateways, ports, now, session.rejections)
    reported = reported[reported["counter_source"] == "port"]
    known = reported[reported["is_up"].fillna(False) & reported["last_flapped_at"].notna()]
    rows: list[dict[str, Any]] = known.to_dict("records")  # type: ignore[assignment]
    return {
        (row["gateway_mac"], row["port_id"]): (row["last_flapped_at"], row["sampled_at"])
        for row in rows
    }


def _with_evidence(row: dict[str, Any], up: _Up, now: datetime) -> dict[str, Any]:
    since, seen = up.get((row["gateway_mac"], row["port_id"]), (None, None))
    overlaps = since is not None and since < row["hour"] + HOUR and seen > row["hour"]
    evidence = {"up_through_from": since, "seen_at": seen} if overlaps else {}
    return {**row, **evidence, "fetched_at": now}
