"""SLE: Mist's own scores beside our figures."""

from wan_perf.web.charts.bars import distribution
from wan_perf.web.charts.chart import Chart
from wan_perf.web.charts.timeline import Panel, Series, timeline
from wan_perf.web.pages.hourly import column, hours_in
from wan_perf.web.pages.now import subject_of_all
from wan_perf.web.query import choice
from wan_perf.web.questions import sle as queries
from wan_perf.web.rendering import Page, page
from wan_perf.web.visit import Visit

SITES_SHOWN = 60
_NAMES = ("< 80", "80–90", "90–95", "95–99", "99–100")
_TONES = ("critical", "high", "warning", "", "")


def sle_page(visit: Visit) -> Page:
    """The page `/sle`."""
    at = queries.newest_scored_hour(visit.data)
    sites = queries.disagreements(visit.data, at, SITES_SHOWN) if at else []
    return page(
        "sle.html",
        visit,
        charts=[_chart(visit), score_bins(visit)],
        subject=subject_of_all(visit),
        at=at,
        sites=sites,
        total=sites[0] if sites else {"total": 0, "disagreement_count": 0, "degraded_count": 0},
        DISAGREEMENTS=queries.DISAGREEMENTS,
        **score_periods(visit),
    )


def score_periods(visit: Visit, site_id: str = "") -> dict[str, object]:
    """What `score_periods.html` shows: `?by=` day, week or month, and the periods.

    Raises:
        BadAddressError: `by` is none of them.
    """
    by = choice(visit.given, "by", queries.PERIODS, "week")
    found = queries.scores_by_period(visit.data, by, visit.range.end, site_id)
    return {"by": by, "score_periods": found, "PERIODS": queries.PERIODS}


def _chart(visit: Visit) -> Chart:
    times = hours_in(visit.range)
    found = queries.scores_by_hour(visit.data, visit.range)
    target: list[float | None] = [100 * queries.GOOD] * len(times)
    scores = [
        Series("WAN link", column(found, times, "wan_link"), "s1"),
        Series("gateway", column(found, times, "gateway"), "s2"),
        Series("application", column(found, times, "application"), "s3"),
    ]
    degraded = Series("sites under 90 %", column(found, times, "degraded_pct"), "s2", is_area=True)
    drawing = timeline(
        times,
        [
            Panel("mean score of the sites, %", "%", scores, levels=[("target", target)], top=100),
            Panel("sites with a score under 90 %, %", "%", [degraded], height=70),
        ],
        label="Mist's scores over time",
        width=900,
        is_zoomed=True,
    )
    legend = (("s1", "WAN link"), ("s2", "gateway"), ("s3", "application; dashed: target 95 %"))
    return Chart("scores", "Over time", drawing, legend=legend, reach=visit.reach)


def score_bins(visit: Visit, site_id: str = "") -> Chart:
    """The hours of the range by Mist's score of the WAN link, of one site or of all."""
    bins, unknown = queries.spread(visit.data, visit.range, site_id)
    named = list(zip(_NAMES, bins, _TONES, strict=True))
    drawing = distribution(named, unknown, label="Hours by Mist's score of the WAN link, %")
    counted = "hours" if site_id else "site-hours"
    note = f"{counted} by Mist's score of the WAN link, %"
    return Chart("spread", "Spread", drawing, note=note, reach=visit.reach)
