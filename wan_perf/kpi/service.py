"""In service: which circuits have a row in an hour, and as what.

Belongs here: circuits, their sites and their local time as of an hour.
Keep out: which circuits there are at all (`identity`), what they did.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.validity import in_force


def in_service(dim_site: ir.Table, dim_circuit: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """Circuit x hour with bandwidth, rank, site and local time: what must have a row.

    Numbered by circuit_hour. Dimensions are joined as of the end of the hour. A circuit that is
    switched off is not in service.
    """
    hours = dim_hour.select("hour").distinct()
    hours = hours.mutate(hour_end=hours.hour + ibis.interval(hours=1))
    circuits = hours.join(dim_circuit, in_force(dim_circuit, hours.hour_end))
    circuits = circuits.filter(~circuits.is_disabled.fill_null(False)).drop(
        "valid_from", "valid_to"
    )
    sited = circuits.left_join(
        dim_site, [circuits.site_id == dim_site.site_id, in_force(dim_site, circuits.hour_end)]
    )
    local = sited.left_join(dim_hour, ["hour", "time_zone"])
    columns = ["hour", "circuit_id", "site_id", "role_rank", "is_on_demand", "bandwidth_mbps"]
    columns += ["bandwidth_up_mbps", "bandwidth_source", "region", "store_type", "is_trading_hour"]
    rows = local.select(*columns)
    order = ibis.window(order_by=[rows.hour, rows.circuit_id])
    return rows.mutate(circuit_hour=ibis.row_number().over(order))
