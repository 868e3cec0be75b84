"""Port history beside the samples of a past hour: which of the two is used.

Belongs here: when samples are enough, what a history row is in bytes and minutes.
Keep out: what history proves of a state (`kpi.state`), fetching it (`mist.collect.port_history`).

Members of a circuit add up as their samples do. Samples are used if they cover 45 minutes of the
hour; else the history replaces bytes and observed minutes entirely, if it covers more of the hour.
The two are never mixed in one figure.
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.hour.traffic import prefer_aggregate
from wan_perf.kpi.state.evidence_window import (
    HOUR_US,
    MINUTE_US,
    SECOND_US,
    instant_us,
    microseconds,
)
from wan_perf.schema.formulas import VALUE_DECIMALS
from wan_perf.schema.metrics import QUALITY

SAMPLES_SUFFICE = timedelta(minutes=45)
_PAST = tuple(f"past_{metric.quantity}" for metric in QUALITY)


def is_covered(observed_us: ir.IntegerValue) -> ir.BooleanValue:
    """True where samples cover enough of the hour; false where they cover nothing."""
    return (observed_us >= microseconds(SAMPLES_SUFFICE)).fill_null(False)


def is_better(offered_us: ir.IntegerValue, current_us: ir.IntegerValue) -> ir.BooleanValue:
    """True where the next source replaces the current one, which covers too little and less."""
    return (~is_covered(current_us) & (offered_us > current_us)).fill_null(False)


def member_history(raw_port_history: ir.Table, ports: ir.Table) -> ir.Table:
    """Each port's hour as its history reports it.

    Columns: port_hour; past_us, past_rx_bytes, past_tx_bytes (NULL without coverage);
    past_quality_us, past_{loss,jitter,latency} (the same of quality); up_from_us, up_to_us: known
    to be up in between; is_carrying: traffic in all of the hour.
    """
    rows = raw_port_history.drop("site_id").inner_join(ports, ["gateway_mac", "port_id", "hour"])
    past_us = _us(rows.covered_minutes)

    def carried(bps: ir.FloatingValue) -> ir.IntegerValue:
        return (bps / 8 * past_us / SECOND_US).round().cast("int64")

    return rows.select(
        "port_hour",
        past_us=past_us.nullif(0),
        past_rx_bytes=carried(rows.rx_bps_mean),
        past_tx_bytes=carried(rows.tx_bps_mean),
        past_quality_us=_us(rows.quality_minutes).nullif(0),
        **{f"past_{m.quantity}": rows[f"{m.name}_mean"] for m in QUALITY},
        up_from_us=instant_us(rows.up_through_from, rows.hour),
        up_to_us=instant_us(rows.seen_at, rows.hour),
        is_carrying=(rows.carrying_minutes * MINUTE_US >= HOUR_US),
    )


def _us(minutes: ir.FloatingValue) -> ir.IntegerValue:
    return (minutes * MINUTE_US).round().cast("int64")


def circuit_history(past: ir.Table, members: ir.Table) -> ir.Table:
    """Per circuit_hour its members' history, combined.

    Columns: past_rx_bytes, past_tx_bytes, sums over members; past_us, the longest of theirs;
    past_quality_us; past_{loss,jitter,latency}, means weighted by the time of each member. A port
    that was a member for only a part of the hour is ignored: its history covers the whole hour.
    """
    all_hour = members.filter((members.member_from_us <= 0) & (members.member_to_us >= HOUR_US))
    whose = all_hour.select("port_hour", "circuit_hour", "is_aggregate")
    owned = past.inner_join(whose, "port_hour")
    parts = prefer_aggregate(owned, "past_us")
    volumes = parts.group_by("circuit_hour").aggregate(
        past_us=parts.past_us.max(),
        past_rx_bytes=parts.past_rx_bytes.sum(),
        past_tx_bytes=parts.past_tx_bytes.sum(),
    )
    reported = prefer_aggregate(owned, "past_quality_us")
    means: dict[str, ir.NumericScalar] = {}
    for metric in QUALITY:
        value = reported[f"past_{metric.quantity}"]
        weight = ibis.ifelse(value.notnull(), reported.past_quality_us, ibis.null("int64"))
        mean = (value * weight).sum() / weight.sum().nullif(0)
        means[f"past_{metric.quantity}"] = mean.round(VALUE_DECIMALS)
    quality = reported.group_by("circuit_hour").aggregate(
        past_quality_us=reported.past_quality_us.max(), **means
    )
    return volumes.left_join(quality, "circuit_hour").drop("circuit_hour_right")


def with_source(measured: ir.Table) -> ir.Table:
    """Bytes, quality and their minutes from the source that is used, with its name.

    Counts stay those of the samples. The history has means only: maximum, p95 and MOS are NULL.
    """
    sampled_us = measured.observed_us.fill_null(0)
    by_history = is_better(measured.past_us, sampled_us)
    recalled = is_better(measured.past_quality_us, measured.quality_us.fill_null(0))
    only_sampled = ("mos_avg", *(name for m in QUALITY for name in (m.max, m.p95)))
    nothing = ibis.null("float64")
    return measured.mutate(
        rx_bytes=ibis.ifelse(by_history, measured.past_rx_bytes, measured.rx_bytes),
        tx_bytes=ibis.ifelse(by_history, measured.past_tx_bytes, measured.tx_bytes),
        observed_us=ibis.ifelse(by_history, measured.past_us, measured.observed_us),
        source=ibis.cases((by_history, "history"), (sampled_us > 0, "samples")),
        quality_us=ibis.ifelse(recalled, measured.past_quality_us, measured.quality_us),
        quality_source=ibis.cases(
            (recalled, "history"), (measured.quality_sample_count > 0, "samples")
        ),
        **{
            m.avg: ibis.ifelse(recalled, measured[f"past_{m.quantity}"], measured[m.avg])
            for m in QUALITY
        },
        **{name: ibis.ifelse(recalled, nothing, measured[name]) for name in only_sampled},
    ).drop("past_us", "past_rx_bytes", "past_tx_bytes", "past_quality_us", *_PAST)
