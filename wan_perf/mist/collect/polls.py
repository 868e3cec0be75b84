"""Collection of what is due: polls, events, scores, alarms, and how far back requests reach.

Belongs here: which streams a poll has, what a failed stream means, the retention in Mist.
Keep out: cadence (`cadence`), how an answer becomes rows (`mist.endpoints.port_samples`,
`mist.endpoints.path_samples`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd

from wan_perf.errors import UsageError
from wan_perf.mist.client.budget import Budget
from wan_perf.mist.client.errors import HourUsedUpError, MistPermanentError, MistTransientError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.cadence import Stream
from wan_perf.mist.collect.clock import Clock
from wan_perf.mist.collect.requests import StreamPoller, retry_once
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.alarms import Known, alarms
from wan_perf.mist.endpoints.gateway_events import gateway_events
from wan_perf.mist.endpoints.gateway_status import gateway_status
from wan_perf.mist.endpoints.path_samples import path_samples
from wan_perf.mist.endpoints.port_samples import samples
from wan_perf.mist.endpoints.site_scores import site_scores
from wan_perf.schema.declaration import Table
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import (
    RAW_ALARM,
    RAW_GATEWAY_STATUS,
    RAW_PATH_SAMPLE,
    RAW_PORT_SAMPLE,
    RAW_SITE_SLE,
)

EVENT_RETENTION = timedelta(days=14)
"""Mist documents no retention of events, scores and alarms; this is that of its hourly history."""


@dataclass
class Passes:
    """What a run collected in some polls.

    Attributes:
        taken: Polls with rows of at least one stream.
        missed: Streams of polls that were due and failed, with the reason.
    """

    taken: list[datetime] = field(default_factory=list)
    missed: dict[tuple[datetime, Stream], str] = field(default_factory=dict)
    ports: list[pd.DataFrame] = field(default_factory=list)
    paths: list[pd.DataFrame] = field(default_factory=list)
    statuses: list[pd.DataFrame] = field(default_factory=list)

    @property
    def port_samples(self) -> pd.DataFrame:
        """All samples of ports, as rows of raw_port_sample."""
        return _concat(self.ports, RAW_PORT_SAMPLE)

    @property
    def path_samples(self) -> pd.DataFrame:
        """All samples of paths, as rows of raw_path_sample."""
        return _concat(self.paths, RAW_PATH_SAMPLE)

    @property
    def gateway_status(self) -> pd.DataFrame:
        """The newest status of each gateway in each hour, as rows of raw_gateway_status."""
        polled = _concat(self.statuses, RAW_GATEWAY_STATUS)
        return polled.drop_duplicates(list(RAW_GATEWAY_STATUS.key), keep="last", ignore_index=True)


def take_passes(
    session: MistSession,
    due: Iterable[datetime],
    clock: Clock,
    on_pass: Callable[[datetime], None],
) -> Passes:
    """Make each poll when it is due: of each stream that is due all pages, or nothing.

    A failed stream is a gap in the samples; the other streams of the poll and the other polls are
    stored. `on_pass` is called after each poll.

    Raises:
        MistPermanentError: Every request failed, and would fail again.
        MistTransientError: Every request failed; a retry may still make a poll.
    """
    passes, poller = Passes(), StreamPoller(session, clock)
    for pass_at in due:
        _poll(poller, pass_at, passes)
        on_pass(pass_at)
    if poller.missed and not passes.taken:
        # A permanent error is raised first: a person has to correct its cause.
        raise min(poller.missed.values(), key=lambda error: isinstance(error, MistTransientError))
    passes.missed = {which: str(why) for which, why in poller.missed.items()}
    return passes


def _poll(poller: StreamPoller, pass_at: datetime, passes: Passes) -> None:
    gateways = poller.rows("devices", catalogue.GATEWAYS, pass_at)
    ports = poller.rows("ports", catalogue.PORTS, pass_at)
    paths = poller.rows("paths", catalogue.PATHS, pass_at)
    if gateways is not None or ports is not None:
        rejections = poller.session.rejections
        passes.ports.append(samples(gateways or [], ports or [], pass_at, rejections))
    if gateways is not None:
        passes.statuses.append(gateway_status(gateways, pass_at))
    if paths is not None:
        frame = path_samples(paths, gateways or [], pass_at)
        passes.paths.append(frame)
    if any(rows is not None for rows in (gateways, ports, paths)):
        passes.taken.append(pass_at)


def take_events(session: MistSession, start: datetime, end: datetime, clock: Clock) -> pd.DataFrame:
    """Events of [start, end) that have happened by now.

    Raises:
        UsageError: The window begins before the retention in Mist; nothing is requested.
        MistPermanentError: A call would fail again.
        MistTransientError: A call may succeed later.
    """
    _refuse_older(start, clock.now(), "events")
    return retry_once(clock, lambda: gateway_events(session, start, end, clock.now()))


@dataclass
class Scores:
    """Scores of some hours, and the hours left for the next run, each with the reason."""

    frames: list[pd.DataFrame] = field(default_factory=list)
    left: dict[datetime, str] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        """The rows of raw_site_sle."""
        return _concat(self.frames, RAW_SITE_SLE)


def take_scores(
    session: MistSession,
    hours: Sequence[datetime],
    clock: Clock,
    reserve: int,
    on_hour: Callable[[int, int, int], None],
) -> Scores:
    """Scores of each hour; a failed one is left for a later run, as no table depends on it.

    Args:
        session: Where to request.
        hours: Hours that are over.
        clock: What time it is.
        reserve: Calls an hour reserved for live polls.
        on_hour: Called after each hour with its number, the count of hours, and the calls left.

    Raises:
        UsageError: An hour is older than the retention in Mist; nothing is requested.
    """
    if not hours:
        return Scores()  # not even the use of the token is requested
    _refuse_older(min(hours), clock.now(), "scores")
    found, budget = Scores(), None
    for nth, hour in enumerate(hours, 1):
        try:
            budget = budget or Budget(session, clock.now, reserve)
            budget.claim()
            found.frames.append(_scores_of(session, hour, clock))
            on_hour(nth, len(hours), budget.left)
        except (HourUsedUpError, MistPermanentError) as error:
            found.left |= dict.fromkeys(hours[nth - 1 :], str(error))
            break
        except MistTransientError as error:
            found.left[hour] = str(error)
    return found


def _scores_of(session: MistSession, hour: datetime, clock: Clock) -> pd.DataFrame:
    return retry_once(clock, lambda: site_scores(session, hour, clock.now()))


def take_alarms(
    session: MistSession, known: Known, clock: Clock, reserve: int
) -> tuple[pd.DataFrame, str]:
    """The alarms as they stand, or none and why: no table depends on them.

    Whatever fails, the next request has what this one missed.
    """
    try:
        Budget(session, clock.now, reserve).claim()
        return retry_once(clock, lambda: alarms(session, clock.now(), known, EVENT_RETENTION)), ""
    except (MistPermanentError, MistTransientError) as error:
        return conform([], RAW_ALARM), str(error)


def allowance(session: MistSession, clock: Clock, reserve: int) -> Budget | None:
    """The token's use of the hour, for display; None where the request fails.

    A poll cannot be made later, so it does not fail for a figure that only informs.
    """
    try:
        return Budget(session, clock.now, reserve)
    except (MistPermanentError, MistTransientError):
        return None


def _refuse_older(start: datetime, now: datetime, what: str) -> None:
    oldest = now - EVENT_RETENTION
    if start < oldest:
        raise UsageError(
            f"Mist keeps {EVENT_RETENTION.days} days of {what}; {start:%Y-%m-%d %H:%M} is before "
            f"{oldest:%Y-%m-%d %H:%M} UTC. Ask for a later start; what is stored stays."
        )


def _concat(frames: list[pd.DataFrame], table: Table) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else conform([], table)
