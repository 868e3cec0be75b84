"""What BI tools read: tables that there are, put side by side with names.

Belongs here: the rows of the views for executives, engineers and drilldowns.
Keep out: figures of a period (`kpi`), how a view is stored (`warehouse`).

Nothing is measured here. What is derived is a ratio of stored sums, or the change
from one month to the next; where a part of it is unknown it is NULL.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.validity import in_force, of_stores
from wan_perf.kpi.rollups.whole_days import is_whole
from wan_perf.schema.formulas import VALUE_DECIMALS
from wan_perf.schema.metrics import UTILIZATION
from wan_perf.schema.periods import DAY, MONTH, WINDOWS_H
from wan_perf.schema.tables.views import OF_24_HOURS, OF_MONTH
from wan_perf.schema.values import SEVERITIES

_HIGH = SEVERITIES[1]
_DAY_LONG_H = WINDOWS_H[-1]


def executive_overviews(
    region_13_month: ir.Table,
    region_month: ir.Table,
    region_day: ir.Table,
    site_month: ir.Table,
    dim_site: ir.Table,
) -> ir.Table:
    """One row per region and month: what its stores lost, and the change against the month before.

    Ratios are compared with the month before whether or not the month is over; minutes lost and
    failovers only where every day of both months is whole: they grow with every day.
    """
    by = [MONTH.column, "region"]
    end = site_month.month.cast("timestamp") + MONTH.length
    stores = of_stores(site_month, dim_site, end, "region")
    whole = region_day.filter(is_whole(region_day))
    days = whole.mutate(month=MONTH.start(whole.day))
    rolling = region_13_month.select(*by, availability_13_month_pct="availability_pct")
    rows = region_month.select(*by, *OF_MONTH)
    for beside in (
        stores.group_by(*by).aggregate(site_count=stores.count()),
        days.group_by(*by).aggregate(whole_day_count=days.count()),
        rolling,
    ):
        rows = rows.left_join(beside, by).drop("month_right", "region_right")
    lost = (rows.dark_minutes + rows.unreachable_minutes) / rows.site_count.nullif(0)
    last_day = rows.month.cast("timestamp") + MONTH.length + ibis.interval(days=-1)
    months = rows.mutate(
        utilization_high_hours_pct=_high_share(rows),
        lost_per_site_minutes=lost.round(VALUE_DECIMALS),
        is_whole_month=rows.whole_day_count.fill_null(0) == last_day.day(),
    )
    return _with_changes(months)


def _with_changes(months: ir.Table) -> ir.Table:
    """The months of each region with what is more or less than in the month before."""
    in_order = ibis.window(group_by=months.region, order_by=months.month)
    follows = months.month.lag().over(in_order).cast("timestamp") + MONTH.length
    # A month without a row is no month before; nor is the one before that.
    adjoins = (follows == months.month.cast("timestamp")).fill_null(False)
    both_whole = months.is_whole_month & months.is_whole_month.lag().over(in_order)

    def change(name: str, comparable: ir.BooleanValue) -> ir.NumericValue:
        before = months[name].lag().over(in_order)
        return comparable.ifelse(months[name] - before, None).round(VALUE_DECIMALS)

    return months.mutate(
        availability_change_pct=change("availability_pct", adjoins),
        utilization_high_hours_change_pct=change("utilization_high_hours_pct", adjoins),
        lost_per_site_change_minutes=change("lost_per_site_minutes", adjoins & both_whole),
        failover_change_count=change("failover_count", adjoins & both_whole),
    )


def engineering_views(
    trend: ir.Table,
    active_alert: ir.Table,
    current_state: ir.Table,
    circuit_window: ir.Table,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
) -> ir.Table:
    """One row per circuit of current_state, with who it is, its newest 24 hours and its trend.

    An alert of a whole site is the alert of each of its circuits that has none of its own.
    """
    newest = circuit_window.aggregate(hour=circuit_window.hour.max()).as_scalar()
    day_long = circuit_window.filter(
        (circuit_window.hour == newest) & (circuit_window.window_hours == _DAY_LONG_H)
    )
    own, of_site = (
        active_alert.filter(is_one).select(key, alert_severity="severity", alert_since="since")
        for key, is_one in (
            ("circuit_id", active_alert.circuit_id.notnull()),
            ("site_id", active_alert.circuit_id.isnull()),
        )
    )
    rows = current_state
    for key, beside in (
        ("site_id", _newest_versions(dim_site, "site_id").select("site_id", "store_type")),
        ("circuit_id", _newest_versions(dim_circuit, "circuit_id")),
        ("circuit_id", day_long.rename(OF_24_HOURS)),
        ("circuit_id", trend),
        ("circuit_id", own),
        ("site_id", of_site.rename(site_severity="alert_severity", site_since="alert_since")),
    ):
        rows = _beside(rows, beside, key)
    return rows.mutate(
        alert_severity=rows.alert_severity.fill_null(rows.site_severity),
        alert_since=ibis.ifelse(rows.alert_severity.notnull(), rows.alert_since, rows.site_since),
    )


def _beside(rows: ir.Table, other: ir.Table, key: str) -> ir.Table:
    """The rows with the columns of the other that they lack."""
    new = [name for name in other.columns if name not in rows.columns]
    joined = rows.left_join(other.select(key, *new), key)
    return joined.select(*rows.columns, *new)


def _newest_versions(dimension: ir.Table, entity: str) -> ir.Table:
    """One row for each thing: as it is described now, or was last."""
    newest = dimension.valid_from.max().over(ibis.window(group_by=dimension[entity]))
    dated = dimension.mutate(newest=newest)
    return dated.filter(dated.valid_from == dated.newest).drop("newest")


def named_offenders(
    chronic_offender: ir.Table, top_offender: ir.Table, dim_site: ir.Table, dim_circuit: ir.Table
) -> ir.Table:
    """One row per place of a ranking: who it is, on how many lists, and whether it is chronic."""
    on = ibis.window(group_by=[top_offender.period, top_offender.circuit_id])
    rows = top_offender.mutate(ranking_count=top_offender.ranked_by.count().over(on))
    for key, beside in (
        ("site_id", _newest_versions(dim_site, "site_id").select("site_id", "store_type")),
        ("circuit_id", _newest_versions(dim_circuit, "circuit_id")),
        ("circuit_id", chronic_offender),
    ):
        rows = _beside(rows, beside, key)
    return rows


def region_drilldowns(region_day: ir.Table) -> ir.Table:
    """One row per region and day."""
    return region_day.mutate(utilization_high_hours_pct=_high_share(region_day))


def site_drilldowns(site_day: ir.Table, dim_site: ir.Table) -> ir.Table:
    """One row per store and day, in the region that it was in as the day ended."""
    end = site_day.day.cast("timestamp") + DAY.length
    stores = of_stores(site_day, dim_site, end, "site_name", "region", "store_type")
    return stores.mutate(utilization_high_hours_pct=_high_share(stores))


def circuit_drilldowns(
    circuit_day: ir.Table, dim_site: ir.Table, dim_circuit: ir.Table
) -> ir.Table:
    """One row per circuit of a store and day, in the site that it was in last.

    Its names are those as the day ended: NULL where it was gone by then.
    """
    end = circuit_day.day.cast("timestamp") + DAY.length
    circuits = of_stores(circuit_day, dim_site, end, "site_name", "region")
    named = circuits.mutate(day_end=circuits.day.cast("timestamp") + DAY.length)
    described = dim_circuit.select(
        *("wan_name", "provider", "medium", "role", "valid_from", "valid_to"),
        described_id="circuit_id",
    )
    rows = named.left_join(
        described,
        [named.circuit_id == described.described_id, in_force(described, named.day_end)],
    )
    return rows.mutate(
        circuit_count=ibis.literal(1, "int64"), utilization_high_hours_pct=_high_share(rows)
    )


def _high_share(rows: ir.Table) -> ir.NumericValue:
    """Hours at or above high over the hours that could be judged. [%]"""
    above = rows[UTILIZATION.cumulative(_HIGH)]
    judged = rows[UTILIZATION.judged].nullif(0)
    return (100.0 * above / judged).round(VALUE_DECIMALS)
