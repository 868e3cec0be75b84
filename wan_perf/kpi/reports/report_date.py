"""The date of a report: the newest whole day, and the stores as they are at its end.

Belongs here: which day is the newest for reports, and which sites are reported.
Keep out: the figures of reports, when a day is whole (`kpi.rollups.whole_days`).
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.validity import in_force
from wan_perf.kpi.rollups.whole_days import is_whole
from wan_perf.schema.periods import DAY, Period
from wan_perf.schema.values import STORE


def newest_whole_day(days: ir.Table) -> ir.Table:
    """One row: `as_of_day`, the newest whole day (`whole`) of any row; NULL without one."""
    whole = days.filter(is_whole(days))
    return whole.aggregate(as_of_day=whole.day.max())


def newest_period(rows: ir.Table, period: Period) -> ir.Table:
    """One row: `period_start`, of a day the newest whole one, and `as_of_day`, its last day."""
    if period == DAY:
        whole = newest_whole_day(rows)
        return whole.mutate(period_start=whole.as_of_day)
    newest = rows.aggregate(period_start=rows[period.column].max())
    end = newest.period_start.cast("timestamp") + period.length
    return newest.mutate(as_of_day=(end + ibis.interval(days=-1)).cast("date"))


def stores(dim_site: ir.Table, newest: ir.Table) -> ir.Table:
    """Sites with their names as of the newest day's end; hubs are left out."""
    sites = dim_site.cross_join(newest)
    end = sites.as_of_day.cast("timestamp") + ibis.interval(days=1)
    current = sites.filter(in_force(sites, end) & (sites.site_kind.fill_null(STORE) == STORE))
    return current.select("site_id", "site_name", "region", "time_zone")
