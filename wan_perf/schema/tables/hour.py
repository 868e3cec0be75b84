"""The canonical fact and the hours of sites."""

import ibis
import ibis.expr.types as ir

from wan_perf.schema import formulas
from wan_perf.schema.declaration import Rule, Table
from wan_perf.schema.metrics import JUDGED, QUALITY
from wan_perf.schema.tables.rules import DOWN_IS_KNOWN_AND_UNKNOWN, STEP, agrees
from wan_perf.schema.values import SEVERITIES


def _utilization_of_hour(t: ir.Table) -> ir.NumericValue:
    up_mbps = t.bandwidth_up_mbps.fill_null(t.bandwidth_mbps)
    return formulas.utilization_pct(
        t.rx_bytes,
        t.tx_bytes,
        formulas.capacity_bytes(t.bandwidth_mbps, t.observed_minutes),
        formulas.capacity_bytes(up_mbps, t.observed_minutes),
    )


_HOUR_RULES = (
    Rule(
        "down_minutes_is_60_minus_up_minutes",
        "down_minutes = 60 - up_minutes.",
        lambda t: agrees(t.down_minutes, formulas.down_minutes(t.up_minutes, 60), STEP),
    ),
    DOWN_IS_KNOWN_AND_UNKNOWN,
    Rule(
        "status_follows_up_minutes",
        "status_hourly is Up if up_minutes > 0, Unknown if all 60 are unknown, else Down.",
        lambda t: t.status_hourly == formulas.status_hourly(t.up_minutes, t.unknown_minutes),
    ),
    Rule(
        "utilization_follows_its_formula",
        "utilization_pct = max(rx_bytes, tx_bytes) / bandwidth_bytes * 100.",
        lambda t: agrees(t.utilization_pct, _utilization_of_hour(t), STEP),
    ),
    Rule(
        "utilization_is_at_most_100_pct",
        "utilization_pct above 100 is burst or a wrong bandwidth.",
        lambda t: t.utilization_pct <= 100,
        enforced=False,
    ),
    Rule(
        "bandwidth_is_known",
        "A circuit without bandwidth has no utilization.",
        lambda t: t.bandwidth_mbps.notnull(),
        enforced=False,
    ),
    Rule(
        "counters_are_possible",
        "No counter went back without a boot or grew faster than the line: such are left out.",
        lambda t: t.dropped_count == 0,
        enforced=False,
    ),
)

CIRCUIT_HOUR = Table(
    "circuit_hour",
    "One row per circuit in service and UTC hour, also where nothing was received.",
    group="facts",
    partition="hour",
    minutes=60,
    key=("hour", "circuit_id"),
    required=(
        *("site_id", "up_minutes", "down_minutes", "known_down_minutes", "unknown_minutes"),
        *("status_hourly", "observed_minutes", "sample_count"),
        *("quality_minutes", "quality_sample_count"),
    ),
    columns=(
        *("hour", "circuit_id", "site_id", "site_kind", "gateway_mac", "port_id"),
        *("rx_bytes", "tx_bytes"),
        *("observed_minutes", "bandwidth_mbps", "bandwidth_up_mbps", "bandwidth_source"),
        "utilization_pct",
        *(figure for metric in QUALITY for figure in (metric.avg, metric.max, metric.p95)),
        *("mos_avg", "quality_sample_count", "quality_minutes", "quality_source"),
        *(metric.severity for metric in JUDGED),
        *(metric.level(severity) for metric in JUDGED for severity in SEVERITIES),
        *("up_minutes", "down_minutes", "known_down_minutes", "unknown_minutes"),
        *("standby_minutes", "disabled_minutes", "no_telemetry_minutes", "link_up_minutes"),
        *("active_minutes", "down_cause", "state_evidence", "status_hourly", "availability_pct"),
        *(
            "flap_count",
            "sample_count",
            "reset_count",
            "dropped_count",
            "is_trading_hour",
            "source",
        ),
    ),
    own_rules=_HOUR_RULES,
)

SITE_HOUR = Table(
    "site_hour",
    "One row per site and UTC hour in which a circuit of it was in service.",
    group="facts",
    partition="hour",
    minutes=60,
    key=("hour", "site_id"),
    required=(
        *("circuit_count", "up_minutes", "dark_minutes", "unreachable_minutes"),
        *("unknown_minutes", "redundancy_lost_minutes"),
    ),
    columns=(
        *("hour", "site_id", "circuit_count", "up_minutes", "dark_minutes"),
        *("unreachable_minutes", "unknown_minutes", "availability_pct", "on_backup_minutes"),
        *("redundancy_lost_minutes", "flap_count", "utilization_worst_pct"),
        "utilization_worst_circuit_id",
    ),
    own_rules=(
        Rule(
            "the_hour_is_all_of_its_parts",
            "up_minutes + dark_minutes + unreachable_minutes + unknown_minutes = 60.",
            lambda t: agrees(
                t.up_minutes + t.dark_minutes + t.unreachable_minutes + t.unknown_minutes,
                ibis.literal(60.0),
                2 * STEP,
            ),
        ),
    ),
)
