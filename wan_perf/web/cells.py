"""A value of a table as HTML: its text, its symbol, and the page that it leads to.

Belongs here: headings and cells of every table of rows, by the declaration of the column.
Keep out: which columns a table of a page has (`pages`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from wan_perf.schema.columns import COLUMNS
from wan_perf.schema.metrics import JUDGED
from wan_perf.schema.tables import TABLES
from wan_perf.schema.values import SEVERITIES
from wan_perf.web.data import Row
from wan_perf.web.visit import Visit
from wan_perf.web.words import UNKNOWN, figure, look, minutes, with_unit

HEADINGS = {
    "circuit_id": "Circuit",
    "site_id": "Site id",
    "site_name": "Site",
    "wan_name": "WAN",
    "bandwidth_mbps": "Bandwidth down",
    "bandwidth_up_mbps": "Bandwidth up",
    "utilization_now_pct": "Utilization now",
    "utilization_usual_pct": "Usual at this hour",
    "recent_flap_count": "Flaps, 1 h",
    "verdict": "Trend",
    "since": "Since",
    "messages": "What is wrong",
    "value": "Value",
    "place": "Rank",
    "mos": "MOS",
    "rx_bytes": "Received",
    "tx_bytes": "Sent",
    "is_open": "Goes on",
    "as_of_at": "As of",
    "no_telemetry_minutes": "No telemetry",
    "sle_metric": "Score",
    "impact_minutes": "Duration",
}
for _metric in JUDGED:
    _name = "Load" if _metric.quantity == "utilization" else _metric.quantity.capitalize()
    for _severity in SEVERITIES:
        HEADINGS[_metric.cumulative(_severity)] = f"{_name} ≥ {_severity}, h"
        HEADINGS[_metric.continuous(_severity)] = f"{_name} ≥ {_severity}, longest h"
STATES = frozenset(
    {"state", "severity", "alert_severity", "site_state", "activity", "verdict", "status_hourly"}
    | {name for name in COLUMNS if name.endswith(("_severity", "_state"))}
)
_SCALED = ("min", "B", "Mbit/s", "bit/s")
"""Units that stand with each value, which is scaled; the others stand in the heading."""
_NUMBERS = ("integer", "large_integer", "real")


def icon(shape: str, tone: str = "") -> Markup:
    """A symbol of the page's sprite."""
    return Markup('<svg class="i {}" aria-hidden="true"><use href="#i-{}"/></svg>').format(
        tone, shape
    )


def state(word: str | None) -> Markup:
    """A state as shape, colour and word."""
    seen = look(word)
    return Markup('<span class="state {}">{}{}</span>').format(
        seen.tone, icon(seen.shape), seen.word
    )


def is_number(name: str) -> bool:
    """True for a column that is aligned to the right."""
    return name in COLUMNS and COLUMNS[name].type in _NUMBERS


def heading(name: str) -> str:
    """The heading of a column: short words, without the unit.

    >>> heading("utilization_p95_pct"), heading("circuit_id"), heading("flap_count")
    ('Utilization p95', 'Circuit', 'Flaps')
    """
    if name in HEADINGS:
        return HEADINGS[name]
    words = name
    for ending in ("_pct_per_day", "_pct", "_ms", "_mbps", "_minutes", "_bps", "_bytes", "_at"):
        words = words.removesuffix(ending)
    if words.endswith("_count"):
        words = words.removesuffix("_count") + "s"
    words = words.removeprefix("is_").replace("_", " ").removesuffix(" id").removesuffix(" mac")
    return words[:1].upper() + words[1:]


def unit(name: str) -> str:
    """The unit that the heading names; empty where each value has its own."""
    of_column = COLUMNS[name].unit if name in COLUMNS else ""
    return "" if of_column in _SCALED else of_column


def meaning(name: str) -> str:
    """The definition of a column, from the data dictionary."""
    return COLUMNS[name].meaning if name in COLUMNS else ""


def plain(name: str, value: object) -> str:
    """The text of a value under a heading that has its unit."""
    of_column = COLUMNS[name].unit if name in COLUMNS else ""
    if name.endswith("_counter"):
        return figure(value)  # differences are what is looked for
    if of_column == "min" and value is not None:
        return minutes(float(value))  # type: ignore[arg-type]  # a column of minutes is a number
    return with_unit(value, of_column) if of_column in _SCALED else figure(value, of_column)


def why_link(visit: Visit, table: str, name: str, row: Row) -> str | None:
    """The address of the page that explains a figure; None where the row lacks its key."""
    key = TABLES[table].key
    if name not in TABLES[table].columns or any(row.get(part) is None for part in key):
        return None
    given = {part: _as_address(row[part]) for part in key}
    return visit.link("why", table, name, **given)


def _as_address(value: object) -> str:
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text.removesuffix(":00") if "T" in text else text


@dataclass(frozen=True)
class Cells:
    """Cells of one page: links take along what travels in its address."""

    visit: Visit

    def cell(self, name: str, row: Row, why: str | None = None) -> Markup:
        """The value of a column of a row; `why` is the table that explains its figures."""
        value = row.get(name)
        special: Callable[[Row], Markup] | None = getattr(self, f"_{name}", None)
        if value is not None and special is not None:
            return special(row)
        if name in STATES:
            return state(value) if value is not None else Markup('<span class="none">–</span>')
        text = plain(name, value)
        if text == UNKNOWN:
            return Markup('<span class="none" title="unknown">–</span>')
        if why and is_number(name) and (link := why_link(self.visit, why, name, row)):
            return Markup('<a class="n" href="{}">{}</a>').format(link, text)
        return Markup.escape(text)

    def figure(self, table: str, name: str, value: object, row: Row) -> Markup:
        """A value of a column that the row has under another name, and where it is explained."""
        return self.cell(name, {**row, name: value}, table)

    def _circuit_id(self, row: Row) -> Markup:
        return self.circuit(row["circuit_id"])

    def _site_name(self, row: Row) -> Markup:
        if row.get("site_id") is None:
            return Markup.escape(row["site_name"])
        return Markup('<a href="{}">{}</a>').format(
            self.visit.link("site", row["site_id"]), row["site_name"]
        )

    def _region(self, row: Row) -> Markup:
        return Markup('<a href="{}">{}</a>').format(
            self.visit.link("region", row["region"]), row["region"]
        )

    def circuit(self, circuit_id: str, text: str | None = None) -> Markup:
        """A link to a circuit; a long id of a site and a port is shown by its port."""
        shown = text or short_circuit(circuit_id)
        return Markup('<a href="{}" title="{}">{}</a>').format(
            self.visit.link("circuit", circuit_id), circuit_id, shown
        )


def short_circuit(circuit_id: str) -> str:
    """A contract's id as it is; of `<site_id>:<port>` the part after the site's UUID.

    >>> short_circuit("11111111-2222-3333-4444-555555555555:ge-0/0/1"), short_circuit("ATT-1")
    ('…:ge-0/0/1', 'ATT-1')
    """
    head, mark, rest = circuit_id.partition(":")
    return f"…:{rest}" if mark and len(head) == 36 else circuit_id
