"""The canonical fact: site x circuit x hour.

Belongs here: how state, traffic and quality are joined to a circuit's row.
Keep out: how each is computed (`kpi.state.circuit_states`, `traffic`, `quality`, `severities`), the
formulas (`schema.formulas`).
"""

from typing import cast

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.in_service import in_service
from wan_perf.kpi.hour.imported_hours import imported_hours, with_import
from wan_perf.kpi.hour.port_history import circuit_history, member_history, with_source
from wan_perf.kpi.hour.quality import circuit_quality
from wan_perf.kpi.hour.regular_traffic import hourly_traffic
from wan_perf.kpi.hour.severities import with_severity
from wan_perf.kpi.state.evidence_window import (
    HOUR_US,
    MINUTE_US,
    evidence_events,
    instant_us,
    members_in_hour,
)
from wan_perf.schema import formulas
from wan_perf.schema.columns import COLUMNS
from wan_perf.schema.metrics import QUALITY
from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.schema.values import ACTIVE, EVIDENCE

CAUSES = COLUMNS["down_cause"].one_of
MINUTE_DECIMALS = 4
PERCENT_DECIMALS = 4
"""Stored to 6 ms and 0.0001 percentage points, in a third of the space of unrounded values."""
_BELOW_WHOLE_PCT = 100 - 10**-PERCENT_DECIMALS


def rounded_share_pct(part: ir.NumericValue, whole: ir.NumericValue | float) -> ir.FloatingValue:
    """Part / whole * 100, rounded; NULL where the whole is 0 or unknown. [%]

    100 only where nothing is missing: a share that would round to it is 99.9999. Rounded minutes
    can exceed their hour by a step; a share never exceeds the whole.
    """
    whole = cast(ir.NumericValue, ibis.literal(whole)) if isinstance(whole, int | float) else whole
    rounded = formulas.availability_pct(part, whole).round(PERCENT_DECIMALS)
    return ibis.ifelse(part < whole, ibis.least(rounded, _BELOW_WHOLE_PCT), rounded).clip(0, 100)


def circuit_hours(
    circuit_state: ir.Table,
    raw_port_sample: ir.Table,
    raw_port_history: ir.Table,
    raw_circuit_hour: ir.Table,
    circuit_poll: ir.Table,
    raw_gateway_event: ir.Table,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
    circuit_port: ir.Table,
    dim_hour: ir.Table,
    dim_policy: ir.Table,
) -> ir.Table:
    """One row per circuit in service and hour of `dim_hour`, also where there is no telemetry."""
    circuits = in_service(dim_site, dim_circuit, dim_hour)
    members = members_in_hour(circuits, circuit_port)
    past = member_history(raw_port_history, members)
    events = evidence_events(raw_gateway_event, members)
    measured = circuits
    for figures in (
        main_members(members),
        hourly_traffic(raw_port_sample, events, members),
        circuit_quality(circuit_poll, circuits),
        circuit_history(past, members),
        imported_hours(raw_circuit_hour, circuits),
    ):
        measured = measured.left_join(figures, "circuit_hour").drop("circuit_hour_right")
    stated = measured.left_join(state_sums(circuit_state), ["hour", "circuit_id"])
    merged = with_import(with_source(stated.drop("hour_right", "circuit_id_right")))
    rows = _figures(_without_quality_of_outages(merged))
    return with_severity(rows, dim_policy, dim_hour).select(*CIRCUIT_HOUR.columns)


def _without_quality_of_outages(rows: ir.Table) -> ir.Table:
    """The rows, without loss, jitter and latency of hours known to be down throughout.

    Delay is conditional on arrival (RFC 7679): what is measured then is not of this circuit.
    """
    is_down = (rows.down_us >= HOUR_US).fill_null(False)
    figures = (name for m in QUALITY for name in (m.avg, m.max, m.p95))
    unknown = ("mos_avg", "quality_source", "quality_us", "quality_sample_count", *figures)
    return rows.mutate(
        **{name: ibis.ifelse(is_down, ibis.null(rows[name].type()), rows[name]) for name in unknown}
    )


