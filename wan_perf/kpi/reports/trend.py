"""Growth of circuits: a trend test on the busy hours of each day, and the slope.

Belongs here: the test, the slope, the correction over the fleet, the days to a level.
Keep out: the days themselves (`kpi.rollups.trading_days`), the parameters of the rule
(`policy.thresholds`).

Each day's 95th percentile of utilization in trading hours is compared with the same weekday's
others, so that a week's rhythm is no trend. Sources: R. M. Hirsch, J. R. Slack, R. A. Smith 1982
(seasonal Kendall test and slope); R. O. Gilbert 1987 (interval of the slope); Y. Benjamini,
Y. Hochberg 1995 (false discoveries over many tests).
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.reports.normal_tail import two_sided_p
from wan_perf.kpi.reports.report_date import newest_whole_day, stores
from wan_perf.kpi.rollups.whole_days import is_whole
from wan_perf.policy.thresholds import TrendRule
from wan_perf.schema.formulas import VALUE_DECIMALS
from wan_perf.schema.tables import TREND

TARGETS = (80, 90)
"""Utilization levels of capacity planning. [%]"""
_Z_95 = 1.959964
_DAY_S = 86_400


def trends(circuit_trading_day: ir.Table, dim_site: ir.Table, rule: TrendRule) -> ir.Table:
    """One row per circuit of a store with a whole day of the last `rule.of_days` (TREND).

    A trading day in progress is excluded: its first hours are not its busiest. A day counts with
    `rule.hours_of_day` hours of utilization. With fewer than `rule.days` such days there is no
    test: `verdict` is too_short. A trend is rising or falling where the p-value of the test and its
    q-value, corrected over the fleet, are below `rule.p_value` and the slope is at least
    `rule.slope_pct` points a day; else steady.
    """
    whole = circuit_trading_day.filter(is_whole(circuit_trading_day))
    newest = newest_whole_day(circuit_trading_day)
    days = _days(whole, newest, rule)
    counted = days.group_by("circuit_id").aggregate(
        as_of_day=days.as_of_day.max(),
        site_id=days.site_id.argmax(days.day),
        day_count=days.value.count(),
        middle_day=days.day_number.quantile(0.5, where=days.value.notnull()),
        middle_pct=days.value.median(),
    )
    known = days.filter(days.value.notnull())
    pairs = _pairs(known)
    measured = counted.left_join(_tested(known, pairs), "circuit_id").drop("circuit_id_right")
    measured = measured.left_join(_slopes(pairs, _tested(known, pairs)), "circuit_id").drop(
        "circuit_id_right"
    )
    is_long = measured.day_count >= rule.days
    figures = ("p_value", "slope_pct_per_day", "slope_low_pct_per_day", "slope_high_pct_per_day")
    with_figures = measured.mutate(
        **{name: ibis.ifelse(is_long, measured[name], ibis.null("float64")) for name in figures}
    )
    corrected = _corrected(with_figures)
    sites = stores(dim_site, newest).drop("time_zone")
    named = corrected.inner_join(sites, "site_id")
    significant = named.p_value < rule.p_value
    grows = named.slope_pct_per_day.abs() >= rule.slope_pct
    found = significant & (named.q_value < rule.p_value) & grows
    rising = (found & (named.slope_pct_per_day > 0)).fill_null(False)
    falling = (found & (named.slope_pct_per_day < 0)).fill_null(False)
    reach = 0 - named.middle_day
    level = named.middle_pct + named.slope_pct_per_day * reach
    rows = named.mutate(
        is_significant=significant,
        level_pct=level.round(VALUE_DECIMALS),
        verdict=ibis.cases(
            (named.p_value.isnull(), "too_short"),
            (rising, "rising"),
            (falling, "falling"),
            else_="steady",
        ),
        is_rising=rising,
    )
    return rows.mutate(**_days_to(rows)).select(*TREND.columns)


def _days(days: ir.Table, newest: ir.Table, rule: TrendRule) -> ir.Table:
    """The last days with their number, 0 the newest and falling, and the value where it counts."""
    dated = days.cross_join(newest)
    day_number = (dated.day.cast("timestamp").epoch_seconds()) // _DAY_S
    last = dated.as_of_day.cast("timestamp").epoch_seconds() // _DAY_S
    numbered = dated.mutate(day_number=day_number - last, weekday=day_number % 7)
    recent = numbered.filter(numbered.day_number > -rule.of_days)
    counts = recent.observed_hour_count >= rule.hours_of_day
    return recent.mutate(
        value=ibis.ifelse(counts, recent.utilization_p95_pct, ibis.null("float64"))
    ).select("circuit_id", "site_id", "day", "as_of_day", "day_number", "weekday", "value")


def _pairs(days: ir.Table) -> ir.Table:
    """Pairs of days of a circuit and weekday: the slope between them, and its sign."""
    mine = days.select("circuit_id", "weekday", "day_number", "value")
    later = mine.view().rename(later_circuit="circuit_id", later_weekday="weekday")
    later = later.rename(later_day_number="day_number", later_value="value")
    both = mine.inner_join(
        later,
        [
            mine.circuit_id == later.later_circuit,
            mine.weekday == later.later_weekday,
            mine.day_number < later.later_day_number,
        ],
    )
    rise = both.later_value - both.value
    return both.select(
        "circuit_id",
        slope=rise / (both.later_day_number - both.day_number),
        sign=rise.sign().cast("int64"),
    )


def _tested(days: ir.Table, pairs: ir.Table) -> ir.Table:
    """Seasonal Kendall test of each circuit: p_value, and the spread of its score."""
    signs = pairs.group_by("circuit_id").aggregate(signs=pairs.sign.sum())
    ties = days.group_by("circuit_id", "weekday", "value").aggregate(n=days.count())
    of_ties = ties.group_by("circuit_id", "weekday").aggregate(
        n=ties.n.sum(), tied=(ties.n * (ties.n - 1) * (2 * ties.n + 5)).sum()
    )
    part = of_ties.n * (of_ties.n - 1) * (2 * of_ties.n + 5) - of_ties.tied
    spread = of_ties.group_by("circuit_id").aggregate(variance=part.sum() / 18)
    both = spread.left_join(signs, "circuit_id").drop("circuit_id_right")
    score = both.signs.fill_null(0)
    # Continuity correction: an integer is compared with a continuous distribution.
    corrected = ibis.greatest(score.abs() - 1, 0)
    # Equal values neither rise nor fall: no evidence of a trend.
    p = ibis.ifelse(both.variance > 0, two_sided_p(corrected / both.variance.nullif(0).sqrt()), 1.0)
    return both.select("circuit_id", "variance", p_value=p)


def _slopes(pairs: ir.Table, tested: ir.Table) -> ir.Table:
    """Median of the slopes and its 95 % confidence interval."""
    order = ibis.window(group_by=pairs.circuit_id, order_by=pairs.slope)
    ranked = pairs.mutate(
        rank=ibis.row_number().over(order) + 1,
        total=pairs.slope.count().over(ibis.window(group_by=pairs.circuit_id)),
    )
    # Never below 0, which Snowflake would reject: the bound makes this visible in the statement.
    deviation = ibis.greatest(tested.variance, 0).sqrt()
    spread = tested.select("circuit_id", margin=_Z_95 * deviation)
    with_margin = ranked.inner_join(spread, "circuit_id")
    low = ibis.greatest(((with_margin.total - with_margin.margin) / 2).round(), 1)
    high = ibis.least(((with_margin.total + with_margin.margin) / 2).round() + 1, with_margin.total)
    return with_margin.group_by("circuit_id").aggregate(
        slope_pct_per_day=with_margin.slope.median().round(VALUE_DECIMALS),
        slope_low_pct_per_day=with_margin.slope.max(where=with_margin["rank"] <= low).round(
            VALUE_DECIMALS
        ),
        slope_high_pct_per_day=with_margin.slope.min(where=with_margin["rank"] >= high).round(
            VALUE_DECIMALS
        ),
    )


def _corrected(rows: ir.Table) -> ir.Table:
    """The rows with q_value: the false discovery rate among tests of at most their p-value."""
    tested = rows.filter(rows.p_value.notnull()).select("circuit_id", "p_value")
    order = ibis.window(order_by=[tested.p_value, tested.circuit_id])
    ranked = tested.mutate(
        rank=ibis.row_number().over(order) + 1, total=tested.count().over(ibis.window())
    )
    scaled = ranked.mutate(scaled=ranked.p_value * ranked.total / ranked["rank"])
    # The minimum over it and all higher p-values, so that q rises with p.
    after = ibis.window(order_by=[scaled["rank"]], preceding=0, following=None)
    q = ibis.least(scaled.scaled.min().over(after), 1.0)
    found = scaled.mutate(q_value=q).select("circuit_id", "q_value")
    return rows.left_join(found, "circuit_id").drop("circuit_id_right")


def _days_to(rows: ir.Table) -> dict[str, ir.IntegerValue]:
    """Days until the level, 0 where it is reached; NULL where the circuit does not grow to it."""
    found: dict[str, ir.IntegerValue] = {}
    slopes = {"": "slope_pct_per_day", "_low": "slope_high_pct_per_day"}
    slopes["_high"] = "slope_low_pct_per_day"
    for target in TARGETS:
        missing = ibis.greatest(target - rows.level_pct, 0.0)
        for name, slope in slopes.items():
            steps = (missing / rows[slope].nullif(0)).ceil().cast("int64")
            goes = rows.is_rising & (rows[slope] > 0)
            found[f"days_to_{target}{name}"] = ibis.ifelse(goes, steps, ibis.null("int64"))
    return found
