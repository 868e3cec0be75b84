"""Time above a level: the pieces of runs, and both modes of time above over a period.

Belongs here: when a piece starts and ends; cumulative and longest consecutive hours of a period.
Keep out: what counts as above (`schema.formulas`), how pieces are chained to runs (`episodes`),
which figures are evaluated (`schema.metrics`).

A run is consecutive hours, each at or above the level in force in that hour. A missing hour, an
hour without a value or a level, and one observed for less than 30 minutes are not above and end a
run. A change of the level ends a piece but not the run, so that a piece has one level.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.events.episodes import number_episodes
from wan_perf.schema import formulas
from wan_perf.schema.metrics import JUDGED, Metric
from wan_perf.schema.periods import Period
from wan_perf.schema.values import SEVERITIES

_HOUR_S = 3600


def threshold_pieces(circuit_hour: ir.Table) -> ir.Table:
    """One row per part of a run within one day, one level and one site.

    The day is the hours' own where they have the column `day`, else the UTC day.
    Only hours above are sorted: they are few, which is five times faster than numbering all hours.
    """
    parts = [_pieces(circuit_hour, m, severity) for m in JUDGED for severity in SEVERITIES]
    return ibis.union(*parts)


def _pieces(circuit_hour: ir.Table, metric: Metric, severity: str) -> ir.Table:
    value, level = circuit_hour[metric.value], circuit_hour[metric.level(severity)]
    above = circuit_hour.filter(formulas.is_above(value, level, circuit_hour[metric.observed]))
    above = above.select(
        *("circuit_id", "site_id", "hour"),
        day=above.day if "day" in above.columns else above.hour.date(),
        level=above[metric.level(severity)],
        value=above[metric.value],
    )
    part = ("day", "circuit_id", "site_id", "level")
    in_order = ibis.window(group_by=[above[name] for name in part], order_by=above.hour)
    # Consecutive hours have the same difference to their rank.
    nth = above.hour.epoch_seconds() // _HOUR_S
    numbered = above.mutate(run=nth - ibis.row_number().over(in_order))
    pieces = numbered.group_by(*part, "run").aggregate(
        started_at=numbered.hour.min(),
        ended_at=numbered.hour.max() + ibis.interval(hours=1),
        above_hours=numbered.count(),
        value_max=numbered.value.max(),
        value_sum=numbered.value.sum().round(formulas.VALUE_DECIMALS),
    )
    return pieces.mutate(
        metric=ibis.literal(metric.name),
        severity=ibis.literal(severity),
        value_mean=formulas.mean_value(pieces.value_sum, pieces.above_hours),
    ).drop("run")


def with_time_above(sums: ir.Table, threshold_piece: ir.Table, period: Period) -> ir.Table:
    """The circuits' sums over a period with both modes of time above, per metric and severity.

    Cumulative is the hours above in the period, continuous its longest run, counted within the
    period. Both are NULL where no hour of the period could be evaluated, 0 where none was above.
    """
    start = {period.column: period.start(threshold_piece.started_at)}
    return with_hours_above(sums, threshold_piece.mutate(**start), period.column, "circuit_id")


def with_hours_above(sums: ir.Table, pieces: ir.Table, *within: str) -> ir.Table:
    """The sums with both modes of time above of the pieces that have the same columns `within`.

    Every piece lies entirely within one value of them.
    """
    by = (*within, "metric", "severity")
    # Runs of several pieces are added to the pieces; cumulative hours are those of the pieces only,
    # so that no hour counts twice.
    runs = ibis.union(
        pieces.select(*by, "above_hours", all_hours="above_hours"),
        joint_runs(pieces, by).select(*by, "above_hours", all_hours=ibis.literal(0, "int64")),
    )
    hours: dict[str, ir.IntegerScalar] = {}
    judged: dict[str, str] = {}
    for metric in JUDGED:
        for severity in SEVERITIES:
            this = (runs.metric == metric.name) & (runs.severity == severity)
            hours[metric.cumulative(severity)] = runs.all_hours.sum(where=this)
            hours[metric.continuous(severity)] = runs.above_hours.max(where=this)
            judged[metric.cumulative(severity)] = metric.judged
            judged[metric.continuous(severity)] = metric.judged
    totals = runs.group_by(*within).aggregate(**hours)
    joined = sums.left_join(totals, list(within))
    known = {
        name: ibis.ifelse(joined[count] > 0, joined[name].fill_null(0), ibis.null("int64"))
        for name, count in judged.items()
    }
    return joined.mutate(**known).select(*sums.columns, *known)


def joint_runs(pieces: ir.Table, by: Sequence[str]) -> ir.Table:
    """The runs of several pieces: the columns `by`, started_at, ended_at, above_hours.

    Few pieces are adjacent to another: to find them is much cheaper than to sort all pieces.
    """
    intervals = pieces.select(*by, "started_at", "ended_at", "above_hours")
    after = intervals.semi_join(intervals.select(*by, started_at="ended_at"), [*by, "started_at"])
    before = intervals.semi_join(intervals.select(*by, ended_at="started_at"), [*by, "ended_at"])
    chain = number_episodes(ibis.union(after, before, distinct=True), by)
    runs = chain.group_by(*by, "episode").aggregate(
        started_at=chain.started_at.min(),
        ended_at=chain.ended_at.max(),
        above_hours=chain.above_hours.sum().cast("int64"),
    )
    return runs.drop("episode")
