"""Trailing windows: the last hours of a circuit, site or region, as of each hour.

Belongs here: which hours a window contains.
Keep out: sums over them (`kpi.rollups.period_sums`, `kpi.rollups.sites_and_regions`), both modes of
time above (`hour_bits`).

The window of hour h and length W covers [h + 1 - W, h + 1): exactly W hours, h the last.
"""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.validity import of_stores
from wan_perf.kpi.rollups.histograms import (
    exact_percentiles,
    histograms_of,
    samples_behind,
    with_percentiles,
)
from wan_perf.kpi.rollups.period_sums import figures, hour_parts, with_ratios_and_levels
from wan_perf.kpi.rollups.sites_and_regions import (
    minute_sums,
    roll_up,
    site_minutes,
    summed_minutes,
)
from wan_perf.kpi.windows.hour_bits import above_bits, above_parts, bit, with_time_above_of_bits
from wan_perf.schema.metrics import QUALITY, UTILIZATION
from wan_perf.schema.periods import WINDOWS_H
from wan_perf.schema.tables import CIRCUIT_WINDOW, REGION_WINDOW, SITE_WINDOW

_AN_HOUR = ibis.interval(hours=1)
# Added, never subtracted: Snowflake's stand-in rejects a minus before an interval.
_AN_HOUR_BACK = ibis.interval(hours=-1)
_HOUR_S = 3600


