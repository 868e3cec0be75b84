"""Flaps, failovers and runs above a level: pieces of one UTC day, and views of whole events."""

import ibis

from wan_perf.schema.declaration import Rule, Table, View
from wan_perf.schema.metrics import QUALITY
from wan_perf.schema.threshold_rules import PIECE_RULES, RUN_RULES

FLAP_EVENT = View(
    "flap_event",
    "One row per change of a circuit between up and down.",
    group="events",
    key=("turned_at", "circuit_id"),
    required=("site_id", "turned_to"),
    columns=("turned_at", "circuit_id", "site_id", "turned_to", "down_cause", "state_evidence"),
    sources=("circuit_state",),
    computed_by="wan_perf.kpi.events.episodes:flap_events",
)

_FAILOVER = (
    *("started_at", "ended_at", "primary_circuit_id", "backup_circuit_id", "failover_cause"),
)

_FAILOVER_MINUTES = ("on_backup_minutes", "dark_minutes", "no_telemetry_minutes")

_FAILOVER_PEAKS = tuple(metric.max for metric in QUALITY)

_FAILOVER_BEFORE = (
    "utilization_before_pct",
    *(f"{metric.quantity}_before_{metric.unit}" for metric in QUALITY),
)

FAILOVER_PIECE = Table(
    "failover_piece",
    "One row per part of a failover within one UTC day.",
    group="events",
    partition="day",
    key=("day", "site_id", "started_at"),
    required=("ended_at", "is_inferred", "is_begin", *_FAILOVER_MINUTES),
    minutes=1440,
    columns=(
        *("day", "site_id", *_FAILOVER, "is_inferred", "is_begin", *_FAILOVER_MINUTES),
        *("rx_bytes", "tx_bytes", "capacity_down_bytes", "capacity_up_bytes"),
        *(f"{metric.quantity}_sum_{metric.unit}" for metric in QUALITY),
        *(f"{metric.quantity}_count" for metric in QUALITY),
        *_FAILOVER_PEAKS,
        *_FAILOVER_BEFORE,
    ),
    own_rules=(
        Rule(
            "lies_within_its_day",
            "It lasts for some time, within its UTC day.",
            lambda t: (
                (t.started_at < t.ended_at)
                & (t.started_at.date() == t.day)
                & (t.ended_at <= t.day.cast("timestamp") + ibis.interval(days=1))
            ),
        ),
    ),
)

FAILOVER_EVENT = View(
    "failover_event",
    "One row per failover of a site, over any number of days; an open one ends with what is known.",
    group="events",
    key=("site_id", "started_at"),
    columns=(
        *("site_id", *_FAILOVER, "is_open", "is_inferred", *_FAILOVER_MINUTES),
        *("rx_bytes", "tx_bytes", "utilization_pct"),
        *(figure for metric in QUALITY for figure in (metric.avg, metric.max)),
        *_FAILOVER_BEFORE,
    ),
    sources=("failover_piece", "circuit_hour"),
    computed_by="wan_perf.kpi.events.episodes:failover_events",
)

_RUN = (
    *("circuit_id", "site_id", "metric", "severity", "level", "started_at", "ended_at"),
    *("above_hours", "value_max", "value_mean"),
)

THRESHOLD_PIECE = Table(
    "threshold_piece",
    "One row per part of a run above a level within one UTC day, one level and one site.",
    group="events",
    partition="day",
    key=("day", "circuit_id", "metric", "severity", "started_at"),
    required=tuple(dict.fromkeys((*_RUN, "value_sum"))),
    columns=("day", *_RUN, "value_sum"),
    own_rules=PIECE_RULES,
)

THRESHOLD_RUN = View(
    "threshold_run",
    "One row per run of consecutive hours at or above the level in force, over any number of days; "
    "a run in which the level or the site changed shows the newest.",
    group="events",
    key=("circuit_id", "metric", "severity", "started_at"),
    columns=(*_RUN, "is_open"),
    own_rules=RUN_RULES,
    sources=("threshold_piece", "circuit_hour"),
    computed_by="wan_perf.kpi.events.episodes:threshold_runs",
)
