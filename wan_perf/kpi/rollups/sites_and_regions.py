"""Sites and regions over a period: sums over their circuits, and the worst circuit.

Belongs here: sums over circuits, the longest run of any one, the share in breach, minutes of sites.
Keep out: a circuit's own period (`period_sums`, `calendar_periods`, `kpi.windows`), a site's hour
(`kpi.hour.site_hours`).

Ratios are sums over sums, never a mean of percentages: a region's availability is minutes over
minutes of its circuits, and that of its sites is a column of its own. A circuit counts at the site
of its row, the last one of the period. A circuit is in breach with an hour or more at or above its
high level; the share is of circuits with evaluated hours. Regions exclude hubs; a site belongs to
its region at the end of the period.
"""

from dataclasses import dataclass

import ibis.expr.types as ir

from wan_perf.kpi.dimensions.validity import of_stores
from wan_perf.kpi.hour.circuit_hours import MINUTE_DECIMALS, PERCENT_DECIMALS, rounded_share_pct
from wan_perf.kpi.rollups.calendar_periods import COUNTS, MINUTES, PEAKS
from wan_perf.kpi.rollups.histograms import with_percentiles, with_percentiles_of_hours
from wan_perf.kpi.rollups.period_sums import with_ratios
from wan_perf.schema.formulas import VALUE_DECIMALS
from wan_perf.schema.metrics import JUDGED, QUALITY, Metric
from wan_perf.schema.periods import Period
from wan_perf.schema.values import SEVERITIES

SITE_MINUTES = (
    *("site_up_minutes", "dark_minutes", "unreachable_minutes", "site_unknown_minutes"),
    *("on_backup_minutes", "redundancy_lost_minutes"),
)
_HIGH = SEVERITIES[1]
_PART_DECIMALS = VALUE_DECIMALS + MINUTE_DECIMALS


def site_minutes(site_hour: ir.Table) -> ir.Table:
    """Hours of sites with their minutes renamed to differ from those of circuits."""
    return site_hour.rename(site_up_minutes="up_minutes", site_unknown_minutes="unknown_minutes")


@dataclass(frozen=True)
class Parts:
    """What sites and regions of a period are made of; each has the period's column.

    Attributes:
        circuits: Periods of circuits.
        sites: Rows with SITE_MINUTES.
        histograms: Of circuits: loss, jitter, latency, and utilization where `hours` is None.
        hours: Of circuits, for the exact percentile of utilization.
    """

    circuits: ir.Table
    sites: ir.Table
    histograms: ir.Table
    hours: ir.Table | None

    def by(self, *by: str) -> ir.Table:
        """One row per value of the columns, with percentiles."""
        rows = roll_up(self.circuits, self.sites, *by)
        if self.hours is None:
            return with_percentiles(rows, self.histograms, *by)
        return with_percentiles_of_hours(rows, self.hours, self.histograms, *by)


def site_periods(parts: Parts, period: Period) -> ir.Table:
    """One row per site and period."""
    return parts.by(period.column, "site_id")


def region_periods(parts: Parts, dim_site: ir.Table, period: Period) -> ir.Table:
    """One row per region and period, without hubs."""

    def in_regions(rows: ir.Table) -> ir.Table:
        ends = rows[period.column].cast("timestamp") + period.length
        return of_stores(rows, dim_site, ends, "region")

    placed = Parts(
        in_regions(parts.circuits),
        in_regions(parts.sites),
        in_regions(parts.histograms),
        None if parts.hours is None else in_regions(parts.hours),
    )
    return placed.by(period.column, "region")


