"""Link state and rates of the newest sample of a circuit, at one instant.

Belongs here: the reading that is shown until a second sample completes an interval.
Keep out: states and bytes between samples (`kpi.state.circuit_states`, `kpi.hour.traffic`).

A first poll has one sample of each port. It proves no minute of an hour, so it is not part of
`circuit_hour`, but it has the state of the link and the rates that the gateway measured last.
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.validity import in_force
from wan_perf.kpi.state.evidence_window import fresh
from wan_perf.schema import formulas

_PORT = ("gateway_mac", "port_id")
_BITS_PER_MEGABIT = 1e6


def newest_readings(
    raw_port_sample: ir.Table, circuit_port: ir.Table, now: ir.Table, lately: timedelta
) -> ir.Table:
    """One row per circuit with a fresh sample of the time before now: circuit_id and the reading.

    A circuit is up where one of its members is, and down where all are. Its rates are those of its
    aggregate, without one the sums over all members. The state is NULL where statistics of one
    instant contradict each other.

    Args:
        raw_port_sample: The newest polls.
        circuit_port: Member ports.
        now: One row: as_of_at, this_hour.
        lately: How old a reading may be.

    Returns:
        circuit_id, read_state (up, down or NULL), read_rx_bps, read_tx_bps.
    """
    seconds = lately // timedelta(seconds=1)
    samples = fresh(raw_port_sample).cross_join(now)
    recent = samples.filter(
        (samples.sampled_at <= samples.as_of_at)
        & (samples.sampled_at >= samples.as_of_at + ibis.interval(seconds=-seconds))
    )
    dated = circuit_port.cross_join(now)
    members = dated.filter(in_force(dated, dated.this_hour + ibis.interval(hours=1)))
    members = members.select("circuit_id", *_PORT, is_whole=members.is_aggregate.fill_null(False))
    links, rates = _links(recent), _rates(recent)
    read = members.left_join(links, _PORT).drop("gateway_mac_right", "port_id_right")
    read = read.left_join(rates, _PORT).drop("gateway_mac_right", "port_id_right")
    has_rates = read.rx_bps.notnull() & read.tx_bps.notnull()
    circuits = read.group_by("circuit_id").aggregate(
        members=read.count(),
        ups=(read.link == 1).fill_null(False).ifelse(1, 0).sum(),
        downs=(read.link == 0).fill_null(False).ifelse(1, 0).sum(),
        parts=(~read.is_whole).ifelse(1, 0).sum(),
        parts_with_rates=(has_rates & ~read.is_whole).ifelse(1, 0).sum(),
        **{f"whole_{d}": read[f"{d}_bps"].max(where=read.is_whole) for d in ("rx", "tx")},
        **{f"parts_{d}": read[f"{d}_bps"].sum(where=~read.is_whole) for d in ("rx", "tx")},
    )
    is_complete = (circuits.parts > 0) & (circuits.parts_with_rates == circuits.parts)
    sums = {
        f"read_{d}_bps": circuits[f"whole_{d}"].fill_null(
            ibis.ifelse(is_complete, circuits[f"parts_{d}"], ibis.null("float64"))
        )
        for d in ("rx", "tx")
    }
    state = ibis.cases((circuits.ups > 0, "up"), (circuits.downs == circuits.members, "down"))
    return circuits.select("circuit_id", read_state=state, **sums)


def read_utilization_pct(rows: ir.Table) -> ir.FloatingValue:
    """The rates of the newest reading over the provisioned bandwidth; NULL where unknown. [%]

    The users' formula over one second: bytes at the measured rate over bytes at the bought rate.
    """
    up_mbps = rows.bandwidth_up_mbps.fill_null(rows.bandwidth_mbps)
    return formulas.utilization_pct(
        rows.read_rx_bps,
        rows.read_tx_bps,
        rows.bandwidth_mbps * _BITS_PER_MEGABIT,
        up_mbps * _BITS_PER_MEGABIT,
    )


def _newest(samples: ir.Table) -> ir.Table:
    """Of each port the samples of its newest instant."""
    last = samples.sampled_at.max().over(ibis.window(group_by=[samples[name] for name in _PORT]))
    dated = samples.mutate(last_at=last)
    return dated.filter(dated.sampled_at == dated.last_at)


def _links(samples: ir.Table) -> ir.Table:
    known = _newest(samples.filter(samples.is_up.notnull()))
    is_up = known.is_up.ifelse(1, 0)
    found = known.group_by(*_PORT).aggregate(least=is_up.min(), most=is_up.max())
    link = ibis.ifelse(found.least == found.most, found.least, ibis.null("int64"))
    return found.select(*_PORT, link=link)


def _rates(samples: ir.Table) -> ir.Table:
    known = _newest(samples.filter(samples.rx_bps.notnull() & samples.tx_bps.notnull()))
    return known.group_by(*_PORT).aggregate(rx_bps=known.rx_bps.max(), tx_bps=known.tx_bps.max())
