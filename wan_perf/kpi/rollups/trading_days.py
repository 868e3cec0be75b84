"""Trading days: the day's figures over the hours in which the store trades, in its local time.

Belongs here: the trading hours of a site's hours, and the trading day that they belong to.
Keep out: sums over a day (`period_sums`), when stores trade (`policy.trading_hours`), when a day is
whole (`whole_days`).

A day is local to the store: where clocks change it has 23 or 25 hours. A trading hour begins within
the trading hours of the day; one after midnight belongs to the day on which the store opened. A
site with unknown time zone has no trading days, as its circuits have no `is_trading_hour`.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.validity import in_force
from wan_perf.kpi.events.threshold_runs import threshold_pieces, with_hours_above
from wan_perf.kpi.hour.circuit_hours import MINUTE_DECIMALS, rounded_share_pct
from wan_perf.kpi.rollups.histograms import samples_behind, with_exact_percentiles
from wan_perf.kpi.rollups.period_sums import sums
from wan_perf.kpi.rollups.sites_and_regions import SITE_MINUTES, site_minutes
from wan_perf.kpi.rollups.whole_days import whole_trading_days
from wan_perf.schema.metrics import QUALITY

_AN_HOUR = ibis.interval(hours=1)


def circuit_trading_days(
    circuit_hour: ir.Table, circuit_poll: ir.Table, dim_site: ir.Table, dim_hour: ir.Table
) -> ir.Table:
    """One row per circuit and trading day with a trading hour in which it was in service.

    Runs above a level are counted within the day's trading hours; percentiles are exact.
    """
    zoned = trading_hours(circuit_hour, dim_site, dim_hour)
    hours = zoned.drop("zone")
    by = ("day", "circuit_id")
    days = with_hours_above(sums(hours, *by), threshold_pieces(hours), *by)
    samples = samples_behind(hours, circuit_poll, *by)
    measured = with_exact_percentiles(days, samples, QUALITY, *by)
    return _with_is_whole(measured, zoned, circuit_hour, dim_hour, *by)


def site_trading_days(
    site_hour: ir.Table, circuit_hour: ir.Table, dim_site: ir.Table, dim_hour: ir.Table
) -> ir.Table:
    """One row per site and trading day: minutes lost, on backup, unknown.

    A lost minute is a minute of trading in which the site is dark or unreachable.

    Args:
        site_hour: Hours of the trading days and the hour after them.
        circuit_hour: The same hours: which of them are closed.
        dim_site: Versions of sites, with their time zones.
        dim_hour: Local hours of the same time.
    """
    zoned = trading_hours(site_minutes(site_hour), dim_site, dim_hour)
    hours = zoned.drop("zone")
    names = SITE_MINUTES
    days = hours.group_by("day", "site_id").aggregate(
        hour_count=hours.count(),
        **{name: hours[name].sum().round(MINUTE_DECIMALS) for name in names},
    )
    lost = days.dark_minutes + days.unreachable_minutes
    measured = days.mutate(
        lost_minutes=lost.round(MINUTE_DECIMALS),
        site_availability_pct=rounded_share_pct(days.site_up_minutes, days.site_up_minutes + lost),
    )
    return _with_is_whole(measured, zoned, circuit_hour, dim_hour, "day", "site_id")


def _with_is_whole(
    days: ir.Table, zoned: ir.Table, circuit_hour: ir.Table, dim_hour: ir.Table, *by: str
) -> ir.Table:
    """Adds whether each day is whole (`whole.whole_trading_days`).

    Args:
        days: Figures of each trading day, keyed by the columns `by`.
        zoned: The hours of the trading days, with `day` and `zone`.
        circuit_hour: Stored hours of the trading days and the hour after them.
        dim_hour: Local hours of the same time.
        by: day, and circuit_id or site_id.
    """
    whole = whole_trading_days(calendar(dim_hour), circuit_hour)
    # Where the time zone changes within a day it is whole if it is so in both zones.
    in_zones = zoned.select(*by, "zone").distinct().inner_join(whole, ["zone", "day"])
    of_day = in_zones.group_by(*by).aggregate(is_whole=in_zones.is_whole.cast("int64").min() == 1)
    return days.left_join(of_day, list(by)).select(*days.columns, "is_whole")


def trading_hours(hours: ir.Table, dim_site: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """The rows of hours in which their site trades, with `day`, its trading day, and its `zone`."""
    sites = dim_site.select("site_id", "time_zone", "valid_from", "valid_to")
    ended = hours.mutate(hour_end=hours.hour + _AN_HOUR)
    placed = ended.join(sites, [ended.site_id == sites.site_id, in_force(sites, ended.hour_end)])
    zoned = placed.select(*hours.columns, zone="time_zone")
    here = zoned.inner_join(calendar(dim_hour), ["hour", "zone"])
    return here.select(*hours.columns, "zone", "day")


def calendar(dim_hour: ir.Table) -> ir.Table:
    """The trading hours of each zone with their trading day: hour, zone, day, trading_hour_count.

    Rows from before trading days were stored have the local day, and no count.
    """
    trading = dim_hour.filter(dim_hour.is_trading_hour)
    return trading.select(
        "hour",
        "trading_hour_count",
        zone="time_zone",
        day=trading.trading_day.fill_null(trading.local_day),
    )
