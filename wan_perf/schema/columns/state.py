"""Columns of the state of circuits: states, minutes in each, evidence."""

from wan_perf.schema.columns.column import count, flag, minutes, percent, text
from wan_perf.schema.values import ACTIVE, EVIDENCE, STATUSES

STATE = (
    text(
        "state",
        "Known: up, down. No known state: standby (on demand, not needed), disabled (switched off "
        "by a person), no_telemetry (of its gateway, unsettled), unknown.",
        ("up", "down", "standby", "disabled", "no_telemetry", "unknown"),
    ),
    text(
        "activity",
        "Whether the circuit carries its site's traffic: active or inactive as polls of the peer "
        "paths say, inferred where only its primary's outage does; NULL where unknown.",
        (*ACTIVE, "inactive"),
    ),
    flag("is_link_up", "A member port's link is up, whatever lies behind it."),
    text(
        "turned_to",
        "Where the row begins with a transition, the state it turned to.",
        ("up", "down"),
    ),
)

STATE_MINUTES = (
    minutes("up_minutes", "Minutes in which the circuit is known to be up."),
    minutes("down_minutes", "60 (the period's minutes) - up_minutes: known down plus unknown."),
    minutes("known_down_minutes", "Minutes in which the circuit is known to be down."),
    minutes("link_up_minutes", "Minutes in which the port's link is up, whatever lies behind it."),
    minutes("standby_minutes", "Unknown minutes in which the circuit was not needed, on demand."),
    minutes("disabled_minutes", "Unknown minutes in which a person had switched the port off."),
    text(
        "down_cause",
        "The cause of the longest down time: the circuit's port, its provider (isp), all its peer "
        "paths while their hubs were up (path), its gateway without power, or lines that were cut "
        "while the gateway sent no telemetry (wan).",
        ("port", "isp", "path", "gateway", "wan"),
    ),
    text(
        "outcome",
        "What settled a telemetry gap: the gateway booted; its port carried traffic; its lines "
        "were cut. NULL where nothing did.",
        ("restarted", "carried", "cut"),
    ),
    minutes("unknown_minutes", "Minutes in which no state is known; part of down_minutes."),
    text("status_hourly", "Up where up_minutes > 0; Unknown where all are unknown.", STATUSES),
    count(
        "flap_count",
        "Transitions Up to Down or Down to Up; NULL where an import that counts none is all there "
        "is.",
    ),
    percent("availability_pct", "Up over the minutes whose state is known."),
    percent("availability_low_pct", "Availability if every unknown minute was down."),
    percent("availability_high_pct", "Availability if every unknown minute was up."),
    percent("coverage_pct", "Share of the minutes whose state is known."),
)

EVIDENCE_OF_HOUR = (
    minutes(
        "active_minutes",
        "Minutes in which the circuit carried its site's traffic, or is inferred to have; NULL "
        "where its use is unknown.",
    ),
    minutes("no_telemetry_minutes", "Unknown minutes without telemetry of its gateway, unsettled."),
    text(
        "state_evidence",
        "What the known state rests on, of an hour the weakest: events and samples (observed), "
        "what followed a telemetry gap (settled), the history; or an older tool alone (import).",
        (*EVIDENCE, "import"),
    ),
)
