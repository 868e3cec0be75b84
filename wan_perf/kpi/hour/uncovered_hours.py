"""Hours that samples do not cover: for these the history is requested.

Belongs here: which port and hour lacks samples.
Keep out: the requests (`mist.collect.port_history`), what history means on a row (`circuit_hours`).
"""

from datetime import datetime

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.hour.circuit_hours import in_service
from wan_perf.kpi.hour.port_history import is_covered
from wan_perf.kpi.hour.traffic import observed_time
from wan_perf.kpi.state.evidence_window import evidence_readings, members_in_hour


def uncovered_port_hours(
    raw_port_sample: ir.Table,
    raw_port_history: ir.Table,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
    circuit_port: ir.Table,
    dim_hour: ir.Table,
    end: datetime,
) -> ir.Table:
    """Ports in service and hours closed by `end` without enough samples and without history.

    Columns: site_id, gateway_mac, port_id, hour. History is requested once for each port and hour,
    even where the response was empty.
    """
    closed = dim_hour.filter(dim_hour.hour < ibis.literal(end, "timestamp(6)"))
    circuits = in_service(dim_site, dim_circuit, closed)
    members = members_in_hour(circuits, circuit_port)
    with_samples = observed_time(evidence_readings(raw_port_sample, members), members)
    covered = members.left_join(with_samples, "port_hour").drop("port_hour_right")
    lacking = covered.filter(~is_covered(covered.observed_us))
    keys = ["gateway_mac", "port_id", "hour"]
    requested = raw_port_history.select(*keys).distinct()
    to_request = lacking.select("circuit_hour", *keys).anti_join(requested, keys)
    sites = circuits.select("circuit_hour", "site_id")
    sited = to_request.inner_join(sites, "circuit_hour")
    return sited.select("site_id", *keys).distinct()
