"""What the state of circuits is computed from, and that state: telemetry gaps, polls, states."""

import ibis

from wan_perf.schema.declaration import Rule, Table
from wan_perf.schema.tables.publication import SAMPLES_DAYS

TELEMETRY_GAP = Table(
    "gateway_silence",  # the stored name: tables are not renamed (`warehouse.migrations`)
    "One row per ended telemetry gap of a gateway, and one per port of it; by the hour it ended.",
    group="events",
    partition="ended_at",
    key=("ended_at", "gateway_mac", "port_id"),
    nullable_key=("port_id",),
    required=("started_at",),
    columns=("ended_at", "gateway_mac", "port_id", "started_at", "outcome"),
    own_rules=(
        Rule(
            "telemetry_gaps_end_after_they_start",
            "A telemetry gap ends after it starts.",
            lambda t: t.started_at < t.ended_at,
        ),
    ),
)

CIRCUIT_POLL = Table(
    "circuit_poll",
    "One row per circuit and pass whose peer paths, or without any its ports, report a new sample.",
    group="facts",
    partition="pass_at",
    published_days=SAMPLES_DAYS,
    key=("pass_at", "circuit_id"),
    required=("sampled_at", "is_up"),
    columns=(
        *("pass_at", "circuit_id", "sampled_at", "is_up", "is_active"),
        *("latency_ms", "jitter_ms", "loss_pct", "mos", "measured_on"),
    ),
)

CIRCUIT_STATE = Table(
    "circuit_state",
    "One row per circuit and interval of one state and use within one UTC hour, end to end; none "
    "where a circuit has no port.",
    group="facts",
    partition="started_at",
    key=("started_at", "circuit_id"),
    required=("site_id", "ended_at", "state", "is_link_up"),
    columns=(
        *("started_at", "ended_at", "circuit_id", "site_id", "site_kind", "role_rank", "state"),
        *("down_cause", "activity", "is_link_up", "state_evidence", "turned_to"),
    ),
    own_rules=(
        Rule(
            "intervals_lie_within_their_hour",
            "An interval ends after it starts, and with its hour at the latest.",
            lambda t: (
                (t.started_at < t.ended_at)
                & (t.ended_at <= t.started_at.truncate("h") + ibis.interval(hours=1))
            ),
        ),
        Rule(
            "only_a_down_has_a_cause",
            "down_cause is given where the state is down, and only there.",
            lambda t: (t.state == "down") == t.down_cause.notnull(),
        ),
        Rule(
            "known_states_have_evidence",
            "A known state says what it rests on.",
            lambda t: ~t.state.isin(("up", "down")) | t.state_evidence.notnull(),
        ),
    ),
)
