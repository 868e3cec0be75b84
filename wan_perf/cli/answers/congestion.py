"""Answers on load: now, on a day, growing, and how long it was above a level.

Belongs here: which rows answer, and in which order.
Keep out: computing a figure (`kpi`).
"""

import ibis.expr.types as ir

from wan_perf.cli.answers.answer import WHO, Answer, measured_of
from wan_perf.schema.metrics import UTILIZATION
from wan_perf.schema.periods import DAY
from wan_perf.schema.tables import (
    CURRENT_STATE,
    REGION_PERIODS,
    THRESHOLD_RUN,
    TREND,
)
from wan_perf.schema.values import SEVERITIES, STORE
from wan_perf.warehouse import Warehouse


def answers(days: ir.Table) -> list[Answer]:
    """The questions about one day's circuits, in the order in which they are printed."""
    measured = days.filter(days.utilization_pct.notnull())
    return [
        Answer(
            "Which circuits are congested? (utilization in %)",
            measured.order_by([measured.utilization_p95_pct.desc(nulls_first=False), "circuit_id"]),
            {
                **WHO,
                "bandwidth_mbps": "Mbit/s",
                "bandwidth_source": "rate of",
                "utilization_pct": "mean",
                "utilization_p95_pct": "p95",
                "utilization_max_pct": "max",
                "utilization_high_hours": "h high",
                "utilization_critical_hours": "h crit",
            },
            measured=measured_of(days, days.utilization_pct),
        ),
        _time_above(days),
    ]


def loaded_now(warehouse: Warehouse) -> Answer:
    """The circuits of stores with the highest load as of the newest pass."""
    now = warehouse.lazy(CURRENT_STATE)
    now = now.filter(now.site_kind.fill_null(STORE) == STORE)
    loaded = now.filter(now.utilization_now_pct.notnull())
    return Answer(
        "Which circuits are congested now? (utilization of the last 15 minutes in %)",
        loaded.order_by([loaded.utilization_now_pct.desc(), "circuit_id"]),
        {
            **WHO,
            "as_of_at": "as of (UTC)",
            "utilization_now_pct": "now",
            "utilization_usual_pct": "usual",
            "severity": "severity",
        },
        measured=measured_of(now, now.utilization_now_pct),
    )


def growing(warehouse: Warehouse) -> Answer:
    """The circuits whose busy hours rise, those that are full first at the top."""
    trends = warehouse.lazy(TREND)
    rising = trends.filter(trends.verdict == "rising")
    is_short = trends.verdict == "too_short"
    history = trends.aggregate(
        circuits=trends.count(),
        too_short=trends.count(where=is_short),
        days=trends.day_count.max(where=is_short),
    )
    return Answer(
        "Which circuits are trending worse? (four weeks of history or more)",
        rising.order_by([rising.days_to_90, "circuit_id"]),
        {
            **WHO,
            "slope_pct_per_day": "points a day",
            "level_pct": "now %",
            "days_to_80": "days to 80 %",
            "days_to_90": "to 90 %",
        },
        history,
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
            (UTILIZATION.continuous(severity), severity[:4]),
            (UTILIZATION.cumulative(severity), f"{severity[:4]} all"),
        )
    }
    return Answer(
        "How long was each above a threshold? (hours: longest run; all)",
        days.filter(days[UTILIZATION.cumulative(SEVERITIES[0])] > 0).order_by(
            [*severest, "circuit_id"]
        ),
        {"site_name": "site", "circuit_id": "circuit", **headings},
        measured=measured_of(days, days[UTILIZATION.judged].nullif(0)),
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