def roll_up(circuits: ir.Table, sites: ir.Table, *by: str) -> ir.Table:
    """One row per value of the columns: sums over circuits and over sites; no percentiles.

    Args:
        circuits: Rows of circuits over the same periods, with the columns `by`.
        sites: Rows with SITE_MINUTES and the columns `by`.
        by: The period's columns, and site_id or region.
    """
    known = [name for name in (*COUNTS, *MINUTES) if name in circuits.columns]
    summed = {name: circuits[name].sum() for name in known if name in COUNTS}
    summed |= {
        name: circuits[name].sum().round(MINUTE_DECIMALS) for name in known if name in MINUTES
    }
    peaks = {name: circuits[name].max() for name in PEAKS}
    if "is_whole" in circuits.columns:
        summed["is_whole"] = circuits.is_whole.any()
    quality: dict[str, ir.Scalar] = {}
    for metric in QUALITY:
        quality[metric.minutes] = circuits[metric.minutes].sum().round(MINUTE_DECIMALS)
        # Too many digits for a float sum that is the same in any order.
        parts = (circuits[metric.weighted] * 10**_PART_DECIMALS).round().cast("int64")
        quality[metric.weighted] = (parts.sum() / 10**_PART_DECIMALS).round(MINUTE_DECIMALS)
    circuits = _with_worst(circuits, by)
    totals = circuits.group_by(*by).aggregate(
        circuit_count=circuits.count(),
        **summed,
        **peaks,
        **quality,
        **{name: figure for m in JUDGED for name, figure in _runs(circuits, m).items()},
        **{m.breach: _in_breach(circuits, m) for m in JUDGED},
        utilization_p95_worst_pct=circuits.utilization_p95_pct.max(),
        utilization_p95_worst_circuit_id=_first(circuits, circuits.is_utilization_p95_pct),
    )
    joined = with_ratios(totals).left_join(summed_minutes(sites, *by), list(by))
    up, dark = joined.site_up_minutes, joined.dark_minutes
    return joined.select(
        *(name for name in joined.columns if not name.endswith("_right")),
        site_availability_pct=rounded_share_pct(up, up + dark + joined.unreachable_minutes),
    )


def _with_worst(circuits: ir.Table, by: tuple[str, ...]) -> ir.Table:
    """The circuits with `is_<name>`: whether its value is the highest of the site or region."""
    names = ("utilization_p95_pct", *(m.continuous(s) for m in JUDGED for s in SEVERITIES))
    # An aggregate and a join: half the time of as many window functions over all circuits.
    peaks = circuits.group_by(*by).aggregate(**{f"peak_{n}": circuits[n].max() for n in names})
    joined = circuits.inner_join(peaks, list(by))
    is_peak = {f"is_{name}": joined[name] == joined[f"peak_{name}"] for name in names}
    return joined.select(*circuits.columns, **is_peak)


def summed_minutes(sites: ir.Table, *by: str) -> ir.Table:
    """One row per value of the columns, with the sums of SITE_MINUTES."""
    return sites.group_by(*by).aggregate(**minute_sums(sites))


def minute_sums(sites: ir.Table) -> dict[str, ir.Scalar]:
    """The sums of SITE_MINUTES."""
    return {name: sites[name].sum().round(MINUTE_DECIMALS) for name in SITE_MINUTES}


def _runs(circuits: ir.Table, metric: Metric) -> dict[str, ir.Scalar]:
    """The longest run of any one circuit at each level, and which circuit had it."""
    found: dict[str, ir.Scalar] = {}
    for severity in SEVERITIES:
        name = metric.continuous(severity)
        found[name] = circuits[name].max()
        found[metric.longest_circuit(severity)] = _first(
            circuits, circuits[f"is_{name}"] & (circuits[name] > 0)
        )
    return found


def _first(circuits: ir.Table, is_one: ir.BooleanValue) -> ir.StringScalar:
    """Of equal circuits the first by name: a recomputation names the same."""
    return is_one.ifelse(circuits.circuit_id, None).min()


def _in_breach(circuits: ir.Table, metric: Metric) -> ir.FloatingScalar:
    breached = (circuits[metric.cumulative(_HIGH)] > 0).ifelse(1, 0).sum()
    judged = (circuits[metric.judged] > 0).ifelse(1, 0).sum()
    return (100.0 * breached / judged.nullif(0)).round(PERCENT_DECIMALS)
