"""Top offenders: the worst circuits of the newest period, by each figure that can be ranked.

Belongs here: what is ranked, which end of it is the worst, who is left out.
Keep out: the figures themselves (`rollup`), how many places are told (`thresholds`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from wan_perf.columns import SEVERITIES
from wan_perf.kpi.newest import newest_period, stores
from wan_perf.metrics import JUDGED
from wan_perf.periods import DAY, Period

ENOUGH_COVERAGE_PCT = 90
"""Under this share of known minutes a circuit is not ranked by its availability."""


@dataclass(frozen=True)
class Ranked:
    """A column of a period that circuits are ranked by.

    The highest is the worst, of `is_lowest_worst` the lowest. A circuit at `harmless` is no
    offender. `needs_coverage`: only circuits that are known for 90 % of the period are ranked.
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
    rows: ir.Table,
    dim_site: ir.Table,
    places: int,
    figures: Sequence[Ranked] = RANKED,
    period: Period = DAY,
) -> ir.Table:
    """One row per figure and place, the worst first, in the newest period; of days a whole one.

    Equal values share a place, and as many circuits are told as `places`, the first by id; hubs
    are left out, and so is a circuit whose figure is unknown or harmless.

    Args:
        rows: Circuits over periods, such as circuit_day.
        dim_site: Who they are; as of the period's end.
        places: How many circuits are told of each figure.
        figures: By which circuits are ranked.
        period: Of the rows.
    """
    newest = newest_period(rows, period)
    sites = stores(dim_site, newest).drop("time_zone")
    told = rows.cross_join(newest)
    told = told.filter(told[period.column] == told.period_start).inner_join(sites, "site_id")
    return ibis.union(*(_ranked(told, period, ranked, places) for ranked in figures))


def _ranked(rows: ir.Table, period: Period, ranked: Ranked, places: int) -> ir.Table:
    value = rows[ranked.column].cast("float64")
    bad = value < ranked.harmless if ranked.is_lowest_worst else value > ranked.harmless
    if ranked.needs_coverage:
        bad &= rows.coverage_pct >= ENOUGH_COVERAGE_PCT
    told = rows.filter(bad.fill_null(False)).select(
        *("circuit_id", "site_id", "site_name", "region", "coverage_pct"),
        ranked_by=ibis.literal(ranked.column),
        period=ibis.literal(period.column),
        period_start=rows[period.column],
        value=value,
    )
    worst = told.value if ranked.is_lowest_worst else told.value.desc()
    numbered = told.mutate(
        place=ibis.rank().over(ibis.window(order_by=worst)) + 1,
        nth=ibis.row_number().over(ibis.window(order_by=[worst, told.circuit_id])),
    )
    return numbered.filter(numbered.nth < places).drop("nth")
