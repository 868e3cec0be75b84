"""Hours that an older tool measured: the last source of a circuit's hour.

Belongs here: when an imported figure is used, and which circuit a port belonged to.
Keep out: samples beside history (`port_history`), reading the file (`policy.circuit_file`).

Traffic, state and quality each follow the rule of samples and history: if the current source covers
less than 45 minutes of the hour and the import more than it, the import replaces the figures
entirely. Each of the three is decided separately. What the file does not contain is unknown.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.hour.port_history import is_better
from wan_perf.kpi.state.evidence_window import HOUR_US, MINUTE_US
from wan_perf.schema.metrics import QUALITY

_QUALITY = tuple(name for metric in QUALITY for name in (metric.avg, metric.max, metric.p95))
_STATE = ("standby_us", "disabled_us", "no_telemetry_us", "link_up_us")
"""Parts of an hour's state that no file contains."""


def imported_hours(raw_circuit_hour: ir.Table, circuits: ir.Table) -> ir.Table:
    """Each circuit's hour as imported.

    Columns: circuit_hour; imported_us, imported_rx_bytes, imported_tx_bytes;
    imported_bandwidth_mbps; imported_known_us, imported_up_us, imported_flap_count of its state;
    imported_quality_us, imported_{loss,jitter,latency}_{avg,max,p95}_{pct,ms}.
    """
    numbered = circuits.select("circuit_hour", "hour", "circuit_id")
    rows = raw_circuit_hour.inner_join(numbered, ["hour", "circuit_id"])
    return rows.select(
        "circuit_hour",
        imported_us=_us(rows.observed_minutes),
        imported_rx_bytes=rows.rx_bytes,
        imported_tx_bytes=rows.tx_bytes,
        imported_bandwidth_mbps=rows.bandwidth_mbps,
        imported_known_us=ibis.ifelse(
            rows.up_minutes.notnull(), HOUR_US - _us(rows.unknown_minutes), ibis.null("int64")
        ),
        imported_up_us=_us(rows.up_minutes),
        imported_flap_count=rows.flap_count,
        imported_quality_us=_us(rows.quality_minutes),
        **{f"imported_{name}": rows[name] for name in _QUALITY},
    )


def _us(minutes: ir.FloatingValue) -> ir.IntegerValue:
    return (minutes * MINUTE_US).round().cast("int64")


def with_import(measured: ir.Table) -> ir.Table:
    """Traffic, state and quality from the source that is used, import or not.

    Standby and disabled minutes are known too: the import does not replace an hour of them.
    An imported bandwidth is used only with the imported bytes, and if no dimension has one.
    """
    own = {
        name: measured[name].fill_null(0) for name in ("up_us", "down_us", "flap_count", *_STATE)
    }
    use_traffic = is_better(measured.imported_us, measured.observed_us.fill_null(0))
    state_known_us = own["up_us"] + own["down_us"] + own["standby_us"] + own["disabled_us"]
    use_state = is_better(measured.imported_known_us, state_known_us)
    use_quality = is_better(measured.imported_quality_us, measured.quality_us.fill_null(0))
    use_rate = (
        use_traffic & measured.bandwidth_mbps.isnull() & measured.imported_bandwidth_mbps.notnull()
    )

    def chosen(where: ir.BooleanValue, imported: ir.Value | None, current: ir.Value) -> ir.Value:
        new = ibis.null(current.type()) if imported is None else imported
        return ibis.ifelse(where, new, current)

    imported_down_us = measured.imported_known_us - measured.imported_up_us
    return measured.mutate(
        rx_bytes=chosen(use_traffic, measured.imported_rx_bytes, measured.rx_bytes),
        tx_bytes=chosen(use_traffic, measured.imported_tx_bytes, measured.tx_bytes),
        observed_us=chosen(use_traffic, measured.imported_us, measured.observed_us),
        source=chosen(use_traffic, ibis.literal("import"), measured.source),
        bandwidth_mbps=chosen(use_rate, measured.imported_bandwidth_mbps, measured.bandwidth_mbps),
        bandwidth_source=chosen(use_rate, ibis.literal("import"), measured.bandwidth_source),
        up_us=chosen(use_state, measured.imported_up_us, own["up_us"]),
        down_us=chosen(use_state, imported_down_us, own["down_us"]),
        down_cause=chosen(use_state, None, measured.down_cause),
        flap_count=chosen(use_state, measured.imported_flap_count, own["flap_count"]),
        state_evidence=chosen(use_state, ibis.literal("import"), measured.state_evidence),
        quality_us=chosen(use_quality, measured.imported_quality_us, measured.quality_us),
        quality_source=chosen(use_quality, ibis.literal("import"), measured.quality_source),
        mos_avg=chosen(use_quality, None, measured.mos_avg),
        **{
            name: chosen(use_quality, measured[f"imported_{name}"], measured[name])
            for name in _QUALITY
        },
        **{name: chosen(use_state, None, own[name]) for name in _STATE},
    ).drop(*(name for name in measured.columns if name.startswith("imported_")))


def circuits_by_port(dim_site: ir.Table, dim_circuit: ir.Table, circuit_port: ir.Table) -> ir.Table:
    """Which circuit a port of a site was, by its own name and its interface's, and since when.

    Columns: site_id, site_name, port_id, circuit_id, valid_from, valid_to. A site that was renamed
    has each of its names for the time in which it was valid.
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
    """Pairs of rows with the same key, each for the time in which both are valid."""
    pairs = one.inner_join(other, key, rname="{name}_of_other")
    start = ibis.greatest(pairs.valid_from, pairs.valid_from_of_other)
    mine, others = pairs.valid_to, pairs.valid_to_of_other
    end = ibis.least(mine.fill_null(others), others.fill_null(mine))
    timed = pairs.mutate(valid_from=start, valid_to=end)
    is_valid = timed.valid_to.isnull() | (timed.valid_from < timed.valid_to)
    return timed.filter(is_valid).drop("valid_from_of_other", "valid_to_of_other")
