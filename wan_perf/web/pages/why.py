"""Why this number: definition, formula with its numbers, level and origin, what it rests on."""

from datetime import datetime

from wan_perf.schema.columns import COLUMNS
from wan_perf.web.data import Row
from wan_perf.web.query import LONGEST, NotFoundError
from wan_perf.web.questions.circuit import circuit
from wan_perf.web.questions.site import site
from wan_perf.web.questions.why import (
    RESTS_ON,
    described,
    levels_for,
    metric_of,
    row_of,
    span_of,
    table_of,
    worked,
)
from wan_perf.web.rendering import Page, page
from wan_perf.web.visit import Visit


def why_page(visit: Visit) -> Page:
    """The page `/why/<table>/<column>?<key>`."""
    table = table_of(visit.named["table"], visit.named["column"])
    column = COLUMNS[visit.named["column"]]
    if visit.data.has(table.name) is False:
        raise NotFoundError(f"{table.name} is not published.")
    row = row_of(visit.data, table, visit.given)
    metric = metric_of(column.name)
    span = span_of(table, row)
    of_circuit = circuit(visit.data, row["circuit_id"]) if row.get("circuit_id") else {}
    of_site = site(visit.data, row["site_id"]) if row.get("site_id") else {}
    return page(
        "why.html",
        visit,
        table=table,
        column=column,
        value=row[column.name],
        row=row,
        key=described(row, table.key),
        rests_on=described(row, tuple(n for n in RESTS_ON if n not in table.key)),
        worked=worked(visit.data, column.name, row),
        metric=metric,
        levels=levels_for(visit.data, metric, row) if metric and row.get("site_id") else [],
        span=span,
        circuit=of_circuit,
        site=of_site,
        hours_link=_hours(visit, row, span),
        run=getattr(getattr(visit.data.published, "manifest", None), "run", ""),
    )


def _hours(visit: Visit, row: Row, span: tuple[datetime, datetime] | None) -> str | None:
    """The list of the circuit-hours behind the row."""
    if span is None or span[1] - span[0] > LONGEST:
        return None
    start, end = span
    narrowed = {n: f"={row[n]}" for n in ("circuit_id", "site_id", "region") if row.get(n)}
    narrowed.pop("site_id" if "circuit_id" in narrowed else "", None)
    reach = {"from": f"{start:%Y-%m-%dT%H:%M}", "to": f"{end:%Y-%m-%dT%H:%M}"}
    return visit.link("grid", "hours", range=None, sort="hour", **reach, **narrowed)
