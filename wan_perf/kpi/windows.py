"""Trailing windows: the last hours of a circuit, site or region, as of each hour.

Belongs here: which hours a window holds.
Keep out: what they add up to (`rollup`, `places`), both modes of time above (`hour_bits`).

The window of hour h and length W covers [h + 1 - W, h + 1): exactly W hours, h the last.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.circuit_hours import PERCENT_DECIMALS
from wan_perf.kpi.histograms import samples_behind, with_exact_percentiles
from wan_perf.kpi.hour_bits import above_bits, above_parts, bit, with_time_above_of_bits
from wan_perf.kpi.places import places, site_minutes
from wan_perf.kpi.rollup import figures, finished, hour_parts
from wan_perf.periods import WINDOWS_H
from wan_perf.tables import CIRCUIT_WINDOW, REGION_WINDOW, SITE_WINDOW
from wan_perf.validity import of_stores

_AN_HOUR = ibis.interval(hours=1)
# Added, never subtracted: minus before an interval is what Snowflake's stand-in refuses.
_AN_HOUR_BACK = ibis.interval(hours=-1)
_HOUR_S = 3600


def circuit_windows(circuit_hour: ir.Table, circuit_poll: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """One row per circuit, window and hour of `dim_hour` (CIRCUIT_WINDOW).

    A circuit has a row where it was in service in an hour of the window or more; hour_count tells
    in how many. Runs are counted within the window.

    Args:
        circuit_hour: From 23 hours before the first hour on.
        circuit_poll: From 24 hours before it to an hour after the last.
        dim_hour: The hours whose windows are asked for.
    """
    parts = above_parts(hour_parts(circuit_hour))
    told = _within(_sorted(parts, "circuit_id"), dim_hour)
    by = ("window_end", "window_hours", "circuit_id")
    totals = told.group_by(*by).aggregate(**figures(told), **above_bits(told, told.bit))
    rows = _named(finished(with_time_above_of_bits(totals), circuit_hour))
    samples = _samples(circuit_hour, circuit_poll, dim_hour, "circuit_id")
    by = ("hour", "window_hours", "circuit_id")
    return with_exact_percentiles(rows, samples, *by).select(*CIRCUIT_WINDOW.columns)


def site_windows(
    circuit_window: ir.Table,
    circuit_hour: ir.Table,
    circuit_poll: ir.Table,
    site_hour: ir.Table,
    dim_hour: ir.Table,
) -> ir.Table:
    """One row per site, window and hour of `dim_hour` (SITE_WINDOW)."""
    hours, sites = _of_sites(circuit_hour, site_hour)
    hours, sites = (_named(_within(_sorted(rows, "site_id"), dim_hour)) for rows in (hours, sites))
    samples = _samples(circuit_hour, circuit_poll, dim_hour, "site_id")
    rows = _places(circuit_window, hours, sites, samples, "site_id")
    return rows.select(*SITE_WINDOW.columns)


def region_windows(
    circuit_window: ir.Table,
    circuit_hour: ir.Table,
    circuit_poll: ir.Table,
    site_hour: ir.Table,
    dim_site: ir.Table,
    dim_hour: ir.Table,
) -> ir.Table:
    """One row per region, window and hour of `dim_hour` (REGION_WINDOW)."""
    hours, sites = _of_sites(circuit_hour, site_hour)
    hours, sites = (_named(_within(rows, dim_hour)) for rows in (hours, sites))
    samples = _samples(circuit_hour, circuit_poll, dim_hour, "site_id")
    circuits, hours, sites, samples = (
        of_stores(rows, dim_site, rows.hour + _AN_HOUR, "region")
        for rows in (circuit_window, hours, sites, samples)
    )
    return _places(circuits, hours, sites, samples, "region").select(*REGION_WINDOW.columns)


def _samples(
    circuit_hour: ir.Table, circuit_poll: ir.Table, dim_hour: ir.Table, owner: str
) -> ir.Table:
    """The samples behind the hours, a copy for each window that holds theirs."""
    samples = samples_behind(circuit_hour, circuit_poll, "hour", owner)
    return _named(_within(samples, dim_hour))


def _places(
    circuits: ir.Table, hours: ir.Table, sites: ir.Table, samples: ir.Table, place: str
) -> ir.Table:
    by = ("hour", "window_hours", place)
    exact = hours.group_by(*by).aggregate(
        utilization_p95_pct=hours.utilization_pct.quantile(0.95).round(PERCENT_DECIMALS)
    )
    joined = places(circuits, sites, *by).left_join(exact, list(by))
    return with_exact_percentiles(joined.drop(*(f"{name}_right" for name in by)), samples, *by)


def _of_sites(circuit_hour: ir.Table, site_hour: ir.Table) -> tuple[ir.Table, ir.Table]:
    """What a place's window needs of the hours themselves: utilization, and minutes of sites."""
    return circuit_hour.select("site_id", "hour", "utilization_pct"), site_minutes(site_hour)


def _sorted(rows: ir.Table, owner: str) -> ir.Table:
    """The rows by owner: what its windows add up to stays at hand, which halves a range's time.

    Nothing but the time depends on it.
    """
    return rows.order_by(owner, "hour")


def _within(rows: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """A copy of an hour's row for each window that holds the hour, with its bit (`hour_bits`)."""
    windows = _windows(dim_hour)
    hours = rows.select(held_hour="hour").distinct()
    pairs = hours.join(
        windows, [hours.held_hour < windows.window_end, hours.held_hour >= windows.window_start]
    )
    seconds_back = pairs.window_end.epoch_seconds() - pairs.held_hour.epoch_seconds()
    # Pairs first, so that the many rows find their windows by equality.
    pairs = pairs.select(
        *("held_hour", "window_end", "window_hours"), bit=bit(seconds_back // _HOUR_S - 1)
    )
    return rows.inner_join(pairs, rows.hour == pairs.held_hour)


def _named(rows: ir.Table) -> ir.Table:
    """Rows named by the last hour of their window."""
    return rows.mutate(hour=rows.window_end + _AN_HOUR_BACK)


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
