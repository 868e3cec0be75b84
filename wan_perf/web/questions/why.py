"""Why a figure is what it is: the row that it stands in, its formula, its level, what it rests on.

Belongs here: finding the row by its key, the formula with the row's numbers in it, the levels that
could be in force.
Keep out: the formulas themselves (`schema.formulas`): they are evaluated, not written again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from wan_perf.schema import formulas
from wan_perf.schema.columns import COLUMNS
from wan_perf.schema.declaration import Table
from wan_perf.schema.metrics import JUDGED, Metric
from wan_perf.schema.tables import TABLES
from wan_perf.schema.tables.reports import LOAD_OF
from wan_perf.schema.values import SCOPES
from wan_perf.web.data import Data, Row
from wan_perf.web.query import BadAddressError, NotFoundError, instant, shortened
from wan_perf.web.words import with_unit

Evaluate = Callable[[Callable[[str], ir.Value]], ir.Value]
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Formula:
    """How a column follows from others of its row; `text` has their names in braces."""

    needs: tuple[str, ...]
    text: str
    value: Evaluate
    source: str


def _hourly_utilization(of: Callable[[str], ir.Value]) -> ir.Value:
    up_mbps = of("bandwidth_up_mbps").coalesce(of("bandwidth_mbps"))
    return formulas.utilization_pct(
        of("rx_bytes"),
        of("tx_bytes"),
        formulas.capacity_bytes(of("bandwidth_mbps"), of("observed_minutes")),
        formulas.capacity_bytes(up_mbps, of("observed_minutes")),
    )


_UTILIZATION = (
    Formula(
        ("used_rx_bytes", "used_tx_bytes", "capacity_down_bytes", "capacity_up_bytes"),
        "max({used_rx_bytes} / {capacity_down_bytes}, {used_tx_bytes} / {capacity_up_bytes}) * 100",
        lambda of: formulas.utilization_pct(
            of("used_rx_bytes"),
            of("used_tx_bytes"),
            of("capacity_down_bytes"),
            of("capacity_up_bytes"),
        ),
        "utilization_pct",
    ),
    Formula(
        ("rx_bytes", "tx_bytes", "bandwidth_mbps", "bandwidth_up_mbps", "observed_minutes"),
        "max({rx_bytes} / ({bandwidth_mbps} for {observed_minutes}), "
        "{tx_bytes} / ({bandwidth_up_mbps} for {observed_minutes})) * 100",
        _hourly_utilization,
        "utilization_pct",
    ),
)
_UTILIZATION_NOW = Formula(
    LOAD_OF,
    "max({recent_rx_bytes} / {capacity_down_bytes}, {recent_tx_bytes} / {capacity_up_bytes}) * 100",
    lambda of: formulas.utilization_pct(*(of(name) for name in LOAD_OF)),
    "utilization_pct",
)
_MINUTES = ("up_minutes", "known_down_minutes", "unknown_minutes")


def _share(over: str, under: str, *summed: str) -> Formula:
    return Formula(
        _MINUTES,
        f"{over} / {under} * 100",
        lambda of: formulas.availability_pct(
            sum((of(n) for n in summed[1:] if n in over), of(summed[0])),
            sum((of(n) for n in summed[1:]), of(summed[0])),
        ),
        "availability_pct",
    )


FORMULAS: Mapping[str, tuple[Formula, ...]] = {
    "utilization_pct": _UTILIZATION,
    "utilization_now_pct": (_UTILIZATION_NOW,),
    "availability_pct": (
        _share(
            "{up_minutes}",
            "({up_minutes} + {known_down_minutes})",
            *("up_minutes", "known_down_minutes"),
        ),
    ),
    "availability_low_pct": (
        _share(
            "{up_minutes}",
            "({up_minutes} + {known_down_minutes} + {unknown_minutes})",
            *("up_minutes", "known_down_minutes", "unknown_minutes"),
        ),
    ),
    "availability_high_pct": (
        _share(
            "({up_minutes} + {unknown_minutes})",
            "({up_minutes} + {known_down_minutes} + {unknown_minutes})",
            *("up_minutes", "known_down_minutes", "unknown_minutes"),
        ),
    ),
    "coverage_pct": (
        _share(
            "({up_minutes} + {known_down_minutes})",
            "({up_minutes} + {known_down_minutes} + {unknown_minutes})",
            *("up_minutes", "known_down_minutes", "unknown_minutes"),
        ),
    ),
}


@dataclass(frozen=True)
class Worked:
    """A formula with the row's numbers filled in, and what it gives."""

    meaning: str
    filled: str
    result: float | None


def row_of(data: Data, table: Table, given: Mapping[str, str]) -> Row:
    """The row of the key in an address.

    Raises:
        BadAddressError: a part of the key is missing or is no such value.
        NotFoundError: there is no such row.
    """
    conditions, values = [], []
    for name in table.key:
        text = given.get(name, "")
        if not text and name in table.nullable_key:
            conditions.append(f"{name} IS NULL")
            continue
        conditions.append(f"{name} = ?")
        values.append(_key_value(name, text))
    row = data.first(f"SELECT * FROM @{table.name} WHERE {' AND '.join(conditions)}", values)
    if not row:
        key = ", ".join(f"{name} {shortened(given.get(name, ''))}" for name in table.key)
        raise NotFoundError(f"{table.name} has no row of {key}; it may be past its retention.")
    return row