def state_sums(circuit_state: ir.Table) -> ir.Table:
    """Sums of a circuit's state intervals by hour, in whole microseconds.

    Columns: hour, circuit_id, up_us, down_us, link_up_us, standby_us, disabled_us, no_telemetry_us,
    active_us, down_cause, state_evidence, flap_count.
    """
    intervals = circuit_state.mutate(
        hour=circuit_state.started_at.truncate("h"),
        length_us=instant_us(circuit_state.ended_at, circuit_state.started_at),
    )

    def spent(where: ir.BooleanValue) -> ir.IntegerValue:
        return ibis.ifelse(where.fill_null(False), intervals.length_us, 0).sum()

    sums = intervals.group_by("hour", "circuit_id").aggregate(
        up_us=spent(intervals.state == "up"),
        down_us=spent(intervals.state == "down"),
        link_up_us=spent(intervals.is_link_up),
        standby_us=spent(intervals.state == "standby"),
        disabled_us=spent(intervals.state == "disabled"),
        no_telemetry_us=spent(intervals.state == "no_telemetry"),
        active_us=spent(intervals.activity.isin(ACTIVE)),
        activity_known_us=spent(intervals.activity.notnull()),
        flap_count=intervals.turned_to.count(),
        **{f"{cause}_us": spent(intervals.down_cause == cause) for cause in CAUSES},
        **{f"{word}_us": spent(intervals.state_evidence == word) for word in EVIDENCE},
    )
    most = ibis.greatest(*(sums[f"{cause}_us"] for cause in CAUSES))
    return sums.mutate(
        down_cause=ibis.cases(
            *(((most > 0) & (sums[f"{cause}_us"] == most), cause) for cause in CAUSES),
        ),
        state_evidence=ibis.cases(
            *((sums[f"{word}_us"] > 0, word) for word in reversed(EVIDENCE)),
        ),
        # Without a known activity the active time is unknown, not 0.
        active_us=ibis.ifelse(sums.activity_known_us > 0, sums.active_us, ibis.null("int64")),
    ).drop("activity_known_us", *(f"{word}_us" for word in (*CAUSES, *EVIDENCE)))


def main_members(members: ir.Table) -> ir.Table:
    """Per circuit_hour the gateway and port of its row: those at the end of the hour.

    Of several ports the aggregated interface, else the first by name.
    """
    at_end = members.filter(members.member_to_us >= HOUR_US)
    order = ibis.window(
        group_by=at_end.circuit_hour,
        order_by=[
            at_end.is_aggregate.fill_null(False).desc(),
            at_end.member_from_us.desc(),
            at_end.gateway_mac,
            at_end.port_id,
        ],
    )
    ranked = at_end.mutate(nth=ibis.row_number().over(order))
    return ranked.filter(ranked.nth == 0).select("circuit_hour", "gateway_mac", "port_id")


def _figures(rows: ir.Table) -> ir.Table:
    """Minutes, bytes and the users' formulas on every row; unknown without evidence."""

    def minutes(us: ir.IntegerValue) -> ir.FloatingValue:
        return (us / MINUTE_US).round(MINUTE_DECIMALS)

    # Differences of rounded values, so that the three add up to the hour, and hours to a day.
    up, known = minutes(rows.up_us), minutes(rows.up_us + rows.down_us)
    timed = rows.mutate(
        observed_minutes=minutes(rows.observed_us.fill_null(0)),
        up_minutes=up,
        known_down_minutes=(known - up).round(MINUTE_DECIMALS),
        unknown_minutes=(60 - known).round(MINUTE_DECIMALS),
        link_up_minutes=minutes(rows.link_up_us),
        standby_minutes=minutes(rows.standby_us),
        disabled_minutes=minutes(rows.disabled_us),
        no_telemetry_minutes=minutes(rows.no_telemetry_us),
        quality_minutes=minutes(rows.quality_us.fill_null(0)),
        active_minutes=minutes(rows.active_us),
        quality_sample_count=rows.quality_sample_count.fill_null(0),
        sample_count=rows.sample_count.fill_null(0),
        reset_count=rows.reset_count.fill_null(0),
        dropped_count=rows.dropped_count.fill_null(0),
    )
    up_mbps = timed.bandwidth_up_mbps.fill_null(timed.bandwidth_mbps)
    utilization = formulas.utilization_pct(
        timed.rx_bytes,
        timed.tx_bytes,
        formulas.capacity_bytes(timed.bandwidth_mbps, timed.observed_minutes),
        formulas.capacity_bytes(up_mbps, timed.observed_minutes),
    )
    known = timed.up_minutes + timed.known_down_minutes
    return timed.mutate(
        down_minutes=formulas.down_minutes(timed.up_minutes, 60).round(MINUTE_DECIMALS),
        utilization_pct=utilization.round(PERCENT_DECIMALS),
        status_hourly=formulas.status_hourly(timed.up_minutes, timed.unknown_minutes),
        availability_pct=rounded_share_pct(timed.up_minutes, known),
    )
