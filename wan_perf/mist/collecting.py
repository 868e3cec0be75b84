"""Taking what is due: sampling passes, events and scores, and how far back one may ask.

Belongs here: what a pass is made of, what a missed part of it is, the limits of what Mist keeps.
Keep out: cadence (`cadence`), how an answer becomes rows (`port_samples` and its neighbours).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd

from wan_perf.declaration import Table
from wan_perf.errors import UsageError
from wan_perf.frames import conform
from wan_perf.mist import endpoints
from wan_perf.mist.asking import Asking, patiently
from wan_perf.mist.budget import Budget
from wan_perf.mist.cadence import Stream
from wan_perf.mist.clock import Clock
from wan_perf.mist.errors import HourUsedUpError, MistPermanentError, MistTransientError
from wan_perf.mist.gateway_events import gateway_events
from wan_perf.mist.path_samples import path_samples
from wan_perf.mist.port_samples import samples
from wan_perf.mist.session import MistSession
from wan_perf.mist.site_scores import site_scores
from wan_perf.tables import RAW_PATH_SAMPLE, RAW_PORT_SAMPLE, RAW_SITE_SLE

EVENTS_KEPT = timedelta(days=14)
"""Mist does not say how long it keeps events and scores; its hourly history lasts this long."""


@dataclass
class Passes:
    """What a run over some passes took.

    Attributes:
        taken: Passes of which at least one stream was had.
        missed: Streams of passes that were due and not had, with the reason.
    """

    taken: list[datetime] = field(default_factory=list)
    missed: dict[tuple[datetime, Stream], str] = field(default_factory=dict)
    ports: list[pd.DataFrame] = field(default_factory=list)
    paths: list[pd.DataFrame] = field(default_factory=list)

    @property
    def port_samples(self) -> pd.DataFrame:
        """All samples of ports, as rows of raw_port_sample."""
        return _together(self.ports, RAW_PORT_SAMPLE)

    @property
    def path_samples(self) -> pd.DataFrame:
        """All samples of paths, as rows of raw_path_sample."""
        return _together(self.paths, RAW_PATH_SAMPLE)


def take_passes(
    session: MistSession,
    due: Iterable[datetime],
    clock: Clock,
    on_pass: Callable[[datetime], None],
) -> Passes:
    """Take each pass when it is due: of each stream that is due all pages, or nothing.

    What is missed is a gap in what was heard, not a reason to lose what is beside it: the other
    streams of the pass and the passes around it stay. `on_pass` is told of each pass that is over.

    Raises:
        MistPermanentError: Nothing was had, and another time nothing would be.
        MistTransientError: Nothing was had, so that a retry may still take a pass.
    """
    passes, asking = Passes(), Asking(session, clock)
    for pass_at in due:
        _take(asking, pass_at, passes)
        on_pass(pass_at)
    if asking.missed and not passes.taken:
        # A refusal is what a person has to correct; it stands before what may pass.
        raise min(asking.missed.values(), key=lambda error: isinstance(error, MistTransientError))
    passes.missed = {which: str(why) for which, why in asking.missed.items()}
    return passes


def _take(asking: Asking, pass_at: datetime, passes: Passes) -> None:
    gateways = asking.rows("devices", endpoints.GATEWAYS, pass_at)
    ports = asking.rows("ports", endpoints.PORTS, pass_at)
    paths = asking.rows("paths", endpoints.PATHS, pass_at)
    if gateways is not None or ports is not None:
        passes.ports.append(samples(gateways or [], ports or [], pass_at, asking.session.kept_out))
    if paths is not None:
        frame = path_samples(paths, gateways or [], pass_at)
        passes.paths.append(frame)
    if any(had is not None for had in (gateways, ports, paths)):
        passes.taken.append(pass_at)


def take_events(session: MistSession, start: datetime, end: datetime, clock: Clock) -> pd.DataFrame:
    """Events of [start, end) that have happened by now.

    Raises:
        UsageError: The window begins before what Mist keeps; nothing is asked or replaced.
        MistPermanentError: A call would fail again.
        MistTransientError: A call may succeed later.
    """
    _refuse_older(start, clock.now(), "events")
    return patiently(clock, lambda: gateway_events(session, start, end, clock.now()))


@dataclass
class Scores:
    """Scores of some hours, and the hours that were left for the next run, each with the reason."""

    frames: list[pd.DataFrame] = field(default_factory=list)
    left: dict[datetime, str] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        """The rows of raw_site_sle."""
        return _together(self.frames, RAW_SITE_SLE)


def take_scores(
    session: MistSession,
    hours: Sequence[datetime],
    clock: Clock,
    reserve: int,
    on_hour: Callable[[int, int, int], None],
) -> Scores:
    """Scores of each hour; one that fails is left, since it can be had later and feeds nothing.

    Args:
        session: Where to ask.
        hours: Hours that are over.
        clock: What time it is.
        reserve: Calls an hour that are left to live passes.
        on_hour: Told how many hours are over, of how many, and how many calls are left.

    Raises:
        UsageError: An hour is older than what Mist keeps; nothing is asked or replaced.
    """
    if not hours:
        return Scores()  # not even the use of the token is asked
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
    return patiently(clock, lambda: site_scores(session, hour, clock.now()))


def allowance(session: MistSession, clock: Clock, reserve: int) -> Budget | None:
    """The token's use of the hour, to be shown; None where the cloud does not say.

    A pass that cannot be taken later does not wait for a figure that only informs.
    """
    try:
        return Budget(session, clock.now, reserve)
    except (MistPermanentError, MistTransientError):
        return None


def _refuse_older(start: datetime, now: datetime, what: str) -> None:
    oldest = now - EVENTS_KEPT
    if start < oldest:
        raise UsageError(
            f"Mist keeps {EVENTS_KEPT.days} days of {what}; {start:%Y-%m-%d %H:%M} is before "
            f"{oldest:%Y-%m-%d %H:%M} UTC. Ask for a later start; what is stored stays."
        )


def _together(frames: list[pd.DataFrame], table: Table) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else conform([], table)
