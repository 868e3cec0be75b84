"""The executive overview: one page of a month that prints."""

import re
from datetime import date, datetime

from markupsafe import Markup

from wan_perf.schema.metrics import JUDGED
from wan_perf.schema.values import SEVERITIES
from wan_perf.web.charts.chart import Chart
from wan_perf.web.charts.columns import MONTHS_SHOWN, Months, monthly
from wan_perf.web.charts.interval import interval
from wan_perf.web.data import Row
from wan_perf.web.pages.headline import headline
from wan_perf.web.pages.now import subject_of_all
from wan_perf.web.printing import browser, pdf
from wan_perf.web.query import BadAddressError, NotFoundError, shortened
from wan_perf.web.questions import overview as queries
from wan_perf.web.rendering import File, Page, page
from wan_perf.web.visit import Visit

DEFAULT_TARGET_PCT = 99.9
OFFENDERS_SHOWN = 10
CAPACITY_SHOWN = 10


def overview_page(visit: Visit) -> Page:
    """The page `/overview?month=&target=`."""
    data = visit.data
    known = queries.months(data)
    if not known:
        return page("overview_empty.html", visit)
    month = _month(visit, known)
    target = _target(visit.given.get("target", ""))
    trend = queries.fleet_months(data, month)
    now = trend[-1] if trend and trend[-1]["month"] == month else {}
    before = trend[-2] if len(trend) > 1 else {}
    regions = queries.regions_of(data, month)
    stores = queries.stores_of(data, month)
    return page(
        "overview.html",
        visit,
        charts=[_unavailability(trend, month, target), _load(trend, month)],
        subject=subject_of_all(visit),
        can_print=browser() is not None,
        month=month,
        months=known[:13],
        target=target,
        is_whole=all(row["is_whole_month"] for row in regions),
        headline=headline(month, now, before, stores, regions, target),
        now=now,
        before=before,
        stores=stores,
        regions=regions,
        lost=queries.lost_by_region(data, month),
        intervals=[_interval(row, target) for row in regions],
        shares=_shares(now, before),
        offenders=queries.offenders_of(data, month, OFFENDERS_SHOWN),
        capacity=queries.capacity(data, CAPACITY_SHOWN),
        capacity_counts=queries.capacity_counts(data),
        failovers=queries.failovers_in(data, month),
        resilience=queries.resilience(data),
    )


def overview_pdf(visit: Visit) -> Page:
    """The same page as a PDF file, `/overview.pdf?month=&target=`.

    Raises:
        NotFoundError: the data has no month.
        NoBrowserError: nothing on this machine can print it.
        PrintingError: the browser failed.
    """
    known = queries.months(visit.data)
    if not known:
        raise NotFoundError(
            "There is no month in the data yet; wan-perf aggregate monthly computes them."
        )
    month = _month(visit, known)
    made = overview_page(visit)
    if isinstance(made, File):
        return made
    name = f"wan-perf-overview-{month:%Y-%m}.pdf"
    return File(pdf(made, visit.origin), "application/pdf", name)


def _month(visit: Visit, known: list[date]) -> date:
    text = visit.given.get("month", "")
    if not text:
        return queries.newest_whole_month(visit.data) or known[0]
    if not re.fullmatch(r"\d{4}-\d\d", text, re.ASCII):
        raise BadAddressError(f"month is such as 2026-03; {shortened(text)} is not.")
    try:
        found = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month, no instant
    except ValueError:
        raise BadAddressError(f"month is such as 2026-03; {shortened(text)} is not.") from None
    if found not in known:
        raise NotFoundError(
            f"The data has no month {text}; it has {known[-1]:%Y-%m} to {known[0]:%Y-%m}."
        )
    return found


def _target(text: str) -> float:
    if not text:
        return DEFAULT_TARGET_PCT
    if not re.fullmatch(r"\d{1,2}(\.\d{1,4})?", text, re.ASCII) or float(text) <= 0:
        raise BadAddressError(f"target is a percentage under 100; {shortened(text)} is not.")
    return float(text)


def _interval(row: Row, target: float) -> Markup:
    return interval(
        row["availability_low_pct"],
        row["availability_pct"],
        row["availability_high_pct"],
        target,
        label=f"Availability of {row['region']}",
    )


def _unavailability(rows: list[Row], month: date, target: float) -> Chart:
    drawing = monthly(
        _months(rows, "availability_pct"),
        label="availability by month",
        target=target,
        is_from_top=True,
    )
    note = "column: missing to 100 %; figure: availability" + _since(rows, month)
    return Chart("availability", "Unavailability, 13 months", drawing, note, reach=_reach(rows))


def _load(rows: list[Row], month: date) -> Chart:
    shown = _months(rows, "utilization_high_share_pct")
    drawing = monthly(shown, label="hours at high load by month")
    note = "% of the evaluated circuit-hours" + _since(rows, month)
    return Chart("load", "Hours at high load, 13 months", drawing, note, reach=_reach(rows))


def _months(rows: list[Row], name: str) -> Months:
    return Months([row["month"] for row in rows], [row.get(name) for row in rows])


def _since(rows: list[Row], month: date) -> str:
    """What a note ends with where the data begins within the 13 months up to the month."""
    if not rows:
        return ""
    first = rows[0]["month"]
    covered = 12 * (month.year - first.year) + month.month - first.month + 1
    return "" if covered >= MONTHS_SHOWN else f"; data since {first:%B %Y}"


def _reach(rows: list[Row]) -> str:
    return f"{rows[0]['month']:%Y-%m} to {rows[-1]['month']:%Y-%m}" if rows else ""


def _shares(now: Row, before: Row) -> list[Row]:
    """Share of judged circuit-hours at or above each level, and the change to the month before."""
    found = []
    for metric in JUDGED:
        row: Row = {"metric": metric.quantity}
        for severity in SEVERITIES:
            name = f"{metric.quantity}_{severity}_share_pct"
            value, old = now.get(name), before.get(name)
            row[severity] = value
            row[f"{severity}_change"] = None if value is None or old is None else value - old
        found.append(row)
    return found
