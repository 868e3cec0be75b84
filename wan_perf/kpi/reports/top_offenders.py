"""Top offenders: the worst circuits of the newest periods, by each figure that can be ranked.

Belongs here: which figures are ranked, whether high or low is worst, which circuits are excluded.
Keep out: the figures themselves (`kpi.rollups.period_sums`), how many circuits are listed
(`policy.thresholds`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.reports.report_date import newest_period, stores
from wan_perf.schema.metrics import JUDGED
from wan_perf.schema.periods import PERIODS
from wan_perf.schema.values import SEVERITIES

ENOUGH_COVERAGE_PCT = 90
"""Under this share of known minutes a circuit is not ranked by its availability."""


@dataclass(frozen=True)
class Ranked:
    """A column of a period that circuits are ranked by.

    The highest value is the worst, with `is_lowest_worst` the lowest. A circuit at `harmless` is no
    offender. `needs_coverage`: only circuits with 90 % coverage of the period are ranked.
    """

    column: str
    harmless: float = 0
    is_lowest_worst: bool = False
    needs_coverage: bool = False


RANKED = (
    *(Ranked(f"utilization_{name}_pct") for name in ("p95", "max")),
    Ranked("utilization_pct"),
    *(Ranked(m.cumulative(severity)) for m in JUDGED for severity in SEVERITIES),
    *(Ranked(m.continuous(severity)) for m in JUDGED for severity in SEVERITIES),
    Ranked("flap_count"),
    Ranked("known_down_minutes"),
    Ranked("availability_pct", harmless=100, is_lowest_worst=True, needs_coverage=True),
)


def top_offenders(
    circuits: Mapping[str, ir.Table],
    dim_site: ir.Table,
    places: int,
    figures: Sequence[Ranked] = RANKED,
) -> ir.Table:
    """One row per period, figure and circuit (TOP_OFFENDER), the worst first.

    The newest week, month and so on is ranked, of days the newest whole one; a period without
    stored rows has no rows here. Equal values share a place. At most `places` circuits are listed,
    of equal ones the first by id. Hubs are excluded, and so is a circuit whose figure is unknown or
    harmless.

    Args:
        circuits: Circuits over periods, by the names in PERIODS.
        dim_site: Their sites, as of the period's end.
        places: How many circuits are listed for each figure.
        figures: The columns that circuits are ranked by.
    """
    newest = ibis.union(*(_newest(rows, n, dim_site, figures) for n, rows in circuits.items()))
    return ibis.union(*(_ranked(newest, ranked, places) for ranked in figures))


def _newest(rows: ir.Table, name: str, dim_site: ir.Table, figures: Sequence[Ranked]) -> ir.Table:
    period = PERIODS[name]
    newest = newest_period(rows, period)
    dated = rows.cross_join(newest)
    current = dated.filter(dated[period.column] == dated.period_start)
    sited = current.inner_join(stores(dim_site, newest).drop("time_zone"), "site_id")
    columns = dict.fromkeys(("coverage_pct", *(ranked.column for ranked in figures)))
    return sited.select(
        *("circuit_id", "site_id", "site_name", "region", "period_start"),
        period=ibis.literal(name),
        **{column: sited[column].cast("float64") for column in columns},
    )


def _ranked(rows: ir.Table, ranked: Ranked, places: int) -> ir.Table:
    value = rows[ranked.column]
    bad = value < ranked.harmless if ranked.is_lowest_worst else value > ranked.harmless
    if ranked.needs_coverage:
        bad &= rows.coverage_pct >= ENOUGH_COVERAGE_PCT
    offenders = rows.filter(bad.fill_null(False)).select(
        *("circuit_id", "site_id", "site_name", "region", "coverage_pct"),
        *("period", "period_start"),
        ranked_by=ibis.literal(ranked.column),
        value=value,
    )
    worst = offenders.value if ranked.is_lowest_worst else offenders.value.desc()
    by_value = ibis.window(group_by=offenders.period, order_by=worst)
    in_order = ibis.window(group_by=offenders.period, order_by=[worst, offenders.circuit_id])
    numbered = offenders.mutate(
        place=ibis.rank().over(by_value) + 1, row_number=ibis.row_number().over(in_order)
    )
    return numbered.filter(numbered.row_number < places).drop("row_number")
