"""Rules that the tables of several stages share.

Keep out: rules of one table (beside it), of time above a level (`schema.threshold_rules`).
"""

import ibis.expr.types as ir

from wan_perf.schema import formulas
from wan_perf.schema.declaration import Rule
from wan_perf.schema.threshold_rules import TIME_ABOVE_RULES


def agrees(left: ir.NumericValue, right: ir.NumericValue, within: float) -> ir.BooleanValue:
    """Whether two figures are equal, but for the rounding of what is stored."""
    return (left - right).abs() <= within


# Stored minutes are rounded to 0.0001 min and percentages to 0.0001: a sum can be off by a step.
STEP = 0.00015

DOWN_IS_KNOWN_AND_UNKNOWN = Rule(
    "known_down_and_unknown_make_down",
    "known_down_minutes + unknown_minutes = down_minutes.",
    lambda t: agrees(t.known_down_minutes + t.unknown_minutes, t.down_minutes, STEP),
)

FIGURES_ARE_POSSIBLE = Rule(
    "figures_are_possible",
    "No figure of the row was outside its bounds: such are unknown, and the column has them.",
    lambda t: t.impossible_figures.isnull(),
    enforced=False,
)

PERIOD_RULES = (
    Rule(
        "down_minutes_is_the_rest",
        "down_minutes = 60 * hour_count - up_minutes.",
        lambda t: agrees(
            t.down_minutes, formulas.down_minutes(t.up_minutes, 60 * t.hour_count), STEP
        ),
    ),
    DOWN_IS_KNOWN_AND_UNKNOWN,
    *TIME_ABOVE_RULES,
)
