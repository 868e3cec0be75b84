"""Regions, and a region: its sites, providers, days and busy hours."""

from datetime import datetime, timedelta

from markupsafe import Markup

from wan_perf.web.charts.cells import heat
from wan_perf.web.charts.timeline import Panel, Series, timeline
from wan_perf.web.data import Row
from wan_perf.web.pages.now import site_cells
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
from wan_perf.web.rendering import page
from wan_perf.web.visit import Visit

SITES_SHOWN = 60
ALERTS_SHOWN = 40
DAYS_SHOWN = 92
NARROWING = ("provider", "medium", "role")


def regions_page(visit: Visit) -> str:
    """The page `/regions`."""
    return page(
        "regions.html",
        visit,
        regions=regions(visit.data),
        providers=providers_of(visit.data),
        sites=site_cells(visit),
    )


def region_page(visit: Visit) -> str:
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
        days=_days(days_of(data, name, visit.trust.newest_end - timedelta(DAYS_SHOWN))),
        busy=heat(
            busy_hours(data, name, visit.range),
            label="Share of circuit-hours at or above high by weekday and hour",
            unit="% of circuit-hours at or above high",
            top=25,
        ),
    )


def _days(rows: list[Row]) -> Markup | None:
    if not rows:
        return None
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
    return timeline(
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
