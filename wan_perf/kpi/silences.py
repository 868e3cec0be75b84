"""Silences of a gateway, and what settles them once it is heard again.

Belongs here: when a silence began and ended, what uptime and counters prove of it.
Keep out: what a silence means for a circuit's state (`circuit_states`).

A silence lasts from the first GW_DISCONNECTED after the gateway was last known to be connected to
the next GW_CONNECTED, 24 hours at most. What follows settles it:

- `restarted`: the gateway booted after the silence began, so it had no power;
- `carried`: it did not, and a counter of the port grew by more than the time around the silence can
  explain (twice the rate beside it, for the time between the samples and the silence's ends and for
  five minutes more, as nobody knows how long after its last report a gateway fell silent) and by
  1 kbit/s for the whole silence;
- `cut`: it did not, and both counters grew by less than 1 kbit/s, though the port carries more than
  that before or after it. A port that is idle when it is heard, too, proves nothing.

Everything else leaves the silence unsettled, and so does a counter that went back on either side of
it; outliers (`counters`) are passed over.
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.counters import without_outliers
from wan_perf.kpi.nearness import (
    EVENT_REACH_BACK,
    SAMPLE_REACH,
    SECOND_US,
    fresh,
    microseconds,
)

IDLE_BPS = 1000
"""A line that carries less than this carries nothing."""
_ONSET = timedelta(minutes=5)
_SLACK = 2
_LAST, _BEFORE_LAST, _FIRST, _SECOND = "last", "before_last", "first", "second"


def gateway_silences(raw_gateway_event: ir.Table, raw_port_sample: ir.Table) -> ir.Table:
    """Silences that are over, a row for the gateway and one for each of its ports.

    The gateway's row (`port_id` NULL) says `restarted` or nothing; a port's row `carried`, `cut` or
    nothing. A silence counts in the hour in which it ended, and what settles it is what that hour
    sees: events up to 24 hours before it, samples up to the end of the hour after it.
    """
    silences = _silences(raw_gateway_event)
    near = _samples_beside(silences, raw_port_sample)
    key = ["gateway_mac", "started_at", "ended_at"]
    ports = _outcomes(near, key)
    restarted = ports.group_by(*key).aggregate(booted=ports.has_booted.ifelse(1, 0).max() == 1)
    gateways = silences.left_join(restarted, key)
    return ibis.union(
        gateways.select(
            *key,
            port_id=ibis.null("string"),
            outcome=ibis.cases((gateways.booted, "restarted"), else_=ibis.null("string")),
        ),
        ports.select(*key, "port_id", "outcome"),
    )


def _silences(raw_gateway_event: ir.Table) -> ir.Table:
    """gateway_mac, started_at, ended_at of each silence."""
    kinds = ["gateway_disconnected", "gateway_connected"]
    heard = raw_gateway_event.filter(raw_gateway_event.event_kind.isin(kinds))
    told = heard.select(
        "gateway_mac", "event_at", is_connected=heard.event_kind == kinds[1]
    ).distinct()
    before = ibis.window(
        group_by=told.gateway_mac,
        order_by=[told.event_at, told.is_connected],
        preceding=(None, 1),
    )
    numbered = told.mutate(nth=told.is_connected.ifelse(1, 0).sum().over(before).fill_null(0))
    ends = numbered.filter(numbered.is_connected).select("gateway_mac", "nth", "event_at")
    ends = ends.rename(ended_at="event_at")
    losses = numbered.filter(~numbered.is_connected)
    pairs = ends.inner_join(losses, ["gateway_mac", "nth"])
    reach_h = EVENT_REACH_BACK // timedelta(hours=1)
    in_reach = pairs.filter(
        pairs.event_at >= pairs.ended_at.truncate("h") + ibis.interval(hours=-reach_h)
    )
    return in_reach.group_by("gateway_mac", "ended_at").aggregate(
        started_at=in_reach.event_at.min()
    )


def _samples_beside(silences: ir.Table, raw_port_sample: ir.Table) -> ir.Table:
    """The two samples before and the two after each silence, of each port and counter source."""
    pairs = fresh(raw_port_sample).inner_join(silences, "gateway_mac")
    hour = pairs.ended_at.truncate("h")
    reach_h = EVENT_REACH_BACK // timedelta(hours=1)
    seen = pairs.filter(
        (pairs.pass_at < hour + ibis.interval(hours=2))
        & (pairs.pass_at >= hour + ibis.interval(hours=-1 - reach_h))
    )
    key = ["gateway_mac", "started_at", "ended_at", "port_id", "counter_source"]
    readings = ["uptime_seconds", "rx_bytes_counter", "tx_bytes_counter"]
    equal = ibis.window(group_by=[*(seen[k] for k in key), seen.sampled_at], order_by=seen.pass_at)
    numbered = seen.select(*key, *readings, "sampled_at", nth=ibis.row_number().over(equal))
    once = numbered.filter((numbered.nth == 0) & numbered.rx_bytes_counter.notnull())
    once = once.filter(once.tx_bytes_counter.notnull() & once.uptime_seconds.notnull())
    from_start_us = _us(once.sampled_at, once.started_at)
    from_end_us = _us(once.sampled_at, once.ended_at)
    reach = 2 * microseconds(SAMPLE_REACH)
    sided = once.mutate(
        is_after=from_end_us >= 0,
        away_us=ibis.ifelse(from_end_us >= 0, from_end_us, -from_start_us),
        at_us=from_start_us,
    )
    near = sided.filter((sided.away_us >= 0) & (sided.away_us <= reach))
    counted = near.mutate(
        rx=near.rx_bytes_counter,
        tx=near.tx_bytes_counter,
        uptime_us=(near.uptime_seconds * SECOND_US).round().cast("int64"),
    )
    beside = without_outliers(counted, key)
    nearest = ibis.window(
        group_by=[*(beside[k] for k in key), beside.is_after], order_by=beside.away_us
    )
    ranked = beside.mutate(rank=ibis.row_number().over(nearest))
    return ranked.filter(ranked["rank"] < 2)


def _outcomes(near: ir.Table, key: list[str]) -> ir.Table:
    """Per silence and port: has_booted, outcome."""

    def of(which: str, name: str) -> ir.IntegerValue:
        after, rank = which in (_FIRST, _SECOND), which in (_BEFORE_LAST, _SECOND)
        chosen = (near.is_after == after) & (near["rank"] == int(rank))
        return ibis.ifelse(chosen, near[name], ibis.null("int64")).max()

    each = near.group_by(*key, "port_id", "counter_source").aggregate(
        uptime_us=ibis.ifelse(
            near.is_after & (near["rank"] == 0), near.uptime_seconds * SECOND_US, ibis.null()
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
    silence_us = _us(each.ended_at, each.started_at)
    booted_us = each.first_at - each.uptime_us
    has_booted = (booted_us > SECOND_US).fill_null(False)
    counts_on = (booted_us <= each.last_at + SECOND_US).fill_null(False)
    counts_on = counts_on & ~_went_back(each)
    margin_us = each.first_at - silence_us - each.last_at + microseconds(_ONSET)
    carried, cut, used = [], [], []
    for way in ("rx", "tx"):
        growth = each[f"{_FIRST}_{way}"] - each[f"{_LAST}_{way}"]
        least = ibis.literal(IDLE_BPS / 8 / SECOND_US) * silence_us
        rate = ibis.greatest(
            _rate(each, way, _BEFORE_LAST, _LAST).fill_null(0),
            _rate(each, way, _FIRST, _SECOND).fill_null(0),
        )
        is_known = (
            _rate(each, way, _BEFORE_LAST, _LAST).notnull()
            | _rate(each, way, _FIRST, _SECOND).notnull()
        )
        carried.append(is_known & (growth >= least + _SLACK * rate * margin_us))
        cut.append((growth >= 0) & (growth < least))
        used.append(rate * SECOND_US * 8 >= IDLE_BPS)
    judged = each.mutate(
        has_booted=has_booted,
        is_carried=(counts_on & (carried[0] | carried[1])).fill_null(False),
        is_cut=(counts_on & cut[0] & cut[1] & (used[0] | used[1])).fill_null(False),
    )
    of_port = judged.group_by(*key, "port_id").aggregate(
        has_booted=judged.has_booted.ifelse(1, 0).max() == 1,
        is_carried=judged.is_carried.ifelse(1, 0).max() == 1,
        is_cut=judged.is_cut.ifelse(1, 0).max() == 1,
    )
    return of_port.mutate(
        outcome=ibis.cases(
            (of_port.has_booted, ibis.null("string")),
            (of_port.is_carried, "carried"),
            (of_port.is_cut, "cut"),
            else_=ibis.null("string"),
        )
    )


def _went_back(each: ir.Table) -> ir.BooleanValue:
    """Whether a counter went back between the two samples on either side."""
    sides = ((_BEFORE_LAST, _LAST), (_FIRST, _SECOND))
    return ibis.or_(
        *(
            (each[f"{later}_{way}"] < each[f"{earlier}_{way}"]).fill_null(False)
            for earlier, later in sides
            for way in ("rx", "tx")
        )
    )


def _rate(each: ir.Table, way: str, one: str, other: str) -> ir.FloatingValue:
    """Bytes per microsecond between two samples on one side; NULL where a counter went back."""
    carried = each[f"{other}_{way}"] - each[f"{one}_{way}"]
    time_us = (each[f"{other}_at"] - each[f"{one}_at"]).nullif(0)
    return ibis.ifelse(carried >= 0, carried / time_us, ibis.null("float64"))


def _us(instant: ir.TimestampValue, origin: ir.TimestampValue) -> ir.IntegerValue:
    return instant.delta(origin, unit="microsecond").cast("int64")
