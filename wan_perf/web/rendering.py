"""Templates: the one environment, what they can call, and a page as text."""

from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from wan_perf.web import cells, words
from wan_perf.web.charts.spark import bar, spark
from wan_perf.web.query import RANGES
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


def page(template: str, visit: Visit, **shown: Any) -> str:
    """A page as text."""
    return (
        environment()
        .get_template(template)
        .render(visit=visit, cells=cells.Cells(visit), trust=visit.trust, **shown)
    )


def static_file(name: str) -> bytes:
    """A file of the style sheet's folder."""
    return (files("wan_perf.web") / "static" / name).read_bytes()
