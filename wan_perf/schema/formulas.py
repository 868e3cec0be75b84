"""The users' formulas, once: kpi computes with them, the tables' rules check with them.

Belongs here: formulas that the users fixed word by word, over columns of any table.
Keep out: edge cases of how their inputs are found (`kpi`).
"""

import ibis
import ibis.expr.types as ir

BYTES_PER_MEGABIT = 1e6 / 8
ENOUGH_MINUTES = 30
"""An hour that was observed for less is not judged against a level."""
VALUE_DECIMALS = 4
"""Sums of judged values are rounded so: the same in any order of the hours."""


def capacity_bytes(bandwidth_mbps: ir.NumericValue, minutes: ir.NumericValue) -> ir.NumericValue:
    """What the provisioned rate carries in that many observed minutes; bandwidth_bytes. [B]"""
    return bandwidth_mbps * minutes * (BYTES_PER_MEGABIT * 60)


def utilization_pct(
    rx_bytes: ir.NumericValue,
    tx_bytes: ir.NumericValue,
    capacity_down_bytes: ir.NumericValue,
    capacity_up_bytes: ir.NumericValue,
) -> ir.NumericValue:
    """max(rx_bytes, tx_bytes) / bandwidth_bytes * 100, each direction over its own capacity. [%]

    Where the contract has one figure both capacities are equal, which is the formula to the letter.
    NULL where a count or a capacity is unknown or the capacity is zero. Never clamped: above 100
    means burst or a wrong rate. Reference: RFC 5136, Defining Network Capacity.
    """
    down = rx_bytes / capacity_down_bytes.nullif(0)
    up = tx_bytes / capacity_up_bytes.nullif(0)
    busier = ibis.greatest(down, up)
    # DuckDB's GREATEST skips NULL, Snowflake's returns it: what is unknown stays unknown.
    return ibis.ifelse(down.notnull() & up.notnull(), 100.0 * busier, ibis.null("float64"))


def down_minutes(up_minutes: ir.NumericValue, minutes: ir.NumericValue | int) -> ir.NumericValue:
    """60 - up_minutes; for a longer period its minutes - up_minutes. [min]"""
    return minutes - up_minutes


def status_hourly(up_minutes: ir.NumericValue, unknown_minutes: ir.NumericValue) -> ir.StringValue:
    """Up if up_minutes > 0; Unknown where all 60 minutes are unknown; else Down."""
    return ibis.cases((up_minutes > 0, "Up"), (unknown_minutes >= 60, "Unknown"), else_="Down")


def availability_pct(
    up_minutes: ir.NumericValue, total_minutes: ir.NumericValue
) -> ir.NumericValue:
    """up_minutes / total_minutes * 100; total = minutes whose state is known, NULL if none. [%]"""
    return 100.0 * up_minutes / total_minutes.nullif(0)


def is_judged(
    value: ir.NumericValue, level: ir.NumericValue, observed_minutes: ir.NumericValue
) -> ir.BooleanValue:
    """True where an hour can be compared with a level: both known, observed 30 minutes or more."""
    observed = (observed_minutes >= ENOUGH_MINUTES).fill_null(False)
    return value.notnull() & level.notnull() & observed


def is_above(
    value: ir.NumericValue, level: ir.NumericValue, observed_minutes: ir.NumericValue
) -> ir.BooleanValue:
    """True where an hour is judged and its value is at or above the level; never NULL."""
    return is_judged(value, level, observed_minutes) & (value >= level)


def mean_value(value_sum: ir.NumericValue, hours: ir.NumericValue) -> ir.NumericValue:
    """The hours' mean value: their sum over their number."""
    return value_sum / hours.nullif(0)