def _key_value(name: str, text: str) -> Any:
    if not text:
        raise BadAddressError(f"The address lacks {name}, a part of the row's key.")
    kind = COLUMNS[name].type
    if kind in ("instant", "date"):
        at = instant(text, name)
        return at.date() if kind == "date" else at
    if kind == "integer":
        if not text.removeprefix("-").isdigit() or len(text) > 18:
            raise BadAddressError(f"{name} is a whole number; {shortened(text)} is not.")
        return int(text)
    return text


def worked(data: Data, column: str, row: Row) -> Worked | None:
    """The column's formula over the row, as `formulas` evaluates it; None where it has none."""
    for formula in FORMULAS.get(column, ()):
        is_empty = all(row.get(name) is None for name in formula.needs)
        if is_empty and row.get(column) is not None:
            continue  # the figure is known otherwise
        if all(name in row for name in formula.needs):
            shown = {n: with_unit(row[n], COLUMNS[n].unit) for n in formula.needs}
            if row.get("bandwidth_up_mbps", 0) is None and "bandwidth_up_mbps" in shown:
                shown["bandwidth_up_mbps"] = shown["bandwidth_mbps"]
            source = getattr(formulas, formula.source).__doc__ or ""
            return Worked(
                " ".join(source.split(". NULL")[0].split()).partition("[%]")[0],
                formula.text.format(**shown),
                _evaluate(data, formula, row),
            )
    return None


def _evaluate(data: Data, formula: Formula, row: Row) -> float | None:
    def of(name: str) -> ir.Value:
        value = row[name]
        return ibis.null("float64") if value is None else ibis.literal(float(value), "float64")

    expression = formula.value(of).name("result").as_table()
    return data.first(str(ibis.to_sql(expression, dialect="duckdb")))["result"]


def metric_of(column: str) -> Metric | None:
    """The metric with levels that a column is of."""
    return next((m for m in JUDGED if column.startswith(f"{m.quantity}_")), None)


def levels_for(data: Data, metric: Metric, row: Row) -> list[Row]:
    """The policy's levels that could be in force for the row's circuit, the one that is first.

    Of each severity the narrowest scope wins: circuit, site, store type, region, default.
    """
    site = data.first(
        "SELECT region, store_type, site_name FROM @dim_site WHERE site_id = ? "
        "ORDER BY valid_to IS NOT NULL, valid_from DESC",
        [row.get("site_id")],
    )
    at = row.get("hour") or row.get("as_of_at") or row.get("day")
    at = at or row.get("week") or row.get("month")
    names: dict[str, list[Any]] = {
        "default": [""],
        "region": [site.get("region"), row.get("region")],
        "store_type": [site.get("store_type")],
        "site": [row.get("site_id"), site.get("site_name")],
        "circuit": [row.get("circuit_id")],
    }
    rows = data.rows(
        "SELECT * FROM @dim_policy WHERE metric = ? AND valid_from <= ? "
        "AND (valid_to IS NULL OR valid_to > ?)",
        [metric.name, at, at],
    )
    fitting = [r for r in rows if r["scope_name"] in names[r["scope"]]]
    fitting.sort(key=lambda r: (-r["level"], -SCOPES.index(r["scope"])))
    taken: set[str] = set()
    found = []
    for level in sorted(fitting, key=lambda r: -SCOPES.index(r["scope"])):
        found.append({**level, "is_in_force": level["severity"] not in taken})
        taken.add(level["severity"])
    return found


def span_of(table: Table, row: Row) -> tuple[datetime, datetime] | None:
    """The hours that a row is made from, [start, end); None where it is of an instant."""
    if "window_hours" in table.key:
        end = row["hour"] + HOUR
        return end - row["window_hours"] * HOUR, end
    if table.partition == "hour":
        return row["hour"], row["hour"] + HOUR
    if "month" in table.key:
        first: date = row["month"]
        end = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        if table.name.endswith("13_month"):
            first = first.replace(year=first.year - 1)
        return _midnight(first), _midnight(end)
    for name, length in (("day", 1), ("week", 7)):
        if name in table.key:
            return _midnight(row[name]), _midnight(row[name]) + timedelta(days=length)
    return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def described(row: Row, names: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Columns of the row as text: name, value with unit, meaning."""
    return [
        (name, with_unit(row[name], COLUMNS[name].unit), COLUMNS[name].meaning)
        for name in names
        if name in row
    ]


RESTS_ON = (
    *("hour_count", "observed_hour_count", "observed_minutes", "sample_count"),
    *("quality_sample_count", "quality_minutes", "up_minutes", "known_down_minutes"),
    *("unknown_minutes", "coverage_pct", "circuit_count", "source", "quality_source"),
    *("state_evidence", "sampled_at", "is_stale"),
)
"""Columns that describe what a figure rests on."""


def table_of(name: str, column: str) -> Table:
    """The declared table with the column.

    Raises:
        NotFoundError: there is none.
    """
    table = TABLES.get(name)
    if table is None or column not in table.columns:
        raise NotFoundError(f"There is no figure {shortened(column)} in {shortened(name)}.")
    return table
