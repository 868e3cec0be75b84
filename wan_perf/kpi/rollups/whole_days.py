"""When an hour is closed and a day is whole, by what has been computed.

Belongs here: the one definition that days, reports and views share.
Keep out: which day a report ends with, what a day adds up to (`kpi`).

There is no clock: the newest hour that has rows can be in progress, so an hour is closed once a
later hour has rows, or once it rests on history or an import, which have closed hours only. A day
is whole once each of its hours has rows and is closed; of a trading day these are the store's
trading hours. The rows of a day say so themselves (`is_whole`), so that a day that was computed
while it was in progress is not whole before it has been computed again.
"""

import ibis
import ibis.expr.types as ir

_HOURS_OF_DAY = 24
_OF_CLOSED_HOURS = ("history", "import")
"""Sources that are requested for closed hours only."""


def closed_hours(circuit_hour: ir.Table) -> ir.Table:
    """The hours of circuit_hour that are closed: hour."""
    hours = circuit_hour.group_by("hour").aggregate(
        is_past=circuit_hour.source.isin(_OF_CLOSED_HOURS).fill_null(False).ifelse(1, 0).max() == 1
    )
    newest = circuit_hour.aggregate(newest_hour=circuit_hour.hour.max())
    dated = hours.cross_join(newest)
    return dated.filter(dated.is_past | (dated.hour < dated.newest_hour)).select("hour")


def whole_utc_days(circuit_hour: ir.Table) -> ir.Table:
    """One row per UTC day with a row in circuit_hour: day, is_whole."""
    closed = closed_hours(circuit_hour)
    counts = closed.group_by(day=closed.hour.date()).aggregate(closed_count=closed.count())
    days = circuit_hour.select(day=circuit_hour.hour.date()).distinct()
    both = days.left_join(counts, "day")
    return both.select("day", is_whole=both.closed_count.fill_null(0) == _HOURS_OF_DAY)


def whole_trading_days(trading_hours: ir.Table, circuit_hour: ir.Table) -> ir.Table:
    """One row per time zone and trading day: zone, day, is_whole.

    Args:
        trading_hours: zone, day and trading_hour_count of each trading hour
            (`kpi.rollups.trading_days.calendar`).
        circuit_hour: Stored hours, up to the end of the trading day and the hour after it.
    """
    closed = closed_hours(circuit_hour).mutate(is_closed=ibis.literal(1, "int64"))
    hours = trading_hours.left_join(closed, "hour")
    days = hours.group_by("zone", "day").aggregate(
        closed_count=hours.is_closed.count(), expected=hours.trading_hour_count.max()
    )
    return days.select("zone", "day", is_whole=days.closed_count == days.expected)


def is_whole(days: ir.Table) -> ir.BooleanValue:
    """Whether the row's day is whole; of a row from before this was stored: whether it is old."""
    newest = days.aggregate(newest=days.day.max()).as_scalar()
    return days.is_whole.fill_null(days.day < newest)
