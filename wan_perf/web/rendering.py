"""Templates: the one environment, what they can call, and a page as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from wan_perf.web import cells, words
from wan_perf.web.charts.chart import Chart
from wan_perf.web.charts.spark import bar, spark
from wan_perf.web.charts.svg_file import file_name, svg_file
from wan_perf.web.query import RANGES, NotFoundError, shortened
from wan_perf.web.questions.site import PERIOD_FIGURES
from wan_perf.web.visit import Visit

NAVIGATION = (
    ("/", (), "Now", "n"),
    ("/overview", ("overview",), "Overview", "o"),
    ("/regions", ("regions",), "Regions", "r"),
    ("/grid", ("grid", "circuits"), "Circuits", "c"),
    ("/sle", ("sle",), "SLE", "s"),
)
"""Path, steps of the link, label, and the key after g."""


@cache
def environment() -> jinja2.Environment:
    """Jinja with everything escaped that is not markup, and no value that is silently missing."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("wan_perf.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.globals.update(
        spark=spark,
        bar=bar,
        icon=cells.icon,
        state=cells.state,
        heading=cells.heading,
        unit=cells.unit,
        meaning=cells.meaning,
        is_number=cells.is_number,
        short_circuit=cells.short_circuit,
        look=words.look,
        RANGES=RANGES,
        PERIOD_FIGURES=PERIOD_FIGURES,
        nav=NAVIGATION,
    )
    made.filters.update(
        figure=words.figure,
        with_unit=words.with_unit,
        change=words.change,
        minutes=words.minutes,
    )
    made.globals.update(since=words.since, when=when)
    return made


def when(at: Any, form: str = "%Y-%m-%d %H:%M") -> Markup:
    """An instant in UTC, marked so that the script can add how long ago it was."""
    if at is None:
        return Markup('<span class="none">–</span>')
    return Markup('<time datetime="{}Z">{}</time>').format(at.isoformat(), at.strftime(form))


@dataclass(frozen=True)
class File:
    """What a browser stores: its content, media type and name."""

    content: bytes
    kind: str
    name: str


Page = str | File
"""The answer of a page: its HTML, or one of its charts."""


def page(
    template: str, visit: Visit, *, charts: Sequence[Chart] = (), subject: str = "", **shown: Any
) -> Page:
    """A page as text, or the chart of it that the address names (`?svg=`), as a file.

    Args:
        template: Its file.
        visit: Who looks at what.
        charts: Those of the page; the template has them by their names.
        subject: Of what they are, such as the name of a site.
        shown: What else the template names.

    Raises:
        NotFoundError: the page has no such chart.
    """
    by_name = {chart.name: chart for chart in charts}
    if name := visit.given.get("svg"):
        return _chart_file(by_name, name, subject, visit)
    return (
        environment()
        .get_template(template)
        .render(visit=visit, cells=cells.Cells(visit), trust=visit.trust, charts=by_name, **shown)
    )


def _chart_file(charts: dict[str, Chart], name: str, subject: str, visit: Visit) -> File:
    chart = charts.get(name)
    if chart is None:
        there = f"it has {', '.join(charts)}" if charts else "it has none"
        raise NotFoundError(f"There is no chart {shortened(name)} on this page; {there}.")
    published = visit.trust.published_at
    source = f"WAN performance, data published {published:%Y-%m-%d %H:%M} UTC"
    text = svg_file(chart, subject, source)
    return File(text.encode(), "image/svg+xml", file_name(subject, chart.title, chart.reach))


def static_file(name: str) -> bytes:
    """A file of the style sheet's folder."""
    return (files("wan_perf.web") / "static" / name).read_bytes()
