"""Hours that have to be computed again, though none of their samples changed.

Belongs here: which hours stand on a bandwidth that is not in force any more, which hours a silence
that is over has settled.
Keep out: running them again (`defs.late`).
"""

from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.nearness import EVENT_REACH_BACK
from wan_perf.kpi.service import in_service


def corrected_hours(
    circuit_hour: ir.Table, dim_site: ir.Table, dim_circuit: ir.Table, dim_hour: ir.Table
) -> ir.Table:
    """Hours in which a circuit's row has another bandwidth than the dimension gives it now: hour.

    A correction of a contract is dated, so that the hours that it is about are over.
    """
    figures = ["bandwidth_mbps", "bandwidth_up_mbps"]
    stored = circuit_hour.select("hour", "circuit_id", *figures)
    told = in_service(dim_site, dim_circuit, dim_hour).select("hour", "circuit_id", *figures)
    both = stored.join(told, ["hour", "circuit_id"], rname="{name}_now")
    same = ibis.and_(*(both[name].identical_to(both[f"{name}_now"]) for name in figures))
    return both.filter(~same).select("hour").distinct()


def settled_silences(gateway_silence: ir.Table, since: datetime) -> ir.Table:
    """Silences of gateways that ended after the instant: started_at, ended_at.

    A silence that is longer than an event speaks for settles nothing beyond that.
    """
    rows = gateway_silence.filter(gateway_silence.ended_at > ibis.literal(since, "timestamp(6)"))
    reach = ibis.interval(seconds=round(EVENT_REACH_BACK / timedelta(seconds=1)))
    started = ibis.greatest(rows.started_at, rows.ended_at - reach)
    return rows.select("ended_at", started_at=started).distinct()
