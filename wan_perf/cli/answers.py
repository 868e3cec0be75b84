"""Answers read from the warehouse: the rows of each, their order, and the columns to show.

Belongs here: which rows answer a question.
Keep out: computing a number: figures are read from the tables as they are; which answers belong to
which question and how they are printed (`questions`).
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.validity import in_force
from wan_perf.kpi.reports.current_state import ON_BACKUP
from wan_perf.kpi.reports.report_date import newest_whole_day
from wan_perf.schema.metrics import QUALITY, UTILIZATION
from wan_perf.schema.periods import DAY
from wan_perf.schema.tables import (
    CHRONIC_OFFENDER,
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    CURRENT_STATE,
    DIM_CIRCUIT,
    DIM_SITE,
    FAILOVER_EVENT,
    REGION_PERIODS,
    THRESHOLD_RUN,
    TOP_OFFENDER,
    TREND,
)
from wan_perf.schema.values import ACTIVE, SEVERITIES, STORE
from wan_perf.warehouse import Warehouse

_WHO = {"site_name": "site", "region": "region", "circuit_id": "circuit"}


@dataclass(frozen=True)
class Answer:
    """A question, the rows that answer it, and the columns to show with their headings."""

    question: str
    rows: ir.Table
    headings: dict[str, str]


def described_days(warehouse: Warehouse) -> ir.Table:
    """Circuit-days of the newest whole day at stores, not hubs, with names as of its end.

    Where no day is whole yet it is the newest of those with most hours.
    """
    days = warehouse.lazy(CIRCUIT_DAY)
    fullest = days.filter(days.hour_count == days.hour_count.max())
    chosen = newest_whole_day(days).cross_join(fullest.aggregate(fullest=fullest.day.max()))
    newest = days.semi_join(chosen.select(day=chosen.as_of_day.fill_null(chosen.fullest)), "day")
    end = newest.day.cast("timestamp") + ibis.interval(days=1)
    circuits, sites = warehouse.lazy(DIM_CIRCUIT), warehouse.lazy(DIM_SITE)
    named = newest.mutate(end=end)
    named = named.left_join(
        circuits, [named.circuit_id == circuits.circuit_id, in_force(circuits, named.end)]
    ).drop("circuit_id_right", "site_id_right", "valid_from", "valid_to")
    described = named.left_join(
        sites, [named.site_id == sites.site_id, in_force(sites, named.end)]
    ).drop("site_id_right", "valid_from", "valid_to")
    return described.filter(described.site_kind.fill_null(STORE) == STORE)


def answers(days: ir.Table) -> list[Answer]:
    """The questions about one day's circuits, in the order in which they are printed."""
    contracted = days.filter(days.bandwidth_source == "contract")
    return [
        Answer(
            "Which circuits are congested? (utilization in %)",
            contracted.order_by(
                [contracted.utilization_p95_pct.desc(nulls_first=False), "circuit_id"]
            ),
            {
                **_WHO,
                "bandwidth_mbps": "Mbit/s",
                "utilization_pct": "mean",
                "utilization_p95_pct": "p95",
                "utilization_max_pct": "max",
                "utilization_high_hours": "h ≥high",
                "utilization_critical_hours": "h ≥crit",
            },
        ),
        _time_above(days),
    ]


def loaded_now(warehouse: Warehouse) -> Answer:
    """The circuits of stores with the highest load as of the newest pass."""
    now = warehouse.lazy(CURRENT_STATE)
    now = now.filter((now.site_kind.fill_null(STORE) == STORE) & now.utilization_now_pct.notnull())
    return Answer(
        "Which circuits are congested now? (utilization of the last 15 minutes in %)",
        now.order_by([now.utilization_now_pct.desc(), "circuit_id"]),
        {
            **_WHO,
            "as_of_at": "as of (UTC)",
            "utilization_now_pct": "now",
            "utilization_usual_pct": "usual",
            "severity": "severity",
        },
    )


def growing(warehouse: Warehouse) -> Answer:
    """The circuits whose busy hours rise, those that are full first at the top."""
    trends = warehouse.lazy(TREND)
    rising = trends.filter(trends.verdict == "rising")
    return Answer(
        "Which circuits are trending worse? (four weeks of history or more)",
        rising.order_by([rising.days_to_90, "circuit_id"]),
        {
            **_WHO,
            "slope_pct_per_day": "points a day",
            "level_pct": "now %",
            "days_to_80": "days to 80 %",
            "days_to_90": "to 90 %",
        },
    )


