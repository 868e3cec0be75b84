"""Hours with samples, hours with facts, and the minutes of known state in them.

Belongs here: both, by hour.
Keep out: the lookback, what is a gap (`cli.gaps`).
"""

import ibis.expr.types as ir


def hours_with_rows(raw_port_sample: ir.Table, circuit_hour: ir.Table) -> ir.Table:
    """One row per hour that has samples or circuit-hours; both inputs are cut to a window.

    Columns: `hour`; `circuit_hours`, the number of rows of the fact, 0 where only samples are
    stored; `known_minutes`, the minutes of known state, over all circuits.
    """
    sampled = raw_port_sample.select(
        hour=raw_port_sample.pass_at.truncate("h").cast("timestamp(6)"),
        circuit_hours=0,
        known_minutes=0.0,
    ).distinct()
    computed = circuit_hour.select(
        "hour", circuit_hours=1, known_minutes=60.0 - circuit_hour.unknown_minutes
    )
    rows = computed.union(sampled)
    return rows.group_by("hour").aggregate(
        circuit_hours=rows.circuit_hours.sum(), known_minutes=rows.known_minutes.sum()
    )
