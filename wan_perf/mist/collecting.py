"""Taking what is due: sampling passes and events, with the limits of what Mist still knows.

Belongs here: cadence of the endpoints, what a missed pass is, how far back one may ask.
Keep out: how an answer becomes rows (`port_samples`, `gateway_events`), where rows go.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd

from wan_perf.errors import UsageError
from wan_perf.frames import conform
from wan_perf.mist.errors import MistTransientError
from wan_perf.mist.gateway_events import gateway_events
from wan_perf.mist.port_samples import port_samples
from wan_perf.mist.session import MistSession
from wan_perf.tables import RAW_PORT_SAMPLE

PORTS_EVERY = timedelta(minutes=30)
"""The port statistics cost a call per thousand ports, LAN ports included; devices a tenth of it."""
EVENTS_KEPT = timedelta(days=14)
"""Mist does not say how long it keeps events; its hourly history lasts this long."""


@dataclass
class Passes:
    """What a run over some passes took: samples, and the passes that failed with their reason."""

    taken: list[datetime] = field(default_factory=list)
    missed: dict[datetime, str] = field(default_factory=dict)
    frames: list[pd.DataFrame] = field(default_factory=list)

    @property
    def samples(self) -> pd.DataFrame:
        """All samples taken, as rows of raw_port_sample."""
        return (
            pd.concat(self.frames, ignore_index=True)
            if self.frames
            else conform([], RAW_PORT_SAMPLE)
        )


def take_passes(
    session: MistSession, due: Iterable[datetime], on_pass: Callable[[datetime], None]
) -> Passes:
    """Take each pass when it is due; one that fails for a passing reason is a missed pass.

    A missed pass is a gap in what was heard, not a reason to lose the passes around it. `on_pass`
    is told of each pass that is over.

    Raises:
        MistPermanentError: a call would fail again; nothing more is asked.
        MistTransientError: every pass failed, so that a retry may still take one.
    """
    passes = Passes()
    for pass_at in due:
        with_ports = pass_at.minute * 60 % PORTS_EVERY.seconds == 0
        try:
            passes.frames.append(port_samples(session, pass_at, with_ports=with_ports))
            passes.taken.append(pass_at)
        except MistTransientError as error:
            passes.missed[pass_at] = str(error)
            last = error
        on_pass(pass_at)
    if passes.missed and not passes.taken:
        raise last
    return passes


def take_events(
    session: MistSession, start: datetime, end: datetime, now: datetime
) -> pd.DataFrame:
    """Events of [start, end) that have happened by now.

    Raises:
        UsageError: the window begins before what Mist keeps; nothing is asked or replaced.
    """
    oldest = now - EVENTS_KEPT
    if start < oldest:
        raise UsageError(
            f"Mist keeps {EVENTS_KEPT.days} days of events; {start:%Y-%m-%d %H:%M} is before "
            f"{oldest:%Y-%m-%d %H:%M} UTC. Ask for a later start; what is stored stays."
        )
    return gateway_events(session, start, end, now)
