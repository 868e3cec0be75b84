"""Hours that samples do not cover: for these the history is asked.

Belongs here: which port and hour lacks samples.
Keep out: asking (`mist.history`), what history means on a row (`circuit_hours`).
"""

from datetime import datetime

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.circuit_hours import in_service
from wan_perf.kpi.history import is_covered
from wan_perf.kpi.nearness import evidence_samples, members_in_hour
from wan_perf.kpi.traffic import observed_time


def uncovered_port_hours(
    raw_port_sample: ir.Table,
    raw_port_history: ir.Table,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
    circuit_port: ir.Table,
    dim_hour: ir.Table,
    end: datetime,
) -> ir.Table:
    """Ports in service and hours over by `end` without samples enough and without history.

    Columns: site_id, gateway_mac, port_id, hour. History that was asked for once is not asked for
    again, also where there was none.
    """
    over = dim_hour.filter(dim_hour.hour < ibis.literal(end, "timestamp(6)"))
    circuits = in_service(dim_site, dim_circuit, over)
    members = members_in_hour(circuits, circuit_port)
    heard = observed_time(evidence_samples(raw_port_sample, members), members)
    covered = members.left_join(heard, "port_hour").drop("port_hour_right")
    lacking = covered.filter(~is_covered(covered.observed_us))
    keys = ["gateway_mac", "port_id", "hour"]
    asked = raw_port_history.select(*keys).distinct()
    unasked = lacking.select("circuit_hour", *keys).anti_join(asked, keys)
    sites = circuits.select("circuit_hour", "site_id")
    sited = unasked.inner_join(sites, "circuit_hour")
    return sited.select("site_id", *keys).distinct()
