"""Trailing windows: the last hours of a circuit, as of each hour.

Belongs here: which hours a window holds.
Keep out: what they add up to (`rollup`), what counts as above a level (`threshold_runs`).

The window of hour h and length W covers [h + 1 - W, h + 1): exactly W hours, h the last.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.rollup import sums
from wan_perf.kpi.threshold_runs import threshold_pieces, with_hours_above
from wan_perf.periods import WINDOWS_H
from wan_perf.tables import CIRCUIT_WINDOW

_AN_HOUR = ibis.interval(hours=1)
# Added, never subtracted: minus before an interval is what Snowflake's stand-in refuses.
_AN_HOUR_BACK = ibis.interval(hours=-1)
_OF = ("window_end", "window_hours", "circuit_id")


def circuit_windows(circuit_hour: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """One row per circuit, window and hour of `dim_hour` (CIRCUIT_WINDOW).

    A circuit has a row where it was in service in an hour of the window or more; hour_count tells
    in how many. Runs are counted within the window.

    Args:
        circuit_hour: From 23 hours before the first hour on.
        dim_hour: The hours whose windows are asked for.
    """
    windows = _windows(dim_hour)
    told = circuit_hour.join(
        windows,
        [circuit_hour.hour < windows.window_end, circuit_hour.hour >= windows.window_start],
    )
    pieces = threshold_pieces(circuit_hour)
    inside = pieces.join(
        windows,
        [pieces.started_at < windows.window_end, pieces.ended_at > windows.window_start],
    )
    started = ibis.greatest(inside.started_at, inside.window_start)
    ended = ibis.least(inside.ended_at, inside.window_end)
    clipped = inside.mutate(
        started_at=started, ended_at=ended, above_hours=ended.delta(started, unit="hour")
    )
    rows = with_hours_above(sums(told, *_OF), clipped, *_OF)
    return rows.mutate(hour=rows.window_end + _AN_HOUR_BACK).select(*CIRCUIT_WINDOW.columns)


def _windows(dim_hour: ir.Table) -> ir.Table:
    """Every window that ends with one of the hours: window_hours, window_start, window_end."""
    hours = dim_hour.select("hour").distinct()
    ends = hours.select(window_end=hours.hour + _AN_HOUR)
    return ibis.union(
        *(
            ends.mutate(
                window_hours=ibis.literal(length, "int64"),
                window_start=ends.window_end + ibis.interval(hours=-length),
            )
            for length in WINDOWS_H
        )
    )