def circuit_windows(circuit_hour: ir.Table, circuit_poll: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """One row per circuit, window and hour of `dim_hour` (CIRCUIT_WINDOW).

    A circuit has a row where it was in service in an hour of the window or more; hour_count is
    the number of those hours. Runs are counted within the window.

    Args:
        circuit_hour: From 23 hours before the first hour on.
        circuit_poll: From 24 hours before it to an hour after the last.
        dim_hour: The hours whose windows are requested.
    """
    circuits = _owners(circuit_hour, "circuit_id")
    hours = circuit_hour.inner_join(circuits, "circuit_id")
    parts = above_parts(hour_parts(hours))
    totals = _by_window(parts, circuits, dim_hour, lambda t: {**figures(t), **above_bits(t, t.bit)})
    rows = with_ratios_and_levels(with_time_above_of_bits(totals), circuit_hour)
    samples = samples_behind(hours, circuit_poll, "hour", "owner_number")
    percentiles = _by_window(samples, circuits, dim_hour, _quality_p95)
    return _joined(rows, percentiles, "circuit_id").select(*CIRCUIT_WINDOW.columns)


def site_windows(
    circuit_window: ir.Table,
    circuit_hour: ir.Table,
    circuit_poll: ir.Table,
    site_hour: ir.Table,
    dim_hour: ir.Table,
) -> ir.Table:
    """One row per site, window and hour of `dim_hour` (SITE_WINDOW)."""
    of_minutes, of_circuits = _owners(site_hour, "site_id"), _owners(circuit_hour, "site_id")
    minutes = site_minutes(site_hour).inner_join(of_minutes, "site_id")
    sites = _by_window(minutes, of_minutes, dim_hour, minute_sums)
    rows = roll_up(circuit_window, sites, "hour", "window_hours", "site_id")
    hours = circuit_hour.inner_join(of_circuits, "site_id")
    used = hours.select("owner_number", "hour", "utilization_pct")
    samples = samples_behind(hours, circuit_poll, "hour", "owner_number")
    for measured, percentiles in ((used, _utilization_p95), (samples, _quality_p95)):
        rows = _joined(rows, _by_window(measured, of_circuits, dim_hour, percentiles), "site_id")
    return rows.select(*SITE_WINDOW.columns)


def region_windows(
    circuit_window: ir.Table,
    circuit_hour: ir.Table,
    circuit_poll: ir.Table,
    site_hour: ir.Table,
    dim_site: ir.Table,
    dim_hour: ir.Table,
) -> ir.Table:
    """One row per region, window and hour of `dim_hour` (REGION_WINDOW).

    Percentiles are merged from histograms of hours, at most 2 % off.
    """
    alike = _alike(dim_site)
    hours = circuit_hour.select("site_id", "hour", "utilization_pct").inner_join(alike, "site_id")
    sites = site_minutes(site_hour).inner_join(alike, "site_id")
    samples = samples_behind(circuit_hour, circuit_poll, "hour", "site_id")
    samples = samples.mutate(hour=samples.hour.cast(circuit_hour.hour.type()))
    # Added up by hour before an hour is copied for each window that has it.
    of_hours = (
        summed_minutes(sites, "alike_id", "hour"),
        ibis.union(
            histograms_of(hours, (UTILIZATION,), "alike_id", "hour"),
            histograms_of(samples.inner_join(alike, "site_id"), QUALITY, "alike_id", "hour"),
        ),
    )
    copies = (_named(_within(rows.rename(site_id="alike_id"), dim_hour)) for rows in of_hours)
    circuits, sites, histograms = (
        of_stores(rows, dim_site, rows.hour + _AN_HOUR, "region")
        for rows in (circuit_window, *copies)
    )
    by = ("hour", "window_hours", "region")
    rows = with_percentiles(roll_up(circuits, sites, *by), histograms, *by)
    return rows.select(*REGION_WINDOW.columns)


def _alike(dim_site: ir.Table) -> ir.Table:
    """For each site one that belongs to its region whenever it does: `alike_id`.

    A site that never changed is alike to all of its region that are there as long; others are alike
    to themselves only.
    """
    versions = dim_site.site_id.count().over(ibis.window(group_by=dim_site.site_id))
    counted = dim_site.mutate(versions=versions)
    same = ("versions", "region", "site_kind", "valid_from", "valid_to")
    first = counted.site_id.min().over(ibis.window(group_by=[counted[name] for name in same]))
    alike = ibis.ifelse(counted.versions == 1, first, counted.site_id)
    return counted.select("site_id", alike_id=alike).distinct()


def _utilization_p95(hours: ir.Table) -> dict[str, ir.Scalar]:
    return exact_percentiles(hours, (UTILIZATION,))


def _quality_p95(samples: ir.Table) -> dict[str, ir.Scalar]:
    return exact_percentiles(samples, QUALITY)


def _joined(rows: ir.Table, more: ir.Table, owner: str) -> ir.Table:
    """The rows with the other figures of the same owner and window; NULL where there are none."""
    by = ("hour", "window_hours", owner)
    figures_of_more = [name for name in more.columns if name not in by]
    return rows.left_join(more, list(by)).select(*rows.columns, *figures_of_more)


def _owners(rows: ir.Table, owner: str) -> ir.Table:
    """The circuits or sites of the rows, each with an integer that exists in this statement only.

    By integers rows are sorted and grouped twice as fast as by texts.
    """
    owners = rows.select(owner).distinct()
    return owners.mutate(owner_number=_number(owners[owner]))


def _by_window(
    rows: ir.Table,
    owners: ir.Table,
    dim_hour: ir.Table,
    aggregates: Callable[[ir.Table], dict[str, ir.Scalar]],
) -> ir.Table:
    """One row per owner and window that contains rows of it: hour, window_hours, the aggregates.

    Args:
        rows: With `hour` and `owner_number`.
        owners: The circuit or site of each number.
        dim_hour: The hours whose windows are requested.
        aggregates: Of copies of the rows, each with its `bit` (`hour_bits`).
    """
    # Sorted, since unsorted rows take twice as long.
    copies = _within(rows.order_by("owner_number", "hour"), dim_hour)
    totals = copies.group_by("owner_number", "window_number").aggregate(**aggregates(copies))
    named = totals.inner_join(owners, "owner_number").inner_join(
        _windows(dim_hour), "window_number"
    )
    return _named(named).drop("owner_number", "window_number", "window_start", "window_end")


def _number(*columns: ir.Value) -> ir.IntegerValue:
    return ibis.row_number().over(ibis.window(order_by=columns)).cast("int32")


def _within(rows: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """A copy of an hour's row for each window that has the hour, with its bit (`hour_bits`)."""
    windows = _windows(dim_hour)
    hours = rows.select(own_hour="hour").distinct()
    pairs = hours.join(
        windows, [hours.own_hour < windows.window_end, hours.own_hour >= windows.window_start]
    )
    seconds_back = pairs.window_end.epoch_seconds() - pairs.own_hour.epoch_seconds()
    # Pairs first, so that the many rows find their windows by equality.
    pairs = pairs.select(
        *("own_hour", "window_number", "window_end", "window_hours"),
        bit=bit(seconds_back // _HOUR_S - 1),
    )
    return rows.inner_join(pairs, rows.hour == pairs.own_hour)


def _named(rows: ir.Table) -> ir.Table:
    """Rows named by the last hour of their window."""
    return rows.mutate(hour=rows.window_end + _AN_HOUR_BACK)


def _windows(dim_hour: ir.Table) -> ir.Table:
    """Every window that ends with one of the hours: its number, hours, start and end."""
    hours = dim_hour.select("hour").distinct()
    ends = hours.select(window_end=hours.hour + _AN_HOUR)
    windows = ibis.union(
        *(
            ends.mutate(
                window_hours=ibis.literal(length, "int64"),
                window_start=ends.window_end + ibis.interval(hours=-length),
            )
            for length in WINDOWS_H
        )
    )
    return windows.mutate(window_number=_number(windows.window_end, windows.window_hours))
