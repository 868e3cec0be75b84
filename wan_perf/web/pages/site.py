"""A site: primary and secondary side by side over the same hours, failovers, periods, events."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from wan_perf.web.charts.chart import Chart
from wan_perf.web.charts.timeline import Panel, Ribbon, Series, timeline
from wan_perf.web.data import AT_ONCE, Row
from wan_perf.web.pages.causes import SCORES, causes_of, classifier_chart
from wan_perf.web.pages.hourly import (
    Hours,
    column,
    failover_ribbon,
    hours_in,
    quality_panels,
    site_ribbon,
    utilization_panel,
)
from wan_perf.web.pages.sle import score_bins, score_periods
from wan_perf.web.query import NotFoundError, shortened
from wan_perf.web.questions.alarms import alarms_of
from wan_perf.web.questions.circuit import hours_of, states_of
from wan_perf.web.questions.now import alerts_of_site
from wan_perf.web.questions.site import (
    circuits_of,
    comparison,
    events,
    failovers_of,
    periods,
    site,
    site_hours,
    site_scores,
)
from wan_perf.web.questions.sle import GOOD, paths_of
from wan_perf.web.rendering import Page, page
from wan_perf.web.visit import Visit

MOST_CIRCUITS = 6
EVENTS_SHOWN = 40
ALARMS_SHOWN = 20


def site_page(visit: Visit) -> Page:
    """The page `/site/<id>`."""
    data, site_id = visit.data, visit.named["id"]
    described = site(data, site_id)
    if not described:
        raise NotFoundError(f"There is no site {shortened(site_id)} in the data.")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        of_periods = pool.submit(periods, data, "site", site_id)
        happened = pool.submit(events, data, site_id, visit.range, EVENTS_SHOWN)
        compared = pool.submit(comparison, data, site_id)
        scores = pool.submit(score_periods, visit, site_id)
        low = pool.submit(causes_of, visit, site_id)
        classified = pool.submit(lambda: list(classifier_chart(visit, site_id)))
        circuits = circuits_of(data, site_id)
        failovers = failovers_of(data, site_id, visit.range)
        hours = site_hours(data, site_id, visit.range)
        chart = _chart(visit, hours, circuits[:MOST_CIRCUITS], failovers)
    return page(
        "site.html",
        visit,
        charts=[chart, *_scores(visit, site_id, hours), *classified.result()],
        subject=described["site_name"] or site_id,
        site=described,
        circuits=circuits,
        alerts=alerts_of_site(data, site_id),
        failovers=failovers,
        comparison=compared.result(),
        periods=of_periods.result(),
        events=happened.result(),
        EVENTS_SHOWN=EVENTS_SHOWN,
        alarms=alarms_of(data, site_id, visit.range, ALARMS_SHOWN),
        ALARMS_SHOWN=ALARMS_SHOWN,
        causes=low.result(),
        SCORES=SCORES,
        **scores.result(),
        paths=paths_of(data, site_id, visit.trust.as_of_at),
    )


def _label(row: Row) -> str:
    parts = (row["role"] or "no role", row["wan_name"], row["provider"])
    return " · ".join(part for part in parts if part)


def _chart(visit: Visit, of_site: Hours, circuits: list[Row], failovers: list[Row]) -> Chart:
    times = hours_in(visit.range)
    hours = hours_of(visit.data, [row["circuit_id"] for row in circuits], visit.range)
    states = states_of(visit.data, hours, visit.range)
    ribbons = [site_ribbon(of_site, times)]
    ribbons.append(failover_ribbon(failovers))
    panels: list[Panel] = []
    for row in circuits:
        name = row["circuit_id"]
        ribbons.append(Ribbon(_short(row), states[name]))
        title = f"{_label(row)} — utilization, %"
        panels.append(utilization_panel(title, hours[name], times, height=130))
    for row in circuits:
        title = f"{_label(row)} — "
        panels += quality_panels(title, hours[row["circuit_id"]], times, ("latency",), height=70)
    drawing = timeline(
        times,
        panels,
        ribbons,
        label="State, failovers, utilization and latency of the site's circuits by hour",
        is_zoomed=True,
    )
    return Chart(
        "hours",
        "Primary and secondary",
        drawing,
        legend=(
            *(("up", "up"), ("critical", "down"), ("failover", "on backup")),
            *(("unknown", "no telemetry, unknown"), ("planned", "standby, disabled")),
            *(("s1", "download"), ("s2", "upload, below"), ("s3", "latency mean to highest")),
        ),
        reach=visit.reach,
    )


def _short(row: Row) -> str:
    return (row["role"] or row["wan_name"] or "circuit")[:9]


def _scores(visit: Visit, site_id: str, hours: Hours) -> Iterator[Chart]:
    """Mist's scores over time and their spread; none where no hour is scored."""
    times = hours_in(visit.range)
    found = site_scores(visit.data, site_id, visit.range)
    if not found:
        return
    target: list[float | None] = [100 * GOOD] * len(times)
    series = [
        Series("Mist WAN link", column(found, times, "wan_link"), "s1"),
        Series("Mist gateway", column(found, times, "gateway"), "s2"),
        Series("Mist application", column(found, times, "application"), "s3"),
        Series("our site availability", column(hours, times, "availability_pct"), "s0"),
    ]
    drawing = timeline(
        times,
        [Panel("", "%", series, levels=[("target", target)], height=110, top=100)],
        label="Mist's own scores of the site beside our availability",
        width=900,
        is_zoomed=True,
    )
    yield Chart(
        "scores",
        "Mist's scores beside our availability",
        drawing,
        legend=(
            *(("s1", "WAN link"), ("s2", "gateway"), ("s3", "application")),
            ("s0", "our site availability, %; dashed: target 95 %"),
        ),
        reach=visit.reach,
    )
    yield score_bins(visit, site_id)
