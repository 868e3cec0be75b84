"""Hours that have samples and no circuit-hours: a run ended between storing the two.

Belongs here: which hours those are.
Keep out: computing them (`circuit_hours`), when they are searched (`defs.automation.late_data`).
"""

import ibis
import ibis.expr.types as ir

_HOUR = ibis.interval(hours=1)


def uncomputed_hours(
    raw_port_sample: ir.Table, circuit_hour: ir.Table, dim_circuit: ir.Table
) -> ir.Table:
    """The hours with samples and a circuit in service but without rows of `circuit_hour`.

    Grain: one row an hour, `hour`. The inputs are limited to the searched interval. An hour
    before the first circuit was in service has no rows to compute.
    """
    sampled = raw_port_sample.select(hour=raw_port_sample.pass_at.truncate("h")).distinct()
    computed = circuit_hour.select("hour").distinct()
    in_service = dim_circuit.filter(dim_circuit.is_in_service.fill_null(True)).select(
        "valid_from", "valid_to"
    )
    lacking = sampled.anti_join(computed, "hour")
    expected = lacking.join(
        in_service,
        [
            in_service.valid_from < lacking.hour + _HOUR,
            in_service.valid_to.isnull() | (in_service.valid_to > lacking.hour),
        ],
        how="semi",
    )
    return expected.select("hour")
