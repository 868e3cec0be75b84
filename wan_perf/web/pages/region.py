"""Regions, and a region: its sites, providers, days and busy hours."""

from datetime import datetime, timedelta

from wan_perf.web.charts.cells import heat
from wan_perf.web.charts.chart import Chart
from wan_perf.web.charts.svg import drawing
from wan_perf.web.charts.timeline import Panel, Series, timeline
from wan_perf.web.pages.now import site_cells, subject_of_all
from wan_perf.web.query import NotFoundError, shortened
from wan_perf.web.questions.now import alerts_by_site
from wan_perf.web.questions.offenders import chronic_offenders
from wan_perf.web.questions.regions import (
    busy_hours,
    days_of,
    is_known,
    providers_of,
    regions,
    sites_of,
)
from wan_perf.web.questions.site import periods
from wan_perf.web.rendering import Page, page
from wan_perf.web.visit import Visit

SITES_SHOWN = 60
ALERTS_SHOWN = 40
DAYS_SHOWN = 92
NARROWING = ("provider", "medium", "role")


def regions_page(visit: Visit) -> Page:
    """The page `/regions`."""
    return page(
        "regions.html",
        visit,
        charts=[site_cells(visit)],
        subject=subject_of_all(visit),
        regions=regions(visit.data),
        providers=providers_of(visit.data),
    )


def region_page(visit: Visit) -> Page:
    """The page `/region/<name>`."""
    data, name = visit.data, visit.named["name"]
    now = next((row for row in regions(data) if row["region"] == name), None)
    if now is None and not is_known(data, name):
        raise NotFoundError(f"There is no region {shortened(name)} in the data.")
    narrowed = {part: visit.given[part] for part in NARROWING if visit.given.get(part)}
    groups, counts = alerts_by_site(data, ALERTS_SHOWN, name)
    sites = sites_of(data, name, narrowed, SITES_SHOWN)
    return page(
        "region.html",
        visit,
        charts=[_days(visit, name), _busy_hours(visit, name)],
        subject=name,
        region=name,
        now=now or {},
        narrowed=narrowed,
        groups=groups,
        alert_counts=counts,
        shown=sum(len(group.alerts) for group in groups),
        sites=sites,
        site_total=sites[0]["total"] if sites else 0,
        providers=providers_of(data, name),
        periods=periods(data, "region", name),
        chronic=chronic_offenders(data, 10, name),
    )


def _busy_hours(visit: Visit, name: str) -> Chart:
    busy = heat(
        busy_hours(visit.data, name, visit.range),
        label="Share of circuit-hours at or above high by weekday and hour",
        unit="% of circuit-hours at or above high",
        top=25,
    )
    scale = ("0", "25 % of circuit-hours at or above high")
    return Chart("busy", "Busy hours", busy, scale=scale, reach=visit.reach)


def _days(visit: Visit, name: str) -> Chart:
    rows = days_of(visit.data, name, visit.trust.newest_end - timedelta(DAYS_SHOWN))
    if not rows:
        nothing = drawing([], 1, 1, "chart", "No day is summed up yet")
        return Chart("days", "By day", nothing, note="no day is summed up yet")
    by_day = {row["day"]: row for row in rows}
    first, last = rows[0]["day"], rows[-1]["day"]
    times = [
        datetime(first.year, first.month, first.day) + timedelta(n)  # noqa: DTZ001 - UTC days
        for n in range((last - first).days + 1)
    ]

    def values(name: str) -> list[float | None]:
        return [by_day.get(time.date(), {}).get(name) for time in times]

    unavailable = [None if v is None else 100 - v for v in values("availability_pct")]
    worst = [None if v is None else 100 - v for v in values("availability_low_pct")]
    best = [None if v is None else 100 - v for v in values("availability_high_pct")]
    days = timeline(
        times,
        [
            Panel(
                "not available, % of known minutes; band: if all unknown minutes were up or down",
                "%",
                [
                    Series("at most", worst, "s1", low=best, is_line=False),
                    Series("not available", unavailable, "s1"),
                ],
                height=100,
            ),
            Panel(
                "circuit-hours at or above high utilization, %",
                "%",
                [
                    Series(
                        "at or above high", values("utilization_high_hours_pct"), "s2", is_area=True
                    )
                ],
                height=80,
            ),
            Panel(
                "flaps", "", [Series("flaps", values("flap_count"), "s3", is_area=True)], height=60
            ),
        ],
        label="The region's days: unavailability, load and flaps",
        step=timedelta(days=1),
        is_zoomed=True,
    )
    return Chart("days", "By day", days, note="up to 92 days", reach=f"{first} to {last}")
