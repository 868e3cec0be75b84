"""Chronic offenders: circuits that were bad on many of the last trading days.

Belongs here: what a bad day is, which days are compared, how many bad ones are too many.
Keep out: the numbers of the rule (`policy.thresholds`), a trading day's own figures
(`kpi.rollups.trading_days`).
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.reports.report_date import newest_whole_day, stores
from wan_perf.kpi.rollups.trading_days import calendar
from wan_perf.kpi.rollups.whole_days import is_whole
from wan_perf.policy.thresholds import ChronicRule
from wan_perf.schema.metrics import JUDGED
from wan_perf.schema.values import SEVERITIES

_HIGH = SEVERITIES[1]


def chronic_offenders(
    circuit_trading_day: ir.Table, dim_site: ir.Table, dim_hour: ir.Table, rule: ChronicRule
) -> ir.Table:
    """One row per circuit that is chronic as of the newest whole trading day; no hubs.

    The days compared are the last whole trading days in the site's time zone, `rule.of_days` of
    them, each over its trading hours. A day of which less than `rule.coverage_pct` is known is
    neither good nor bad. A day is bad where any metric was at or above high for `rule.high_hours`,
    or the circuit flapped `rule.flaps` times, or its availability was under
    `rule.availability_pct`. Unknown figures are not bad. A circuit with `rule.bad_days` bad days or
    more is chronic; a shorter history requires as many.
    """
    newest = newest_whole_day(circuit_trading_day)
    sites = stores(dim_site, newest)
    whole = circuit_trading_day.filter(is_whole(circuit_trading_day)).inner_join(sites, "site_id")
    compared = _last_trading_days(whole, dim_hour, newest, rule.of_days)
    days = whole.inner_join(compared, ["time_zone", "day"])
    high = ibis.or_(
        *((days[m.cumulative(_HIGH)] >= rule.high_hours).fill_null(False) for m in JUDGED)
    )
    flapped = (days.flap_count >= rule.flaps).fill_null(False)
    out = (days.availability_pct < rule.availability_pct).fill_null(False)
    known = (days.coverage_pct >= rule.coverage_pct).fill_null(False)
    evaluated = days.mutate(
        is_comparable=known,
        is_high=known & high,
        is_flapping=known & flapped,
        is_out=known & out,
        is_bad=known & (high | flapped | out),
    )
    offenders = evaluated.group_by("circuit_id").aggregate(
        as_of_day=evaluated.as_of_day.max(),
        site_id=evaluated.site_id.argmax(evaluated.day),
        site_name=evaluated.site_name.argmax(evaluated.day),
        region=evaluated.region.argmax(evaluated.day),
        trading_day_count=evaluated.trading_day_count.max(),
        comparable_day_count=evaluated.is_comparable.ifelse(1, 0).sum(),
        bad_day_count=evaluated.is_bad.ifelse(1, 0).sum(),
        high_day_count=evaluated.is_high.ifelse(1, 0).sum(),
        flapping_day_count=evaluated.is_flapping.ifelse(1, 0).sum(),
        outage_day_count=evaluated.is_out.ifelse(1, 0).sum(),
        bad_since_day=evaluated.day.min(where=evaluated.is_bad),
        bad_last_day=evaluated.day.max(where=evaluated.is_bad),
    )
    return offenders.filter(offenders.bad_day_count >= rule.bad_days)


def _last_trading_days(
    whole: ir.Table, dim_hour: ir.Table, newest: ir.Table, count: int
) -> ir.Table:
    """The last trading days of each time zone, up to the newest that is whole there."""
    newest_there = whole.group_by("time_zone").aggregate(last_day=whole.day.max())
    days = calendar(dim_hour).select("day", time_zone="zone").distinct()
    dated = days.inner_join(newest_there, "time_zone").cross_join(newest)
    days = dated.filter(dated.day <= dated.last_day).drop("last_day")
    back = ibis.row_number().over(ibis.window(group_by=days.time_zone, order_by=days.day.desc()))
    numbered = days.mutate(back=back)
    last = numbered.filter(numbered.back < count).drop("back")
    return last.mutate(trading_day_count=last.count().over(ibis.window(group_by=last.time_zone)))
