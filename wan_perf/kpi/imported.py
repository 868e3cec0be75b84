"""Hours that an older tool measured: the last source of a circuit's hour.

Belongs here: when an imported figure counts, and which circuit a port was.
Keep out: samples beside history (`history`), reading the file (`circuit_file`).

Traffic, state and quality each go by the rule of samples and history: where what is held speaks for
less than 45 minutes and the import for more, the import replaces all of it. The three are asked one
by one, and none is ever mixed. What the file does not say is unknown.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.history import is_better
from wan_perf.kpi.nearness import HOUR_US, MINUTE_US
from wan_perf.metrics import QUALITY

_QUALITY = tuple(name for metric in QUALITY for name in (metric.avg, metric.max, metric.p95))
_STATE = ("standby_us", "disabled_us", "unheard_us", "link_up_us")
"""Parts of an hour's state that no file tells."""


def import_near(raw_circuit_hour: ir.Table, circuits: ir.Table) -> ir.Table:
    """Each circuit's hour as the import has it.

    Columns: circuit_hour; imported_us, imported_rx_bytes, imported_tx_bytes;
    imported_bandwidth_mbps; imported_known_us, imported_up_us, imported_flap_count of its state;
    imported_quality_us, imported_{loss,jitter,latency}_{avg,max,p95}_{pct,ms}.
    """
    numbered = circuits.select("circuit_hour", "hour", "circuit_id")
    told = raw_circuit_hour.inner_join(numbered, ["hour", "circuit_id"])
    return told.select(
        "circuit_hour",
        imported_us=_us(told.observed_minutes),
        imported_rx_bytes=told.rx_bytes,
        imported_tx_bytes=told.tx_bytes,
        imported_bandwidth_mbps=told.bandwidth_mbps,
        imported_known_us=ibis.ifelse(
            told.up_minutes.notnull(), HOUR_US - _us(told.unknown_minutes), ibis.null("int64")
        ),
        imported_up_us=_us(told.up_minutes),
        imported_flap_count=told.flap_count,
        imported_quality_us=_us(told.quality_minutes),
        **{f"imported_{name}": told[name] for name in _QUALITY},
    )


def _us(minutes: ir.FloatingValue) -> ir.IntegerValue:
    return (minutes * MINUTE_US).round().cast("int64")


def with_import(measured: ir.Table) -> ir.Table:
    """Traffic, state and quality of what counts, after samples and history have been chosen from.

    An hour that is known to be standby or switched off is known: the import changes nothing of it.
    A bandwidth of the import counts only with its own bytes, and where no dimension has one.
    """
    own = {
        name: measured[name].fill_null(0) for name in ("up_us", "down_us", "flap_count", *_STATE)
    }
    carried = is_better(measured.imported_us, measured.observed_us.fill_null(0))
    told_us = own["up_us"] + own["down_us"] + own["standby_us"] + own["disabled_us"]
    stated = is_better(measured.imported_known_us, told_us)
    judged = is_better(measured.imported_quality_us, measured.quality_us.fill_null(0))
    unrated = (
        carried & measured.bandwidth_mbps.isnull() & measured.imported_bandwidth_mbps.notnull()
    )

    def chosen(where: ir.BooleanValue, imported: ir.Value | None, held: ir.Value) -> ir.Value:
        return ibis.ifelse(where, ibis.null(held.type()) if imported is None else imported, held)

    imported_down_us = measured.imported_known_us - measured.imported_up_us
    return measured.mutate(
        rx_bytes=chosen(carried, measured.imported_rx_bytes, measured.rx_bytes),
        tx_bytes=chosen(carried, measured.imported_tx_bytes, measured.tx_bytes),
        observed_us=chosen(carried, measured.imported_us, measured.observed_us),
        source=chosen(carried, ibis.literal("import"), measured.source),
        bandwidth_mbps=chosen(unrated, measured.imported_bandwidth_mbps, measured.bandwidth_mbps),
        bandwidth_source=chosen(unrated, ibis.literal("import"), measured.bandwidth_source),
        up_us=chosen(stated, measured.imported_up_us, own["up_us"]),
        down_us=chosen(stated, imported_down_us, own["down_us"]),
        down_cause=chosen(stated, None, measured.down_cause),
        flap_count=chosen(stated, measured.imported_flap_count, own["flap_count"]),
        state_evidence=chosen(stated, ibis.literal("import"), measured.state_evidence),
        quality_us=chosen(judged, measured.imported_quality_us, measured.quality_us),
        quality_source=chosen(judged, ibis.literal("import"), measured.quality_source),
        mos_avg=chosen(judged, None, measured.mos_avg),
        **{name: chosen(judged, measured[f"imported_{name}"], measured[name]) for name in _QUALITY},
        **{name: chosen(stated, None, own[name]) for name in _STATE},
    ).drop(*(name for name in measured.columns if name.startswith("imported_")))


def circuits_by_port(dim_site: ir.Table, dim_circuit: ir.Table, circuit_port: ir.Table) -> ir.Table:
    """Which circuit a port of a site was, by its own name and its interface's, and since when.

    Columns: site_id, site_name, port_id, circuit_id, valid_from, valid_to. A site that was renamed
    goes by each of its names while it had it.
    """
    names = ("circuit_id", "valid_from", "valid_to")
    over = circuit_port.filter(circuit_port.interface.notnull())
    ports = ibis.union(
        circuit_port.select(*names, "port_id"),
        over.select(*names, port_id=over.interface),
        distinct=True,
    )
    sited = _both(ports, dim_circuit.select("site_id", *names), "circuit_id")
    sites = dim_site.select("site_id", "site_name", "valid_from", "valid_to")
    columns = ("site_id", "site_name", "port_id", "circuit_id", "valid_from", "valid_to")
    return _both(sited, sites, "site_id").select(*columns).distinct()


def _both(one: ir.Table, other: ir.Table, key: str) -> ir.Table:
    """Pairs of rows with the same key, each for the time in which both hold."""
    pairs = one.inner_join(other, key, rname="{name}_of_other")
    start = ibis.greatest(pairs.valid_from, pairs.valid_from_of_other)
    mine, others = pairs.valid_to, pairs.valid_to_of_other
    end = ibis.least(mine.fill_null(others), others.fill_null(mine))
    timed = pairs.mutate(valid_from=start, valid_to=end)
    held = timed.valid_to.isnull() | (timed.valid_from < timed.valid_to)
    return timed.filter(held).drop("valid_from_of_other", "valid_to_of_other")
