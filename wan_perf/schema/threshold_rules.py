"""What rows about time above a level must satisfy: pieces, runs, and hours above of a period.

Belongs here: the rules that the tables of runs and of periods declare.
Keep out: which table has them (`tables`), how rows are found (`kpi.events.threshold_runs`).
"""

from functools import reduce
from itertools import pairwise
from operator import and_

import ibis
import ibis.expr.types as ir

from wan_perf.schema.declaration import Rule
from wan_perf.schema.metrics import JUDGED
from wan_perf.schema.values import SEVERITIES

# A mean of values is rounded by the computer, not by us.
_STEP = 0.00015
_SECONDS = 3600


def _hours(t: ir.Table) -> ir.NumericValue:
    return (t.ended_at.epoch_seconds() - t.started_at.epoch_seconds()) / _SECONDS


def _next_start(t: ir.Table) -> ir.TimestampValue:
    of_circuit = [t.circuit_id, t.metric, t.severity]
    return t.started_at.lead().over(ibis.window(group_by=of_circuit, order_by=t.started_at))


def _falls(t: ir.Table, *names: str) -> ir.BooleanValue:
    """No column is greater than the one named before it; unknown ones do not count."""
    return reduce(and_, ((t[more] >= t[less]).fill_null(True) for more, less in pairwise(names)))


def _run_is_part(t: ir.Table) -> ir.BooleanValue:
    both = [(m.cumulative(s), m.continuous(s)) for m in JUDGED for s in SEVERITIES]
    parts = (
        _falls(t, cumulative, continuous)
        & ((t[continuous] > 0) == (t[cumulative] > 0)).fill_null(True)
        for cumulative, continuous in both
    )
    return reduce(and_, parts)


RUN_RULES = (
    Rule("ended_after_it_started", "It has a length.", lambda t: t.ended_at > t.started_at),
    Rule(
        "hours_are_its_length",
        "above_hours = ended_at - started_at: no hour between is left out.",
        lambda t: t.above_hours == _hours(t),
    ),
    Rule(
        "none_overlaps_the_next",
        "It ends before the next of its circuit, metric and severity starts, or as it starts.",
        lambda t: t.ended_at <= _next_start(t),
    ),
    Rule(
        "mean_is_at_most_the_peak",
        "value_mean <= value_max.",
        lambda t: t.value_mean <= t.value_max + _STEP,
    ),
)
PIECE_RULES = (
    *RUN_RULES,
    Rule(
        "lies_within_its_day",
        "It starts in its UTC day and ends at midnight at the latest.",
        lambda t: (
            (t.started_at.date() == t.day)
            & (t.ended_at <= t.day.cast("timestamp") + ibis.interval(days=1))
        ),
    ),
    Rule(
        "is_above_its_level",
        "value_max and value_mean are at or above the level.",
        lambda t: (t.value_max >= t.level) & (t.value_mean >= t.level - _STEP),
    ),
)
TIME_ABOVE_RULES = (
    Rule(
        "hours_above_are_among_the_judged",
        "Critical hours are among the high ones, those among the warning ones, those judged.",
        lambda t: reduce(
            and_, (_falls(t, m.judged, *map(m.cumulative, SEVERITIES)) for m in JUDGED)
        ),
    ),
    Rule(
        "a_run_is_part_of_the_hours_above",
        "The longest run is 1 to all of the hours above, and 0 where there are none.",
        _run_is_part,
    ),
)
