"""When an hour is closed and a day is whole, by what has been computed.

Belongs here: the one definition that days, reports and views share.
Keep out: which day a report ends with, what a day adds up to (`kpi`).

There is no clock: the newest hour that has rows can be in progress, so an hour is closed once a
later hour has rows, or once it rests on history or an import, which have closed hours only. A day
is whole once each of its hours has rows and is closed; of a trading day these are the store's
trading hours. The rows of a day say so themselves (`is_whole`), so that a day that was computed
while it was in progress is not whole before it has been computed again.
"""

import ibis.expr.types as ir

_HOURS_OF_DAY = 24
_OF_CLOSED_HOURS = ("history", "import")
"""Sources that are requested for closed hours only."""


def whole_utc_days(circuit_hour: ir.Table) -> ir.Table:
    """One row per UTC day with a row in circuit_hour: day, is_whole."""
    hours = _hours(circuit_hour)
    return hours.group_by(day=hours.hour.date()).aggregate(
        is_whole=hours.is_closed.sum() == _HOURS_OF_DAY
    )


def whole_trading_days(trading_hours: ir.Table, circuit_hour: ir.Table) -> ir.Table:
    """One row per time zone and trading day: zone, day, is_whole.

    Args:
        trading_hours: zone, day and trading_hour_count of each trading hour
            (`kpi.rollups.trading_days.calendar`).
        circuit_hour: Stored hours, up to the end of the trading day and the hour after it.
    """
    hours = trading_hours.left_join(_hours(circuit_hour), "hour")
    days = hours.group_by("zone", "day").aggregate(
        closed_count=hours.is_closed.fill_null(0).sum(), expected=hours.trading_hour_count.max()
    )
    return days.select("zone", "day", is_whole=days.closed_count == days.expected)


def _hours(circuit_hour: ir.Table) -> ir.Table:
    """The hours of circuit_hour, each with is_closed: 1 where it is, else 0."""
    hours = circuit_hour.group_by("hour").aggregate(
        is_past=circuit_hour.source.isin(_OF_CLOSED_HOURS).fill_null(False).ifelse(1, 0).max() == 1
    )
    dated = hours.cross_join(hours.aggregate(newest_hour=hours.hour.max()))
    is_closed = dated.is_past | (dated.hour < dated.newest_hour)
    return dated.select("hour", is_closed=is_closed.ifelse(1, 0))


def is_whole(days: ir.Table) -> ir.BooleanValue:
    """Whether the row's day is whole; of a row from before this was stored: whether it is old."""
    newest = days.aggregate(newest=days.day.max()).as_scalar()
    return days.is_whole.fill_null(days.day < newest)
