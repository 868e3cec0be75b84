"""Alarms of the organization, as Mist raised and resolved them.

Belongs here: which alarms of an hour's request are rows, and what they say.
Keep out: counting flaps or outages, which events are better for (`kpi`).

An alarm changes after it was raised: it repeats, a person acknowledges it, it is resolved. So each
request reaches back to the oldest one that was open, and an hour has rows of those that are open or
have changed since the request before it.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from msgspec.structs import asdict

from wan_perf.mist.client.errors import MistTransientError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.cadence import ALLOWED_LATENESS
from wan_perf.mist.collect.clock import floored
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.instants import epoch, instant
from wan_perf.mist.endpoints.records.alarms import ALARM_SEVERITIES, Alarm
from wan_perf.mist.endpoints.site_scores import HOUR
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_ALARM

REACH_BACK = timedelta(days=1)
"""How far the first request reaches back, and every other one at least."""
IS_RESOLVED = {"open": False, "resolved": True}
"""Another word, or none, is of no known state: NULL."""


@dataclass(frozen=True)
class Known:
    """What the requests before this one found.

    Attributes:
        requested_at: When the newest of them was made; None without any.
        oldest_open_at: When the oldest alarm was raised that it found open; None without any.
    """

    requested_at: datetime | None = None
    oldest_open_at: datetime | None = None

    def reach(self, now: datetime, retention: timedelta) -> tuple[datetime, datetime]:
        """From when on alarms are requested, and from when on a change is news."""
        changed_since = now - REACH_BACK
        if self.requested_at:  # an alarm may reach the API as late as an event
            changed_since = self.requested_at - ALLOWED_LATENESS
        start = min(changed_since, now - REACH_BACK, self.oldest_open_at or now)
        return max(start, now - retention), changed_since


def alarms(session: MistSession, now: datetime, known: Known, retention: timedelta) -> pd.DataFrame:
    """The alarms that are open or have changed since the last request (RAW_ALARM).

    Raises:
        MistPermanentError: A call would fail again, or an answer has not the known shape.
        MistTransientError: A call may succeed later, or alarms are outside the requested window.
    """
    start, changed_since = known.reach(now, retention)
    first, last = math.floor(epoch(start)), math.ceil(epoch(now))
    path = catalogue.ALARMS.path
    received = list(session.rows(catalogue.ALARMS, start=str(first), end=str(last)))
    outside = [alarm for alarm in received if not _is_within(alarm, first, last)]
    if outside:
        raise MistTransientError(
            f"{len(outside):,} of {len(received):,} rows of {path} are of other hours than were "
            "requested, so a clock at Mist may be wrong; try again later."
        )
    return alarm_rows(received, now, changed_since)


def alarm_rows(received: Iterable[Alarm], now: datetime, changed_since: datetime) -> pd.DataFrame:
    """The alarms that are not resolved or changed at or after an instant, each once."""
    rows = {alarm.alarm_id: _row(alarm, now) for alarm in received}
    return conform([row for row in rows.values() if _is_news(row, changed_since)], RAW_ALARM)


def _is_within(alarm: Alarm, first: int, last: int) -> bool:
    """Whether the alarm is of the requested instants.

    It is not documented whether Mist compares them with when an alarm was raised or last seen.
    """
    return alarm.raised_at <= last and max(alarm.raised_at, alarm.last_seen_at or 0) >= first


def _is_news(row: dict[str, Any], since: datetime) -> bool:
    changes = (row["raised_at"], row["last_seen_at"], row["resolved_at"])
    return not row["is_resolved"] or any(at is not None and at >= since for at in changes)


def _row(alarm: Alarm, now: datetime) -> dict[str, Any]:
    macs, severity = alarm.gateway_macs or [], alarm.alarm_severity or ""
    return {
        **asdict(alarm),
        "hour": floored(now, HOUR),
        "fetched_at": now,
        "raised_at": instant(alarm.raised_at),
        "last_seen_at": instant(alarm.last_seen_at),
        "resolved_at": instant(alarm.resolved_at),
        "is_resolved": IS_RESOLVED.get(alarm.status or ""),
        "alarm_severity": ALARM_SEVERITIES.get(severity, severity) or None,
        "gateway_mac": macs[0] if len(macs) == 1 else None,
        "device_names": ", ".join(alarm.device_names or []) or None,
    }
