"""Closed hours to compute again: late events, ended outages, contract corrections.

Belongs here: finding such hours.
Keep out: requesting runs over them (`late_sensors`); what follows from those (`conditions`).
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

import pandas as pd

from wan_perf.defs.automation.changed_days import day_digests, days_to_compare, windows
from wan_perf.defs.automation.conditions import MIST_KEEPS
from wan_perf.defs.automation.trading_changes import rows_of_other_trading_hours, trading_digests
from wan_perf.defs.resources import Source
from wan_perf.kpi.hour.corrections import (
    corrected_rows,
    ended_telemetry_gaps,
    rows_at_other_levels,
    rows_of_another_rank,
)
from wan_perf.kpi.hour.uncomputed_hours import uncomputed_hours
from wan_perf.mist.collect.clock import Clock, floored
from wan_perf.mist.collect.polls import take_events
from wan_perf.policy.trading_hours import TradingHours
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_STATE,
    DIM_CIRCUIT,
    DIM_HOUR,
    DIM_POLICY,
    DIM_SITE,
    RAW_GATEWAY_EVENT,
    RAW_PORT_SAMPLE,
    TELEMETRY_GAP,
)
from wan_perf.warehouse import Warehouse, Window
from wan_perf.warehouse.expired import computable_from

_HOUR = timedelta(hours=1)
_ENDS = ("started_at", "ended_at")
_DATED = (
    (
        DIM_CIRCUIT,
        (
            *("circuit_id", "bandwidth_mbps", "bandwidth_up_mbps", "is_disabled", "is_in_service"),
            "role_rank",
        ),
    ),
    (DIM_POLICY, ("metric", "severity", "scope", "scope_name", "level")),
)
"""Dimensions that files correct for hours that are over, with the columns that hours rest on."""
_DAYS_OF_A_CALL = 92
_LONGEST_RUN = 168
"""Hours of one run: a correction may reach back a year."""


def hours_without_facts(warehouse: Warehouse, until: datetime) -> list[datetime]:
    """Hours of the last 14 days before `until` with samples and without circuit-hours."""
    window = Window(until - MIST_KEEPS, until)
    tables = (RAW_PORT_SAMPLE, CIRCUIT_HOUR, DIM_CIRCUIT)
    if not all(map(warehouse.holds, (RAW_PORT_SAMPLE, DIM_CIRCUIT))):
        return []
    rows = (warehouse.lazy(table, window if table.partition else None) for table in tables)
    return sorted(_instants(warehouse.query(uncomputed_hours(*rows))["hour"]))


def hours_of_late_events(
    source: Source, clock: Clock, warehouse: Warehouse, start: datetime, end: datetime
) -> list[datetime]:
    """Hours of [start, end) with events in Mist that the table lacks."""
    received = take_events(source.session(), start, end, clock)
    stored = warehouse.query(warehouse.lazy(RAW_GATEWAY_EVENT, Window(start, end)))
    keys = [*RAW_GATEWAY_EVENT.key]
    known = pd.MultiIndex.from_frame(stored[keys].astype("string"))
    new = ~pd.MultiIndex.from_frame(received[keys].astype("string")).isin(known)
    return sorted(set(_instants(received.loc[new, "event_at"].dt.floor("h"))))


def hours_of_ended_gaps(
    warehouse: Warehouse, since: datetime, live_from: datetime
) -> tuple[list[datetime], datetime]:
    """Hours of gaps that ended after `since`, without the live ones; and the newest end."""
    if not warehouse.holds(TELEMETRY_GAP):
        return [], since
    ended = warehouse.query(ended_telemetry_gaps(warehouse.lazy(TELEMETRY_GAP), since))
    found: set[datetime] = set()
    for started_at, ended_at in zip(*(_instants(ended[c]) for c in _ENDS), strict=True):
        at = floored(started_at, _HOUR)
        while at < min(ended_at, live_from):
            found.add(at)
            at += _HOUR
    return sorted(found), max(_instants(ended["ended_at"]), default=since)


def hours_of_corrections(
    warehouse: Warehouse,
    compared: dict[str, str],
    start: datetime,
    now: datetime,
    schedule: Sequence[TradingHours],
) -> tuple[list[datetime], dict[str, str]]:
    """The hours of the rows of `stale_rows`, and what the next call is given as `compared`."""
    rows, compared = stale_rows(warehouse, compared, start, now, schedule)
    return sorted(set(_instants(rows["hour"]))), compared


def stale_rows(
    warehouse: Warehouse,
    compared: dict[str, str],
    start: datetime,
    now: datetime,
    schedule: Sequence[TradingHours],
    most_days: int | None = _DAYS_OF_A_CALL,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Circuit-hours at a bandwidth, rank, levels or trading hours not in force; and agreeing days.

    Stored hours are read of days only whose circuits, levels or trading hours have changed since
    all hours of the day agreed with them, and of the newest two: a correction of any age changes
    the digests of its days (`changed_days`), and a day whose hours do not agree is compared again.
    What bounds one call is `most_days`, the newest days first; the rest follows with the next.
    Hours whose raw rows were removed by their retention cannot be computed again and are left out.

    Args:
        warehouse: Stored hours and dimensions.
        compared: What the last call returned: a digest by ISO day; empty at first.
        start: The first instant that has a partition.
        now: The current instant, naive UTC.
        schedule: The policy's trading hours by date.
        most_days: How many days one call reads; None reads all that changed.

    Returns:
        hour, circuit_id of the stale rows; and what the next call is given as `compared`.
    """
    nothing = pd.DataFrame({"hour": pd.Series(dtype="datetime64[us]"), "circuit_id": []})
    if not all(map(warehouse.holds, (CIRCUIT_HOUR, DIM_CIRCUIT))):
        return nothing, compared
    start = max(start, computable_from(warehouse) or start)
    if start > now:
        return nothing, compared
    digests = _digests(warehouse, start.date(), now.date(), schedule)
    days = days_to_compare(digests, compared, now.date(), most_days or len(digests))
    found = [nothing]
    for window in windows(days):
        found += _stale_rows(warehouse, window, schedule)
    rows = pd.concat([part for part in found if len(part)] or found)
    rows = rows[rows["hour"] >= floored(start, _HOUR)].drop_duplicates()
    open_days = set(rows["hour"].dt.date)
    agreed = {f"{day}": digests[f"{day}"] for day in days if day not in open_days}
    unread = {day: digest for day, digest in compared.items() if digests.get(day) == digest}
    again = {day: d for day, d in unread.items() if date.fromisoformat(day) not in open_days}
    return rows, {**again, **agreed}