def regions(warehouse: Warehouse, days: ir.Table) -> Answer:
    """Regions on the day, the least available first."""
    rows = warehouse.lazy(REGION_PERIODS[DAY.column])
    rows = rows.inner_join(days.select("day").distinct(), "day")
    return Answer(
        "How did the regions do? (circuits; share of them at or above high)",
        rows.order_by([rows.availability_pct, "region"]),
        {
            "region": "region",
            "circuit_count": "circuits",
            "availability_pct": "up %",
            "site_availability_pct": "sites up %",
            "flap_count": "flaps",
            "failover_count": "failovers",
            "utilization_breach_pct": "load high %",
            "latency_breach_pct": "latency high %",
            "utilization_p95_worst_circuit_id": "busiest circuit",
        },
    )


def _time_above(days: ir.Table) -> Answer:
    """Both modes of the day, the circuits with the longest runs at the severest level first."""
    modes = (UTILIZATION.continuous, UTILIZATION.cumulative)
    severest = [days[mode(s)].desc() for s in reversed(SEVERITIES) for mode in modes]
    headings = {
        name: heading
        for severity in SEVERITIES
        for name, heading in (
            (UTILIZATION.continuous(severity), f"≥{severity[:4]}"),
            (UTILIZATION.cumulative(severity), "all"),
        )
    }
    return Answer(
        "How long was each above a threshold? (hours: longest run, all)",
        days.filter(days[UTILIZATION.cumulative(SEVERITIES[0])] > 0).order_by(
            [*severest, "circuit_id"]
        ),
        {"site_name": "site", "circuit_id": "circuit", **headings},
    )


def longest_runs(warehouse: Warehouse, days: ir.Table) -> Answer:
    """The longest runs at the severest level that reach into the day, however long ago they began.

    A run belongs to a circuit of the day; names are as of the day's end.
    """
    runs = warehouse.lazy(THRESHOLD_RUN)
    severest = (runs.metric == UTILIZATION.name) & (runs.severity == SEVERITIES[-1])
    runs = runs.filter(severest).drop("site_id")
    named = days.select("circuit_id", "site_name", "day", "end")
    start = named.day.cast("timestamp")
    reaching = runs.join(
        named,
        [
            runs.circuit_id == named.circuit_id,
            runs.ended_at > start,
            runs.started_at < named.end,
        ],
    )
    return Answer(
        f"Which runs of load at or above {SEVERITIES[-1]} lasted longest?",
        reaching.order_by([reaching.above_hours.desc(), "circuit_id", "started_at"]),
        {
            "site_name": "site",
            "circuit_id": "circuit",
            "started_at": "since (UTC)",
            "above_hours": "hours",
            "value_mean": "mean %",
            "value_max": "peak %",
            "is_open": "goes on",
        },
    )


def on_backup_now(warehouse: Warehouse) -> Answer:
    """The stores that run on a backup as of the newest pass, those that do so longest first."""
    now = warehouse.lazy(CURRENT_STATE)
    stores = now.filter((now.site_kind.fill_null(STORE) == STORE) & (now.site_state == ON_BACKUP))
    carrying = stores.filter(stores.activity.isin(ACTIVE))
    return Answer(
        "Which sites run on a backup now? (the circuit that carries them)",
        carrying.order_by([carrying.failover_since, "site_name", "circuit_id"]),
        {
            **_WHO,
            "as_of_at": "as of (UTC)",
            "failover_since": "since (UTC)",
            "utilization_now_pct": "load %",
            "latency_avg_ms": "ms",
            "loss_avg_pct": "loss %",
        },
    )


