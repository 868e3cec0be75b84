"""Panels over hours that the site and the circuit page share."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from wan_perf.schema.metrics import QUALITY, UTILIZATION, Metric
from wan_perf.schema.values import SEVERITIES
from wan_perf.web.charts.svg import Values
from wan_perf.web.charts.timeline import Panel, Ribbon, Series, Span
from wan_perf.web.data import Row
from wan_perf.web.query import TimeRange

HOUR = timedelta(hours=1)
Hours = Mapping[datetime, Row]


def hours_in(reach: TimeRange) -> list[datetime]:
    """The starts of the range's hours."""
    return [reach.start + n * HOUR for n in range(reach.hours)]


def column(hours: Hours, times: Sequence[datetime], name: str) -> Values:
    """A figure hour by hour; None where there is no row or nothing is known."""
    return [hours.get(time, {}).get(name) for time in times]


def levels(hours: Hours, times: Sequence[datetime], metric: Metric) -> list[tuple[str, Values]]:
    """The levels in force by hour."""
    return [(s, column(hours, times, metric.level(s))) for s in SEVERITIES]


def utilization_panel(
    title: str, hours: Hours, times: Sequence[datetime], height: float = 150.0
) -> Panel:
    """Both directions, download up and upload down, with the levels in force."""
    return Panel(
        title,
        "%",
        [Series("download", column(hours, times, "down_pct"), "s1", is_area=True)],
        below=[Series("upload", column(hours, times, "up_pct"), "s2", is_area=True)],
        levels=levels(hours, times, UTILIZATION),
        height=height,
        top=100,
    )


def quality_panels(
    title: str, hours: Hours, times: Sequence[datetime], names: Sequence[str], height: float = 90.0
) -> Iterator[Panel]:
    """Average, and up to the highest sample as a band, of the named quantities."""
    by_quantity = {metric.quantity: metric for metric in QUALITY}
    for metric in (by_quantity[name] for name in names):
        unit = {"pct": "%", "ms": "ms"}[metric.unit]
        average = column(hours, times, metric.avg)
        highest = column(hours, times, metric.max)
        yield Panel(
            f"{title}{metric.quantity}, {unit}",
            unit,
            [
                Series(f"{metric.quantity} max", highest, "s3", low=average, is_line=False),
                Series(f"{metric.quantity} p95", column(hours, times, metric.p95), "s2"),
                Series(f"{metric.quantity} mean", average, "s3"),
            ],
            levels=levels(hours, times, metric),
            height=height,
        )


def site_ribbon(hours: Hours, times: Sequence[datetime]) -> Ribbon:
    """The site by hour: dark or unreachable for a minute or more, on backup, or up."""
    spans: list[Span] = []
    for time in times:
        row = hours.get(time)
        if row is None:
            continue
        state, note = _site_state(row)
        last = spans[-1] if spans else None
        if last and last.end == time and last.state == state and not note:
            spans[-1] = Span(last.start, time + HOUR, state)
        else:
            spans.append(Span(time, time + HOUR, state, note))
    return Ribbon("site", spans)


def _site_state(row: Row) -> tuple[str, str]:
    for name, state in (
        ("dark_minutes", "site dark"),
        ("unreachable_minutes", "site unreachable"),
        ("on_backup_minutes", "on backup"),
    ):
        if row[name]:
            return state, f"{row[name]:.0f} min"
    return ("unknown", "") if (row["unknown_minutes"] or 0) >= 60 else ("up", "")


def failover_ribbon(events: Sequence[Row]) -> Ribbon:
    """The failovers, each from its start to its end."""
    return Ribbon(
        "failover",
        [
            Span(e["started_at"], e["ended_at"], "on backup", e["failover_cause"] or "")
            for e in events
            if e["ended_at"] is not None
        ],
    )
