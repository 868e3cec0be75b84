"""Now: the first screen of a NOC engineer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from wan_perf.schema.metrics import UTILIZATION
from wan_perf.schema.values import SEVERITIES
from wan_perf.web.charts.bars import distribution
from wan_perf.web.charts.chart import Chart
from wan_perf.web.charts.density import Cell, Region, density
from wan_perf.web.charts.timeline import Panel, Series, timeline
from wan_perf.web.data import AT_ONCE, Data, Row
from wan_perf.web.pages.tiles import now_tiles
from wan_perf.web.query import choice, integer
from wan_perf.web.questions.density import TONES, WORDS, sites_by_region
from wan_perf.web.questions.fleet import (
    FleetHours,
    default_levels,
    fleet_hours,
    inventory,
    utilization_bins,
)
from wan_perf.web.questions.now import alerts_by_site, state_counts
from wan_perf.web.questions.offenders import (
    COUNTS,
    RANKINGS,
    Ranking,
    chronic_offenders,
    hourly_figures,
    top_offenders,
)
from wan_perf.web.questions.regions import regions
from wan_perf.web.rendering import Page, page
from wan_perf.web.visit import Visit
from wan_perf.web.words import LOOKS, Look

ALERTS_SHOWN = 80
CHRONIC_SHOWN = 10


def now_page(visit: Visit) -> Page:
    """The page `/`."""
    data, trust = visit.data, visit.trust
    tab = choice(visit.given, "top", RANKINGS, "load")
    most = integer(visit.given, "n", 10, 1, 100)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        hours = pool.submit(fleet_hours, data, trust.newest_end)
        ranked = pool.submit(_worst_circuits, data, RANKINGS[tab], most, trust.newest_end)
        states = pool.submit(state_counts, data, trust.as_of_at)
        of_regions = pool.submit(regions, data)
        there = pool.submit(inventory, data, trust.newest_end)
        chronic = pool.submit(chronic_offenders, data, CHRONIC_SHOWN)
        groups, alert_counts = alerts_by_site(data, ALERTS_SHOWN)
        bins, unmeasured = utilization_bins(data)
        cells = site_cells(visit)
    counts, fleet, (worst, lines) = states.result(), hours.result(), ranked.result()
    return page(
        "now.html",
        visit,
        charts=[
            cells,
            Chart(
                "utilization",
                "Utilization now",
                distribution(bins, unmeasured, label="Circuits by utilization now"),
                note="circuits by range of %, logarithmic",
                reach=_as_of(visit),
            ),
            _trend(data, fleet),
            _throughput(fleet),
        ],
        subject=subject_of_all(visit),
        tiles=now_tiles(visit, counts, fleet),
        counts=counts,
        groups=groups,
        alert_counts=alert_counts,
        shown=sum(len(group.alerts) for group in groups),
        regions=of_regions.result(),
        rankings=RANKINGS,
        tab=tab,
        most=most,
        COUNTS=COUNTS,
        worst=worst,
        lines=lines,
        chronic=chronic.result(),
        inventory=there.result(),
    )


def _worst_circuits(
    data: Data, ranking: Ranking, most: int, end: datetime
) -> tuple[list[Row], dict[str, list[float | None]]]:
    """The worst circuits, and the figure of each over 24 hours."""
    worst = top_offenders(data, ranking, most, end)
    return worst, hourly_figures(data, [row["circuit_id"] for row in worst], ranking.hourly, end)


def subject_of_all(visit: Visit) -> str:
    """Of what the charts of the fleet are: of all sites, or of the regions that a person sees."""
    regions = visit.data.regions
    return "All sites" if regions is None else ", ".join(sorted(regions))


def _as_of(visit: Visit) -> str:
    at = visit.trust.as_of_at
    return f"as of {at:%Y-%m-%d %H:%M} UTC" if at else ""


def _last_hours(fleet: FleetHours) -> str:
    return f"24 hours to {fleet.hours[-1] + timedelta(hours=1):%Y-%m-%d %H:%M} UTC"


def site_cells(visit: Visit) -> Chart:
    """The picture of all sites."""
    regions = [
        Region(
            found.region,
            visit.link("region", found.region),
            found.site_count,
            [_cell(visit, row) for row in found.bad],
        )
        for found in sites_by_region(visit.data)
    ]
    return Chart(
        "sites",
        "Sites by region",
        density(regions),
        note="left half primary, right half the others",
        legend=(
            *(("critical", "dark, down, critical"), ("high", "high"), ("warning", "warning")),
            *(("failover", "on backup"), ("unknown", "unknown"), ("normal", "normal")),
        ),
        reach=_as_of(visit),
    )


def _cell(visit: Visit, row: Row) -> Cell:
    primary, others = row["primary_code"], row["others_code"]
    worst = max(primary, others)
    of_site = LOOKS.get(row["site_state"] or "unknown", LOOKS["unknown"])
    seen = of_site if of_site.tone != "ok" else _look(worst)
    words = f"{of_site.word}; primary {WORDS[primary]}, others {WORDS[others]}"
    return Cell(
        place=row["nth"],
        name=row["site_name"] or row["site_id"],
        link=visit.link("site", row["site_id"]),
        primary=TONES[primary],
        others=TONES[others],
        worst=seen,
        words=words,
    )


def _look(code: int) -> Look:
    return LOOKS["down" if WORDS[code] == "down" else WORDS[code]]


def _trend(data: Data, fleet: FleetHours) -> Chart:
    levels = default_levels(data, UTILIZATION.name)
    count = len(fleet.hours)
    drawing = timeline(
        fleet.hours,
        [
            Panel(
                "",
                "%",
                [
                    Series("maximum", fleet.values("utilization_max"), "s3"),
                    Series("p95", fleet.values("utilization_p95"), "s2"),
                    Series("median", fleet.values("utilization_median"), "s1", is_area=True),
                ],
                levels=[(s, [levels[s]] * count) for s in SEVERITIES if s in levels],
                height=150,
                top=100,
            )
        ],
        label="Utilization of the stores' circuits over 24 hours: median, 95th percentile, maximum",
        width=560,
    )
    legend = (("s1", "median"), ("s2", "p95"), ("s3", "maximum of the circuits, %"))
    return Chart("trend", "Utilization, 24 h", drawing, legend=legend, reach=_last_hours(fleet))


def _throughput(fleet: FleetHours) -> Chart:
    drawing = timeline(
        fleet.hours,
        [
            Panel(
                "",
                "Mbit/s",
                [Series("received", fleet.values("rx_mbps"), "s1", is_area=True)],
                below=[Series("sent", fleet.values("tx_mbps"), "s2", is_area=True)],
                height=150,
            )
        ],
        label="Sum of the circuits' mean rates over 24 hours, received up and sent down",
        width=560,
    )
    legend = (("s1", "received"), ("s2", "sent (below), Mbit/s"))
    return Chart("throughput", "Throughput, 24 h", drawing, legend=legend, reach=_last_hours(fleet))
