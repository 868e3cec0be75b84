"""A circuit: its state, load and quality by hour, its days, its levels, its samples."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from wan_perf.web.charts.cells import Day, calendar, heat
from wan_perf.web.charts.chart import Chart
from wan_perf.web.charts.timeline import Ribbon, timeline
from wan_perf.web.data import AT_ONCE, Row
from wan_perf.web.pages.hourly import Hours, hours_in, quality_panels, utilization_panel
from wan_perf.web.query import BadAddressError, NotFoundError, instant, shortened
from wan_perf.web.questions import hour as of_hour
from wan_perf.web.questions.circuit import (
    HOUR_FIGURES,
    circuit,
    days_of,
    hours_of,
    levels_of,
    ports,
    runs_of,
    states_of,
    trend_of,
    versions,
)
from wan_perf.web.questions.now import alerts_of_circuit
from wan_perf.web.questions.site import circuits_of, periods
from wan_perf.web.rendering import Page, page
from wan_perf.web.visit import Visit
from wan_perf.web.words import figure

RUNS_SHOWN = 20
HOURS_SHOWN = 48
CALENDAR = timedelta(days=397)


def _circuit_row(visit: Visit) -> Row:
    """The circuit of the address.

    Raises:
        NotFoundError: it is not in the data.
    """
    name = visit.named["id"]
    described = circuit(visit.data, name)
    if not described:
        raise NotFoundError(f"There is no circuit {shortened(name)} in the data.")
    return described


def circuit_page(visit: Visit) -> Page:
    """The page `/circuit/<id>`."""
    data = visit.data
    described = _circuit_row(visit)
    name = described["circuit_id"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = pool.submit(runs_of, data, name, visit.range, RUNS_SHOWN)
        of_periods = pool.submit(periods, data, "circuit", name)
        days = pool.submit(_calendar, visit, name)
        beside = pool.submit(circuits_of, data, described["site_id"])
        hours = hours_of(data, [name], visit.range)
        states = states_of(data, hours, visit.range)[name]
    of_circuit = hours[name]
    newest = max(of_circuit, default=None)
    return page(
        "circuit.html",
        visit,
        charts=[
            _chart(visit, of_circuit, Ribbon("state", states)),
            days.result(),
            _week(visit, of_circuit),
        ],
        subject=" ".join(filter(None, (described["site_name"], described["wan_name"] or name))),
        circuit=described,
        now=next((row for row in beside.result() if row["circuit_id"] == name), {}),
        alerts=alerts_of_circuit(data, name),
        ports=ports(data, name),
        versions=versions(data, name),
        runs=runs.result(),
        RUNS_SHOWN=RUNS_SHOWN,
        levels=levels_of(of_circuit[newest]) if newest else [],
        levels_at=newest,
        periods=of_periods.result(),
        trend=trend_of(data, name),
        hours=[of_circuit[at] for at in sorted(of_circuit, reverse=True)[:HOURS_SHOWN]],
        hour_count=len(of_circuit),
        HOUR_FIGURES=HOUR_FIGURES,
    )


def _chart(visit: Visit, hours: Hours, states: Ribbon) -> Chart:
    times = hours_in(visit.range)
    panels = [
        utilization_panel("download up, upload down, % of the provisioned rate", hours, times, 210),
        *quality_panels("", hours, times, ("latency", "jitter", "loss")),
    ]
    drawing = timeline(
        times,
        panels,
        [states],
        label="State, utilization of both directions, latency, jitter and loss by hour",
        is_zoomed=True,
    )
    legend = (
        *(("up", "up"), ("critical", "down"), ("unknown", "no telemetry, unknown")),
        *(("planned", "standby, disabled"), ("s1", "download"), ("s2", "upload, below; p95")),
        ("s3", "mean, band to the highest sample"),
    )
    return Chart("hours", "By hour", drawing, legend=legend, reach=visit.reach)


def _week(visit: Visit, hours: Hours) -> Chart:
    """The highest utilization by weekday and hour within the range."""
    values: dict[tuple[int, int], float | None] = {}
    for at, row in hours.items():
        key, value = (at.weekday(), at.hour), row["utilization_pct"]
        known = values.get(key)
        values[key] = value if known is None else known if value is None else max(known, value)
    drawing = heat(values, label="Utilization by weekday and hour", unit="%", top=100)
    scale = ("highest of the range: 0", "100 %")
    return Chart("week", "Weekday and hour", drawing, scale=scale, reach=visit.reach)


def _calendar(visit: Visit, name: str) -> Chart:
    days = []
    for row in days_of(visit.data, name, visit.trust.newest_end - CALENDAR):
        value, at = row["utilization_p95_pct"], row["day"]
        words = (
            f"p95 {figure(value, '%')} %, available {figure(row['availability_pct'], '%')} %, "
            f"coverage {figure(row['coverage_pct'], '%')} %, {figure(row['flap_count'])} flaps"
        )
        of_day = {"from": f"{at:%Y-%m-%d}", "to": f"{at + timedelta(days=1):%Y-%m-%d}"}
        link = visit.link("circuit", name, range=None, **of_day)
        days.append(Day(at, value, words, link))
    drawing = calendar(days, label="95th percentile of utilization by day, 13 months", top=100)
    reach = f"{days[0].day} to {days[-1].day}" if days else ""
    scale = ("p95 of the day's hours: 0", "100 %")
    return Chart("calendar", "13 months", drawing, scale=scale, reach=reach)


def hour_page(visit: Visit) -> Page:
    """The page `/circuit/<id>/hour/<instant>`."""
    data, described = visit.data, _circuit_row(visit)
    at = instant(visit.named["hour"], "the hour")
    if at.minute or at.second:
        raise BadAddressError("An hour is named by its start, such as 2026-03-08T14:00.")
    name = described["circuit_id"]
    row = of_hour.circuit_hour(data, name, at)
    if not row:
        raise NotFoundError(
            f"{shortened(name)} has no hour {at:%Y-%m-%d %H:%M}: it was not in service, or the "
            "hour was not computed."
        )
    return page(
        "hour.html",
        visit,
        circuit=described,
        row=row,
        levels=levels_of(row),
        states=of_hour.states(data, name, at),
        samples=of_hour.port_samples(data, name, at),
        polls=of_hour.path_samples(data, name, at),
        history=of_hour.history(data, name, at),
        events=of_hour.gateway_events(data, row),
        before=at - timedelta(hours=1),
        after=at + timedelta(hours=1),
    )
