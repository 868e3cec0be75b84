"""In service: which circuits have a row in an hour, and with which attributes.

Belongs here: circuits, their sites and their local time as of an hour.
Keep out: which circuits exist (`circuit_identity`), their measurements.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.validity import in_force
from wan_perf.kpi.state.evidence_window import HOUR_US, instant_us
from wan_perf.kpi.state.interval_overlay import overlap_us


def in_service(dim_site: ir.Table, dim_circuit: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """Circuit x hour with bandwidth, rank, site and local time: the rows of the hourly facts.

    Numbered by circuit_hour. Dimensions are joined as of the end of the hour, but a bandwidth that
    changes within the hour is weighted by time. A circuit that is switched off is not in service,
    nor is a contract for which no gateway is at the site.
    """
    hours = dim_hour.select("hour").distinct()
    hours = hours.mutate(hour_end=hours.hour + ibis.interval(hours=1))
    circuits = hours.join(dim_circuit, in_force(dim_circuit, hours.hour_end))
    circuits = circuits.filter(has_hourly_rows(circuits)).drop("valid_from", "valid_to")
    sited = circuits.left_join(
        dim_site, [circuits.site_id == dim_site.site_id, in_force(dim_site, circuits.hour_end)]
    )
    local = sited.left_join(dim_hour, ["hour", "time_zone"])
    columns = ["hour", "circuit_id", "site_id", "site_kind", "role_rank", "is_on_demand"]
    columns += ["bandwidth_mbps", "bandwidth_up_mbps", "bandwidth_source"]
    columns += ["region", "store_type", "is_trading_hour"]
    rows = _with_changes(local.select(*columns), dim_circuit)
    order = ibis.window(order_by=[rows.hour, rows.circuit_id])
    return rows.mutate(circuit_hour=ibis.row_number().over(order))


def has_hourly_rows(dim_circuit: ir.Table) -> ir.BooleanValue:
    """True for circuits that have a row in each hour: not switched off, and on a gateway."""
    return ~dim_circuit.is_disabled.fill_null(False) & dim_circuit.is_in_service.fill_null(True)


def _with_changes(circuits: ir.Table, dim_circuit: ir.Table) -> ir.Table:
    """The circuits, with the mean bandwidth of hours in which it changed (`changed_bandwidth`)."""
    changed = changed_bandwidth(circuits.select("hour", "circuit_id"), dim_circuit)
    both = circuits.left_join(changed, ["hour", "circuit_id"])
    has_changed = both.version_count.notnull()
    return both.mutate(
        bandwidth_mbps=ibis.ifelse(has_changed, both.mean_down, both.bandwidth_mbps),
        bandwidth_up_mbps=ibis.ifelse(has_changed, both.mean_up, both.bandwidth_up_mbps),
    ).select(*circuits.columns)


def changed_bandwidth(hours: ir.Table, dim_circuit: ir.Table) -> ir.Table:
    """Bandwidth of hours in which a version of their circuit begins: the mean, weighted by time.

    A mean is NULL where a version's rate is not known: the bytes of that part cannot be separated.

    Args:
        hours: hour, circuit_id.
        dim_circuit: Versions of circuits; those of one circuit do not overlap.

    Returns:
        hour, circuit_id, version_count, mean_down, mean_up [Mbit/s]; no row for other hours.
    """
    begins = dim_circuit.select(
        "circuit_id", "valid_from", hour=dim_circuit.valid_from.truncate("h")
    )
    # Of several versions in an hour the later ones begin within it: few hours have any.
    inside = begins.filter(begins.valid_from > begins.hour).select("circuit_id", "hour").distinct()
    few = hours.semi_join(inside, ["circuit_id", "hour"])
    end = few.hour + ibis.interval(hours=1)
    versions = few.join(
        dim_circuit,
        [
            few.circuit_id == dim_circuit.circuit_id,
            dim_circuit.valid_from < end,
            dim_circuit.valid_to.isnull() | (dim_circuit.valid_to > few.hour),
        ],
    )
    started = instant_us(versions.valid_from, versions.hour)
    ended = instant_us(versions.valid_to, versions.hour).fill_null(HOUR_US)
    timed = versions.select(
        "hour",
        "circuit_id",
        version_us=overlap_us(started, ended, 0, HOUR_US),
        down=versions.bandwidth_mbps,
        up=versions.bandwidth_up_mbps.fill_null(versions.bandwidth_mbps),
        has_up=versions.bandwidth_up_mbps.notnull().ifelse(1, 0),
    )

    def mean(rate: ir.FloatingValue) -> ir.FloatingValue:
        known = rate.count() == timed.count()
        value = (rate * timed.version_us).sum() / timed.version_us.sum()
        return ibis.ifelse(known, value, ibis.null("float64"))

    changed = timed.group_by("hour", "circuit_id").aggregate(
        version_count=timed.count(),
        mean_down=mean(timed.down),
        mean_up=ibis.ifelse(timed.has_up.max() == 1, mean(timed.up), ibis.null("float64")),
    )
    return changed.filter(changed.version_count > 1)