def failovers(warehouse: Warehouse, days: ir.Table) -> Answer:
    """The failovers that reach into the day, the longest first, with how good the backup was.

    Beside each figure during the failover stands the one of the circuit in use the day before.
    """
    events = warehouse.lazy(FAILOVER_EVENT)
    sites = days.select("site_id", "site_name", "day", "end").distinct()
    of_day = events.join(
        sites,
        [
            events.site_id == sites.site_id,
            events.ended_at > sites.day.cast("timestamp"),
            events.started_at < sites.end,
        ],
    )
    return Answer(
        "Which sites ran on a backup, and how good was it? (during it; the day before)",
        of_day.order_by([of_day.on_backup_minutes.desc(), "site_name", "started_at"]),
        {
            "site_name": "site",
            "started_at": "since (UTC)",
            "failover_cause": "cause",
            "on_backup_minutes": "min",
            "utilization_pct": "load %",
            "utilization_before_pct": "before",
            "latency_avg_ms": "ms",
            "latency_before_ms": "before",
            "loss_avg_pct": "loss %",
        },
    )


def flapping(warehouse: Warehouse, days: ir.Table) -> Answer:
    """The circuits of the day with the most transitions."""
    return Answer(
        "Which circuits flap?",
        _by_rank(warehouse, days, "flap_count"),
        {
            **_WHO,
            "flap_count": "flaps",
            "known_down_minutes": "down min",
            "availability_pct": "up %",
            "coverage_pct": "known %",
        },
    )


def least_available(warehouse: Warehouse, days: ir.Table) -> Answer:
    """The circuits of the day with the lowest availability, of those that are known for most."""
    return Answer(
        "Which circuits were least available?",
        _by_rank(warehouse, days, "availability_pct"),
        {
            **_WHO,
            "availability_pct": "up %",
            "availability_low_pct": "at least",
            "availability_high_pct": "at most",
            "coverage_pct": "known %",
        },
    )


def _by_rank(warehouse: Warehouse, days: ir.Table, column: str) -> ir.Table:
    """The day's figures of the circuits that the report ranks by a column, the worst first."""
    ranks = warehouse.lazy(TOP_OFFENDER)
    ranks = ranks.filter((ranks.ranked_by == column) & (ranks.period == DAY.column))
    places = ranks.select("circuit_id", "place", day=ranks.period_start)
    return days.inner_join(places, ["circuit_id", "day"]).order_by(["place", "circuit_id"])


def chronic(warehouse: Warehouse, days: ir.Table) -> Answer:
    """The circuits of the day that were bad on many of the last trading days, as reported."""
    offenders = warehouse.lazy(CHRONIC_OFFENDER).semi_join(days, "circuit_id")
    return Answer(
        "Which circuits are chronically unstable? (days of the last trading days)",
        offenders.order_by([offenders.bad_day_count.desc(), "circuit_id"]),
        {
            **_WHO,
            "bad_day_count": "bad",
            "comparable_day_count": "known",
            "high_day_count": "high",
            "flapping_day_count": "flapping",
            "outage_day_count": "down",
            "bad_since_day": "since",
        },
    )


def worst_quality(warehouse: Warehouse, days: ir.Table) -> Answer:
    """Circuits of the day with the most hours at or above a level of loss, jitter or latency."""
    hours = warehouse.lazy(CIRCUIT_HOUR)
    named = days.select("circuit_id", "site_name", "region", "day", "end")
    of_day = hours.join(
        named,
        [
            hours.circuit_id == named.circuit_id,
            hours.hour >= named.day.cast("timestamp"),
            hours.hour < named.end,
        ],
    )
    counted = {
        f"{m.quantity}_high_hours": of_day[m.severity].isin(SEVERITIES[1:]).ifelse(1, 0).sum()
        for m in QUALITY
    }
    peaks = {m.max: of_day[m.max].max() for m in QUALITY}
    by_circuit = of_day.group_by("site_name", "region", "circuit_id").aggregate(**counted, **peaks)
    worst = sum((by_circuit[name] for name in counted), start=ibis.literal(0))
    return Answer(
        "Which circuits had bad quality? (hours at or above high, highest sample)",
        by_circuit.filter(worst > 0).order_by([worst.desc(), "circuit_id"]),
        {
            "site_name": "site",
            "region": "region",
            "circuit_id": "circuit",
            **{f"{m.quantity}_high_hours": f"{m.quantity} h" for m in QUALITY},
            "loss_max_pct": "max %",
            "jitter_max_ms": "max ms",
            "latency_max_ms": "max ms",
        },
    )
