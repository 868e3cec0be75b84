"""A chart as an SVG file that explains itself: title, legend, colours, and what it was made from.

Belongs here: the frame around a drawing. Keep out: the drawing (`charts`), HTTP (`app`).
"""

import re
import unicodedata
from collections.abc import Iterator
from importlib.resources import files

from markupsafe import escape

from wan_perf.web.charts.chart import Chart
from wan_perf.web.charts.light_style import colours, palette, style
from wan_perf.web.charts.svg import number

_OPENING = re.compile(r'<svg class="([^"]*)" viewBox="0 0 (\S+) (\S+)" [^>]*>')
_LINK = re.compile(r'<a( class="[^"]*")? href="[^"]*">')
_CURSOR = re.compile(r'<path class="cursor"[^>]*/>')
_CLASSES = re.compile(r'class="([^"]*)"')
_USED = re.compile(r'href="#(i-[\w-]+)"')
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SPRITE = re.compile(r'<(symbol|pattern) id="([\w-]+)".*?</\1>')
_FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
_MARGIN, _LEAST_WIDTH, _LINE = 16.0, 620.0, 18.0
_LETTER = 6.4
"""The mean width of a letter of the legend. [px]"""
_LONGEST_NAME = 120


def file_name(*words: str) -> str:
    """A name that every file system takes, from words of a person or of the data.

    >>> file_name("Store 7/Zürich", "By hour", "../../x"), file_name("…", "")
    ('wan-perf-Store-7-Zurich-By-hour-x.svg', 'wan-perf.svg')
    """
    folded = unicodedata.normalize("NFKD", "-".join(("wan-perf", *words)))
    plain = re.sub(r"[^A-Za-z0-9]+", "-", folded.encode("ascii", "ignore").decode())
    return f"{plain[:_LONGEST_NAME].strip('-')}.svg"


def svg_file(chart: Chart, subject: str, source: str) -> str:
    """The text of the file, light on white, without links.

    Args:
        chart: What is drawn.
        subject: Of what, such as the name of a site.
        source: The sentence below it: when its data was published.
    """
    markup = str(chart.drawing)
    opening = _OPENING.search(markup)
    assert opening is not None  # noqa: S101 - every drawing is made by `svg.drawing`
    inner = markup[opening.end() : markup.rindex("</svg>")]
    inner = _LINK.sub(r"<g\1>", inner).replace("</a>", "</g>")
    inner = _CURSOR.sub("", inner)
    drawn_width, drawn_height = float(opening[2]), float(opening[3])
    width = max(drawn_width, _LEAST_WIDTH) + 2 * _MARGIN
    head, top = _head(chart, subject, width)
    height = top + drawn_height + 34
    definitions = "".join(_definitions(inner))
    classes = (opening[1], *_CLASSES.findall(head + definitions + inner))
    used = {name for of_element in classes for name in of_element.split()}
    title = escape(f"{subject}: {chart.title}" if subject else chart.title)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{number(width)}" '
        f'height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}" '
        f'font-family=\'{_FONT}\' fill="{palette()["text"]}" font-size="12">\n'
        f"<title>{title}</title>\n"
        f"<style>\n{style(used)}\n</style>\n<defs>{definitions}</defs>\n"
        f'<rect width="100%" height="100%" fill="{palette()["card"]}"/>\n{head}\n'
        f'<g class="{opening[1]}" transform="translate({number(_MARGIN)} {number(top)})">'
        f"{inner}</g>\n{_small(_MARGIN, height - 12, source)}\n</svg>\n"
    )
    return _CONTROL.sub("", text)


def _definitions(inner: str) -> Iterator[str]:
    """The hatch and the symbols that the drawing uses, from the sprite of the pages."""
    sprite = (files("wan_perf.web") / "templates" / "sprite.html").read_text(encoding="utf-8")
    wanted = {"hatch", *_USED.findall(inner)}
    return (found[0] for found in _SPRITE.finditer(sprite) if found[2] in wanted)


def _head(chart: Chart, subject: str, width: float) -> tuple[str, float]:
    """Title, note and legend, and where the drawing begins. [px]"""
    heading = f"{subject} · {chart.title}" if subject else chart.title
    parts = [
        f'<text x="{number(_MARGIN)}" y="26" font-size="16" font-weight="650">'
        f"{escape(heading)}</text>"
    ]
    y = 26.0
    if words := " · ".join(filter(None, (chart.reach, chart.note))):
        y += _LINE
        parts.append(_small(_MARGIN, y, words))
    x, y = _MARGIN, y + _LINE
    for css, words in chart.legend:
        wide = 16 + _LETTER * len(words) + 16
        if x > _MARGIN and x + wide > width - _MARGIN:
            x, y = _MARGIN, y + _LINE
        parts += (_swatch(x, y, css), _small(x + 16, y, words))
        x += wide
    if chart.scale is not None:
        parts.append(_scale(chart.scale, y))
    has_key = bool(chart.legend or chart.scale)
    return "".join(parts), y + (14 if has_key else 14 - _LINE)


def _scale(ends: tuple[str, str], y: float) -> str:
    low, high = ends
    x = _MARGIN + _LETTER * len(low) + 8
    steps = "".join(
        f'<rect class="c{step}" x="{number(x + 14 * step)}" y="{number(y - 9)}" '
        'width="14" height="10"/>'
        for step in range(10)
    )
    return _small(_MARGIN, y, low) + steps + _small(x + 148, y, high)


def _swatch(x: float, y: float, css: str) -> str:
    named = {"up": "up-fill", "normal": "raised"}
    fill = palette()[named[css]] if css in named else colours()[css]
    if css == "unknown":
        fill = "url(#hatch)"
    return (
        f'<rect x="{number(x)}" y="{number(y - 9)}" width="10" height="10" rx="2" fill="{fill}"/>'
    )


def _small(x: float, y: float, words: str) -> str:
    dim = palette()["dim"]
    return f'<text x="{number(x)}" y="{number(y)}" fill="{dim}">{escape(words)}</text>'
