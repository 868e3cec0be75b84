"""Events of the gateways.

Belongs here: the events of a window, and the kind of each.
Keep out: what follows from an event (`kpi`).
"""

import math
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pandas as pd
from msgspec.structs import asdict

from wan_perf.mist.client.errors import MistTransientError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.instants import epoch, instant
from wan_perf.mist.endpoints.records.events import EVENT_KINDS, OTHER_EVENT, Event
from wan_perf.schema.frames import conform
from wan_perf.schema.port_names import without_unit_0
from wan_perf.schema.tables import RAW_GATEWAY_EVENT

_PORT_IN_DETAIL = re.compile(r"(?:\bifName|\bnetwork-interface:)\s+(?P<port>[\w./:-]*\w)")

_SWITCHED_OFF = re.compile(r"\bifAdminStatus down\b")


def gateway_events(
    session: MistSession, start: datetime, end: datetime, now: datetime
) -> pd.DataFrame:
    """Every event of a gateway in [start, end), naive UTC, once (RAW_GATEWAY_EVENT).

    Mist takes whole seconds, so up to a second more is requested and removed here. Events dated in
    the future are rejected (`mist.client.session.rejections`).

    Args:
        session: Where to request.
        start: First instant, naive UTC.
        end: End, not included, naive UTC.
        now: The present instant, naive UTC.

    Raises:
        MistPermanentError: A call would fail again, or an answer has not the known shape.
        MistTransientError: A call may succeed later, or events are outside the requested window.
    """
    first, last = math.floor(epoch(start)), math.ceil(epoch(end))
    path = catalogue.EVENTS.path
    received = list(session.rows(catalogue.EVENTS, start=str(first), end=str(last)))
    outside = [event for event in received if not first <= event.event_at <= last]
    if outside:
        # Rejected one by one, they would leave the hour without the events that are stored.
        raise MistTransientError(
            f"{len(outside):,} of {len(received):,} rows of {path} are of other hours than were "
            "requested, so a clock at Mist may be wrong; try again later."
        )
    in_time = session.rejections.in_time(path, received, lambda event: event.event_at, now)
    return events(in_time, start, end)


def events(received: Iterable[Event], start: datetime, end: datetime) -> pd.DataFrame:
    """The events in [start, end) in the order of time, without duplicates."""
    rows = [_row(event) for event in received]
    frame = conform([row for row in rows if start <= row["event_at"] < end], RAW_GATEWAY_EVENT)
    unique = frame.drop_duplicates(list(RAW_GATEWAY_EVENT.key))
    return unique.sort_values(list(RAW_GATEWAY_EVENT.key), kind="stable").reset_index(drop=True)


def _row(event: Event) -> dict[str, Any]:
    return {
        **asdict(event),
        "event_at": instant(event.event_at),
        "port_id": _port(event),
        "event_kind": _kind(event),
    }


def _kind(event: Event) -> str:
    """The kind of an event; a port that a person switched off is not `port_down`."""
    kind = EVENT_KINDS.get(event.event_name, OTHER_EVENT)
    if kind == "port_down" and _SWITCHED_OFF.search(event.detail or ""):
        return "port_disabled"
    return kind


def _port(event: Event) -> str | None:
    """The event's port; some events name it only in their text."""
    if event.port_id:
        return without_unit_0(event.port_id)
    found = _PORT_IN_DETAIL.search(event.detail or "")
    return without_unit_0(found["port"]) if found else None
