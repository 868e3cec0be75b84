"""Days of trading: the day's figures over the hours in which the store trades, in its local time.

Belongs here: which hours are a store's trading hours, which of its days they belong to.
Keep out: what a day adds up to (`rollup`), when stores trade (`thresholds`).

A day is the store's own: where clocks change it has 23 or 25 hours, and of these those that begin
within the trading hours. A site without a known time zone follows UTC.
"""

import ibis
import ibis.expr.types as ir

from wan_perf import formulas
from wan_perf.kpi.circuit_hours import MINUTE_DECIMALS, PERCENT_DECIMALS
from wan_perf.kpi.histograms import samples_behind, with_exact_percentiles
from wan_perf.kpi.places import SITE_MINUTES, site_minutes
from wan_perf.kpi.rollup import sums
from wan_perf.kpi.threshold_runs import threshold_pieces, with_hours_above
from wan_perf.validity import in_force

UTC = "UTC"
_AN_HOUR = ibis.interval(hours=1)


def circuit_trading_days(
    circuit_hour: ir.Table, circuit_poll: ir.Table, dim_site: ir.Table, dim_hour: ir.Table
) -> ir.Table:
    """One row per circuit and local day with a trading hour in which it was in service.

    Runs above a level are counted within the day's trading hours; percentiles are exact.
    """
    hours = trading_hours(circuit_hour, dim_site, dim_hour)
    by = ("day", "circuit_id")
    days = with_hours_above(sums(hours, *by), threshold_pieces(hours), *by)
    return with_exact_percentiles(days, samples_behind(hours, circuit_poll, *by), *by)


def site_trading_days(site_hour: ir.Table, dim_site: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """One row per site and local day with a trading hour: minutes lost, on backup, not known.

    Lost is a minute of trading in which the site is dark or unreachable.
    """
    hours = trading_hours(site_minutes(site_hour), dim_site, dim_hour)
    names = SITE_MINUTES
    days = hours.group_by("day", "site_id").aggregate(
        hour_count=hours.count(),
        **{name: hours[name].sum().round(MINUTE_DECIMALS) for name in names},
    )
    lost = days.dark_minutes + days.unreachable_minutes
    return days.mutate(
        lost_minutes=lost.round(MINUTE_DECIMALS),
        site_availability_pct=formulas.availability_pct(
            days.site_up_minutes, days.site_up_minutes + lost
        ).round(PERCENT_DECIMALS),
    )


def trading_hours(hours: ir.Table, dim_site: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """The rows of hours in which their site trades, with `day`, the site's own."""
    zones = dim_hour.select(known_zone=dim_hour.time_zone).distinct()
    sites = dim_site.select("site_id", "time_zone", "valid_from", "valid_to")
    ended = hours.mutate(hour_end=hours.hour + _AN_HOUR)
    placed = ended.left_join(
        sites, [ended.site_id == sites.site_id, in_force(sites, ended.hour_end)]
    ).select(*hours.columns, "time_zone")
    told = placed.left_join(zones, placed.time_zone == zones.known_zone)
    zoned = told.select(*hours.columns, "known_zone")
    zoned = zoned.mutate(zone=zoned.known_zone.fill_null(UTC))
    trading = dim_hour.filter(dim_hour.is_trading_hour)
    local = trading.select("hour", "local_day", trading_zone="time_zone")
    here = zoned.inner_join(local, [zoned.hour == local.hour, zoned.zone == local.trading_zone])
    found = here.select(*hours.columns, "local_day")
    return found.mutate(day=found.local_day).drop("local_day")
