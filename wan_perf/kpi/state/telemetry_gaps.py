"""Telemetry gaps of a gateway, and their outcome once it is connected again.

Belongs here: when a telemetry gap began and ended, what uptime and counters prove of it.
Keep out: what a telemetry gap means for a circuit's state (`circuit_states`).

A telemetry gap lasts from the first GW_DISCONNECTED after the gateway was last known to be
connected to the next GW_CONNECTED, 24 hours at most. The samples around it settle its outcome:

- `restarted`: the gateway booted after the gap began, so it had no power;
- `carried`: it did not boot, and a counter of the port grew by more than the time around the gap
  can explain (twice the rate before or after it, for the time between the samples and the gap's
  ends and for five minutes more, as the time from a gateway's last report to its disconnect is not
  known) and by 1 kbit/s for the whole gap;
- `cut`: it did not boot, and both counters grew by less than 1 kbit/s, though the port carries more
  than that before or after the gap. A port that is idle outside the gap too proves nothing.

Otherwise the gap is unsettled, and so it is where a counter decreased on either side of it;
outliers (`counters`) are skipped.
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.hour.counter_deltas import without_outliers
from wan_perf.kpi.state.evidence_window import (
    EVENT_REACH_BACK,
    SAMPLE_REACH,
    SECOND_US,
    fresh,
    microseconds,
)

IDLE_BPS = 1000
"""Below this rate a circuit is idle."""
_ONSET = timedelta(minutes=5)
_SLACK = 2
_LAST, _BEFORE_LAST, _FIRST, _SECOND = "last", "before_last", "first", "second"


def telemetry_gaps(raw_gateway_event: ir.Table, raw_port_sample: ir.Table) -> ir.Table:
    """Telemetry gaps that have ended: a row for the gateway and one for each of its ports.

    The outcome of the gateway's row (`port_id` NULL) is `restarted` or NULL; that of a port's row
    `carried`, `cut` or NULL. A telemetry gap belongs to the hour in which it ended and is settled
    by the evidence window of that hour: events up to 24 hours before it, samples up to the end of
    the hour after it.
    """
    ended = _ended_gaps(raw_gateway_event)
    samples = _adjacent_samples(ended, raw_port_sample)
    key = ["gateway_mac", "started_at", "ended_at"]
    ports = _outcomes(samples, key)
    restarted = ports.group_by(*key).aggregate(booted=ports.has_booted.ifelse(1, 0).max() == 1)
    gateways = ended.left_join(restarted, key)
    return ibis.union(
        gateways.select(
            *key,
            port_id=ibis.null("string"),
            outcome=ibis.cases((gateways.booted, "restarted"), else_=ibis.null("string")),
        ),
        ports.select(*key, "port_id", "outcome"),
    )


def _ended_gaps(raw_gateway_event: ir.Table) -> ir.Table:
    """gateway_mac, started_at, ended_at of each telemetry gap that has ended."""
    kinds = ["gateway_disconnected", "gateway_connected"]
    chosen = raw_gateway_event.filter(raw_gateway_event.event_kind.isin(kinds))
    events = chosen.select(
        "gateway_mac", "event_at", is_connected=chosen.event_kind == kinds[1]
    ).distinct()
    before = ibis.window(
        group_by=events.gateway_mac,
        order_by=[events.event_at, events.is_connected],
        preceding=(None, 1),
    )
    numbered = events.mutate(
        gap_number=events.is_connected.ifelse(1, 0).sum().over(before).fill_null(0)
    )
    ends = numbered.filter(numbered.is_connected).select("gateway_mac", "gap_number", "event_at")
    ends = ends.rename(ended_at="event_at")
    losses = numbered.filter(~numbered.is_connected)
    pairs = ends.inner_join(losses, ["gateway_mac", "gap_number"])
    reach_h = EVENT_REACH_BACK // timedelta(hours=1)
    in_reach = pairs.filter(
        pairs.event_at >= pairs.ended_at.truncate("h") + ibis.interval(hours=-reach_h)
    )
    return in_reach.group_by("gateway_mac", "ended_at").aggregate(
        started_at=in_reach.event_at.min()
    )


def _adjacent_samples(gaps: ir.Table, raw_port_sample: ir.Table) -> ir.Table:
    """The two samples before and the two after each gap, of each port and counter source."""
    pairs = fresh(raw_port_sample).inner_join(gaps, "gateway_mac")
    hour = pairs.ended_at.truncate("h")
    reach_h = EVENT_REACH_BACK // timedelta(hours=1)
    in_window = pairs.filter(
        (pairs.pass_at < hour + ibis.interval(hours=2))
        & (pairs.pass_at >= hour + ibis.interval(hours=-1 - reach_h))
    )
    key = ["gateway_mac", "started_at", "ended_at", "port_id", "counter_source"]
    readings = ["uptime_seconds", "rx_bytes_counter", "tx_bytes_counter"]
    equal = ibis.window(
        group_by=[*(in_window[k] for k in key), in_window.sampled_at], order_by=in_window.pass_at
    )
    numbered = in_window.select(
        *key, *readings, "sampled_at", row_number=ibis.row_number().over(equal)
    )
    once = numbered.filter((numbered.row_number == 0) & numbered.rx_bytes_counter.notnull())
    once = once.filter(once.tx_bytes_counter.notnull() & once.uptime_seconds.notnull())
    from_start_us = _us(once.sampled_at, once.started_at)
    from_end_us = _us(once.sampled_at, once.ended_at)
    reach = 2 * microseconds(SAMPLE_REACH)
    sided = once.mutate(
        is_after=from_end_us >= 0,
        away_us=ibis.ifelse(from_end_us >= 0, from_end_us, -from_start_us),
        at_us=from_start_us,
    )
    in_reach = sided.filter((sided.away_us >= 0) & (sided.away_us <= reach))
    readings_us = in_reach.mutate(
        rx=in_reach.rx_bytes_counter,
        tx=in_reach.tx_bytes_counter,
        uptime_us=(in_reach.uptime_seconds * SECOND_US).round().cast("int64"),
    )
    valid = without_outliers(readings_us, key)
    by_distance = ibis.window(
        group_by=[*(valid[k] for k in key), valid.is_after], order_by=valid.away_us
    )
    ranked = valid.mutate(rank=ibis.row_number().over(by_distance))
    return ranked.filter(ranked["rank"] < 2)


def _outcomes(samples: ir.Table, key: list[str]) -> ir.Table:
    """Per telemetry gap and port: has_booted, outcome."""

    def of(which: str, name: str) -> ir.IntegerValue:
        after, rank = which in (_FIRST, _SECOND), which in (_BEFORE_LAST, _SECOND)
        chosen = (samples.is_after == after) & (samples["rank"] == int(rank))
        return ibis.ifelse(chosen, samples[name], ibis.null("int64")).max()

    each = samples.group_by(*key, "port_id", "counter_source").aggregate(
        uptime_us=ibis.ifelse(
            samples.is_after & (samples["rank"] == 0),
            samples.uptime_seconds * SECOND_US,
            ibis.null(),
        ).max(),
        **{
            f"{which}_{short}": of(which, name)
            for which in (_LAST, _BEFORE_LAST, _FIRST, _SECOND)
            for short, name in (
                ("at", "at_us"),
                ("rx", "rx_bytes_counter"),
                ("tx", "tx_bytes_counter"),
            )
        },
    )
    gap_us = _us(each.ended_at, each.started_at)
    booted_us = each.first_at - each.uptime_us
    has_booted = (booted_us > SECOND_US).fill_null(False)
    is_continuous = (booted_us <= each.last_at + SECOND_US).fill_null(False)
    is_continuous = is_continuous & ~_has_decreased(each)
    margin_us = each.first_at - gap_us - each.last_at + microseconds(_ONSET)
    (carried_in, cut_in, used_in), (carried_out, cut_out, used_out) = (
        _of_direction(each, way, gap_us, margin_us) for way in ("rx", "tx")
    )
    evaluated = each.mutate(
        has_booted=has_booted,
        is_carried=(is_continuous & (carried_in | carried_out)).fill_null(False),
        is_cut=(is_continuous & cut_in & cut_out & (used_in | used_out)).fill_null(False),
    )
    of_port = evaluated.group_by(*key, "port_id").aggregate(
        has_booted=evaluated.has_booted.ifelse(1, 0).max() == 1,
        is_carried=evaluated.is_carried.ifelse(1, 0).max() == 1,
        is_cut=evaluated.is_cut.ifelse(1, 0).max() == 1,
    )
    return of_port.mutate(
        outcome=ibis.cases(
            (of_port.has_booted, ibis.null("string")),
            (of_port.is_carried, "carried"),
            (of_port.is_cut, "cut"),
            else_=ibis.null("string"),
        )
    )


def _of_direction(
    each: ir.Table, way: str, gap_us: ir.IntegerValue, margin_us: ir.IntegerValue
) -> tuple[ir.BooleanValue, ir.BooleanValue, ir.BooleanValue]:
    """Of a direction: traffic went on in the gap, hardly any did, there was some beside the gap."""
    growth = each[f"{_FIRST}_{way}"] - each[f"{_LAST}_{way}"]
    least = ibis.literal(IDLE_BPS / 8 / SECOND_US) * gap_us
    before, after = _rate(each, way, _BEFORE_LAST, _LAST), _rate(each, way, _FIRST, _SECOND)
    rate = ibis.greatest(before.fill_null(0), after.fill_null(0))
    is_known = before.notnull() | after.notnull()
    return (
        is_known & (growth >= least + _SLACK * rate * margin_us),
        (growth >= 0) & (growth < least),
        rate * SECOND_US * 8 >= IDLE_BPS,
    )


def _has_decreased(each: ir.Table) -> ir.BooleanValue:
    """Whether a counter decreased between the two samples on either side."""
    sides = ((_BEFORE_LAST, _LAST), (_FIRST, _SECOND))
    return ibis.or_(
        *(
            (each[f"{later}_{way}"] < each[f"{earlier}_{way}"]).fill_null(False)
            for earlier, later in sides
            for way in ("rx", "tx")
        )
    )


def _rate(each: ir.Table, way: str, one: str, other: str) -> ir.FloatingValue:
    """Bytes per microsecond between two samples on one side; NULL where a counter decreased."""
    growth = each[f"{other}_{way}"] - each[f"{one}_{way}"]
    time_us = (each[f"{other}_at"] - each[f"{one}_at"]).nullif(0)
    return ibis.ifelse(growth >= 0, growth / time_us, ibis.null("float64"))


def _us(instant: ir.TimestampValue, origin: ir.TimestampValue) -> ir.IntegerValue:
    return instant.delta(origin, unit="microsecond").cast("int64")
