"""What a line of a polled speed can carry.

Belongs here: which speed is a limit, which bytes exceed it.
Keep out: what becomes of a difference that does (`counter_deltas`).
"""

import ibis
import ibis.expr.types as ir

LINE_RATE_SLACK = 1.05
"""A counter is read a moment after its instant is taken; 5 % covers that."""


def speed_limit(mbps: ir.FloatingValue) -> ir.FloatingValue:
    """The speed that a poll reports; NULL where it is no limit. [Mbit/s]"""
    return ibis.cases((mbps > 0, mbps))


def exceeds_line(
    rx_bytes: ir.IntegerValue,
    tx_bytes: ir.IntegerValue,
    took_us: ir.IntegerValue,
    mbps: ir.FloatingValue,
) -> ir.BooleanValue:
    """True where a line of the speed could not carry the bytes of a direction in the time."""
    most = mbps / 8 * LINE_RATE_SLACK * took_us
    return (ibis.greatest(rx_bytes, tx_bytes) > most).fill_null(False)
