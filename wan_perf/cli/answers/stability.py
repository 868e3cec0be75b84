"""Answers on instability: flaps, availability, chronic offenders, loss, jitter and latency.

Belongs here: which rows answer, and in which order.
Keep out: computing a figure (`kpi`).
"""

import ibis
import ibis.expr.types as ir

from wan_perf.cli.answers.answer import WHO, Answer, measured_of
from wan_perf.schema.metrics import QUALITY
from wan_perf.schema.periods import DAY
from wan_perf.schema.tables import (
    CHRONIC_OFFENDER,
    CIRCUIT_HOUR,
    TOP_OFFENDER,
)
from wan_perf.schema.values import SEVERITIES
from wan_perf.warehouse import Warehouse

_SHORT = {"loss": "loss", "jitter": "jit.", "latency": "lat."}
"""Quantities as headings, so that all six columns fit 80 columns."""


def flapping(warehouse: Warehouse, days: ir.Table) -> Answer:
    """The circuits of the day with the most transitions."""
    return Answer(
        "Which circuits flap?",
        _by_rank(warehouse, days, "flap_count"),
        {
            **WHO,
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
            **WHO,
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
            **WHO,
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
    known = sum((of_day[m.severity].count() for m in QUALITY), start=ibis.literal(0))
    by_circuit = of_day.group_by("site_name", "region", "circuit_id").aggregate(
        **counted, **peaks, judged_count=known
    )
    worst = sum((by_circuit[name] for name in counted), start=ibis.literal(0))
    return Answer(
        "Which circuits had bad quality? (hours at or above high, highest sample)",
        by_circuit.filter(worst > 0).order_by([worst.desc(), "circuit_id"]),
        {
            "site_name": "site",
            "region": "region",
            "circuit_id": "circuit",
            **{f"{m.quantity}_high_hours": f"{_SHORT[m.quantity]} h" for m in QUALITY},
            "loss_max_pct": "loss %",
            "jitter_max_ms": "jit. ms",
            "latency_max_ms": "lat. ms",
        },
        measured=measured_of(by_circuit, by_circuit.judged_count.nullif(0))
        .drop("circuits")
        .cross_join(days.aggregate(circuits=days.count())),
    )