def _digests(
    warehouse: Warehouse, first: date, last: date, schedule: Sequence[TradingHours]
) -> dict[str, str]:
    """By ISO day: a digest of all versions that its hours are computed from."""
    digests = trading_digests(schedule, first, last)
    for table, values in _DATED:
        if warehouse.holds(table):
            dated = warehouse.lazy(table).select(*values, "valid_from", "valid_to")
            found = day_digests(warehouse.query(dated), values, first, last)
            digests = {day: digests.get(day, "") + digest for day, digest in found.items()}
    return digests


def _stale_rows(
    warehouse: Warehouse, window: Window, schedule: Sequence[TradingHours]
) -> Iterator[pd.DataFrame]:
    """Stored circuit-hours of the window at another bandwidth, rank, levels or trading hours."""
    hours, circuits = warehouse.lazy(CIRCUIT_HOUR, window), warehouse.lazy(DIM_CIRCUIT)
    yield warehouse.query(corrected_rows(hours, circuits))
    if warehouse.holds(CIRCUIT_STATE):
        states = warehouse.lazy(CIRCUIT_STATE, window)
        yield warehouse.query(rows_of_another_rank(states, circuits))
    if all(map(warehouse.holds, (DIM_SITE, DIM_POLICY))):
        dimensions = map(warehouse.lazy, (DIM_SITE, DIM_POLICY))
        yield warehouse.query(rows_at_other_levels(hours, *dimensions))
    if all(map(warehouse.holds, (DIM_SITE, DIM_HOUR))):
        yield rows_of_other_trading_hours(warehouse, window, schedule)


def _instants(column: pd.Series) -> list[datetime]:
    return [pd.Timestamp(at).to_pydatetime() for at in column]


def consecutive_hours(found: list[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """First and last of each interval of consecutive hours, none longer than a run.

    >>> at = datetime.fromisoformat
    >>> hours = [at("2026-03-08T05:00"), at("2026-03-08T06:00"), at("2026-03-08T09:00")]
    >>> [(first.hour, last.hour) for first, last in consecutive_hours(hours)]
    [(5, 6), (9, 9)]
    """
    first: datetime | None = None
    for at, following in zip(found, [*found[1:], None][: len(found)], strict=True):
        first = first or at
        is_full = at - first >= (_LONGEST_RUN - 1) * _HOUR
        if following is None or following - at != _HOUR or is_full:
            yield first, at
            first = None
