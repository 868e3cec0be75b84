"""The file of an older tool: circuit-hours that were measured before.

Belongs here: the file's columns, what makes a row impossible, which circuit a row is of.
Keep out: when an imported hour counts (`kpi.hour.imported_hours`), storing it (`defs`).

Every refusal is one sentence that names the file, the line (of Parquet the row), the column, its
value and what to do; nothing of a refused file is taken. What a cell does not say is unknown.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wan_perf.errors import UsageError
from wan_perf.policy.cells import csv_cells, parquet_cells
from wan_perf.policy.name_matching import folded
from wan_perf.schema.columns import COLUMNS
from wan_perf.schema.metrics import QUALITY
from wan_perf.schema.port_names import without_unit_0
from wan_perf.schema.tables import RAW_CIRCUIT_HOUR

HOUR = timedelta(hours=1)
WHO = ("circuit_id", "site_id", "site_name", "port_id")
"""Who a row is of: the circuit by its id, else a port of a site, by the site's id or name."""
FIGURES = tuple(name for name in RAW_CIRCUIT_HOUR.columns if name not in RAW_CIRCUIT_HOUR.key)
REQUIRED = ("hour", "rx_bytes", "tx_bytes")
_SAMPLED = tuple(name for metric in QUALITY for name in (metric.avg, metric.max, metric.p95))
_WHOLE_HOUR = {
    "observed_minutes": (("rx_bytes",), 60.0),
    "unknown_minutes": (("up_minutes",), 0.0),
    "quality_minutes": (_SAMPLED, 60.0),
}
"""Of what each tells the minutes, and what holds in a file that does not have the column: its rows
are of whole hours, and down is 60 - up, as the user's formulas have it."""
_MOST_EXACT = 2**53
"""The most that a float64 counts one by one; 9 petabytes in an hour are beyond any circuit."""


@dataclass(frozen=True)
class HourFile:
    """A valid file.

    Attributes:
        hours: WHO, hour (naive UTC) and FIGURES, by the number of the row in the file.
        where: What comes before that number in a sentence: hours.csv, line.
        not_taken: The file's other columns.
    """

    hours: pd.DataFrame
    where: str
    not_taken: tuple[str, ...]


def read_hours(path: Path, opening: datetime, end: datetime) -> HourFile:
    """The circuit-hours of a CSV (UTF-8, comma, header) or Parquet file, in [opening, end).

    Args:
        path: The file; its extension says which of the two it is.
        opening: WAN_PERF_START: the first hour that there can be, naive UTC.
        end: The hour in progress: the first that is not over.

    Raises:
        UsageError: the file cannot be read, or a row says something impossible.
    """
    texts = ("hour", *WHO)
    known = (*texts, *FIGURES)
    readers = {
        ".csv": ("line", lambda: csv_cells(path, known, texts)),
        ".parquet": ("row", lambda: parquet_cells(path, known)),
    }
    if path.suffix.lower() not in readers:
        raise UsageError(f"{path}: an import is a .csv or a .parquet file; give one of these.")
    word, read = readers[path.suffix.lower()]
    try:
        cells = read()
    except OSError as error:
        raise UsageError(
            f"{path}: the file cannot be read ({error.strerror or error}); give another path."
        ) from None
    _refuse_columns(cells, path)
    where = f"{path}, {word}"
    hours = pd.DataFrame({name: _texts(cells, name) for name in WHO})
    hours["port_id"] = hours["port_id"].map(without_unit_0, na_action="ignore")
    has_port = hours["port_id"].notna() & (hours["site_id"].notna() | hours["site_name"].notna())
    _refuse(
        hours["circuit_id"].isna() & ~has_port,
        where,
        lambda _: "no circuit; give circuit_id, or port_id with site_id or site_name.",
    )
    hours["hour"] = _hours(cells["hour"], where, opening, end)
    for name in FIGURES:
        hours[name] = _figures(cells, name, where)
    _complete(hours, tuple(cells.columns), where)
    others = tuple(str(name) or "(no name)" for name in cells.columns if name not in hours.columns)
    return HourFile(hours, where, others)


def with_circuits(file: HourFile, ports: pd.DataFrame) -> HourFile:
    """The file with a circuit_id in every row, of two rows for one circuit's hour none.

    A row without one is of the circuit that the port was of at the end of the hour; names of sites
    and ports are compared folded (`name_matching`). Where none or several were, it goes by the id
    that the port of an uncontracted circuit has: site and port.

    Args:
        file: What was read.
        ports: site_id, site_name, port_id, circuit_id, valid_from, valid_to.

    Raises:
        UsageError: two rows are of the same hour of a circuit.
    """
    hours = file.hours.copy()
    described = ports.assign(port=_fold_names(ports["port_id"]))
    for site in ("site_id", "site_name"):
        unnamed = hours.loc[hours["circuit_id"].isna(), [site, "port_id", "hour"]].dropna()
        names = unnamed.assign(
            site=_fold_names(unnamed[site]), port=_fold_names(unnamed["port_id"])
        )
        of_site = described.assign(site=_fold_names(described[site]))
        pairs = names.reset_index(names="number").merge(of_site, on=["site", "port"])
        in_force = pairs[_in_force(pairs)].drop_duplicates(["number", "circuit_id"])
        alone = in_force.drop_duplicates("number", keep=False).set_index("number")["circuit_id"]
        found = alone.reindex(unnamed.index)
        own = unnamed[site] + ":" + unnamed["port_id"]
        hours.loc[unnamed.index, "circuit_id"] = found.where(found.notna(), own)

    def twice(number: Any) -> str:
        hour, circuit = hours.loc[number, "hour"], str(hours.loc[number, "circuit_id"])
        same = hours.index[(hours["hour"] == hour) & (hours["circuit_id"] == circuit)]
        return (
            f"hour {hour:%Y-%m-%d %H:%M} of circuit {circuit!r} stands in {file.where} {same[0]} "
            "too; keep one of the two."
        )

    _refuse(hours.duplicated(["hour", "circuit_id"]), file.where, twice)
    return replace(file, hours=hours)


def _fold_names(names: pd.Series) -> pd.Series:
    """The names folded; each different one once, since a file repeats them for every hour."""
    return names.map({name: folded(name) for name in names.dropna().unique()})


def unknown_circuits(hours: pd.DataFrame, circuits: pd.DataFrame) -> pd.Series:
    """The circuit of each row that no circuit in service then is of; by the row's number.

    Args:
        hours: circuit_id and hour.
        circuits: circuit_id, valid_from, valid_to of those in service.
    """
    rows = hours[["circuit_id", "hour"]].reset_index(names="number")
    pairs = rows.merge(circuits, on="circuit_id")
    known = pairs.loc[_in_force(pairs), "number"]
    return hours.loc[~hours.index.isin(known), "circuit_id"]


def _in_force(pairs: pd.DataFrame) -> pd.Series:
    """Whether the circuit is in force at the end of the row's hour, see `validity.in_force`."""
    end = pairs["hour"] + HOUR
    return (pairs["valid_from"] < end) & (pairs["valid_to"].isna() | (pairs["valid_to"] >= end))


def _refuse(bad: pd.Series, where: str, message: Callable[[Any], str]) -> None:
    """Refuse the file for the first bad row; `message` describes it by its number."""
    if bad.any():
        number = bad.idxmax()
        raise UsageError(f"{where} {number}: {message(number)}")


def _refuse_columns(cells: pd.DataFrame, path: Path) -> None:
    known = f"the columns are {', '.join(('hour', *WHO, *FIGURES))}"
    missing = [name for name in REQUIRED if name not in cells.columns]
    if missing:
        raise UsageError(f"{path}: column {missing[0]} is missing; {known}.")
    has_port = "port_id" in cells.columns and {"site_id", "site_name"} & set(cells.columns)
    if "circuit_id" not in cells.columns and not has_port:
        raise UsageError(
            f"{path}: no column says whose the hours are; give circuit_id, or port_id with site_id "
            "or site_name."
        )
    if cells.empty:
        raise UsageError(f"{path}: no rows below the header; {known}.")


def _texts(cells: pd.DataFrame, name: str) -> pd.Series:
    if name not in cells.columns:
        return pd.Series(None, cells.index, dtype=object)
    texts = cells[name].map(_text, na_action="ignore").astype(object)
    texts = texts.where(texts.notna() & (texts != ""), None)
    # Whole numbers beside empty cells are floats to pandas, in a CSV that it wrote too.
    if texts.dropna().str.fullmatch(r"\d+\.0").all():
        texts = texts.str.removesuffix(".0")
    return texts


def _text(value: Any) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return f"{value:.1f}" if is_whole else str(value).strip()


def _hours(cells: pd.Series, where: str, opening: datetime, end: datetime) -> pd.Series:
    # A number is no instant, whatever its unit might be.
    texts = cells.astype(str) if pd.api.types.is_numeric_dtype(cells) else cells
    at = pd.to_datetime(texts, utc=True, errors="coerce", format="ISO8601").dt.tz_localize(None)
    _refuse(
        at.isna() | (at != at.dt.floor("h")),
        where,
        lambda n: (
            f"hour is {_cell(texts[n])!r}; give the start of a whole UTC hour, such as "
            "2026-03-01T14:00."
        ),
    )
    _refuse(
        at < opening,
        where,
        lambda n: (
            f"hour is {at[n]:%Y-%m-%d %H:%M}, before WAN_PERF_START {opening:%Y-%m-%d %H:%M}; set "
            f"WAN_PERF_START={at.min():%Y-%m-%dT%H:%M}, or leave such hours out."
        ),
    )
    _refuse(
        at >= end,
        where,
        lambda n: (
            f"hour is {at[n]:%Y-%m-%d %H:%M}, which is not over before {end:%Y-%m-%d %H:%M} UTC; "
            "leave such hours out."
        ),
    )
    return at.astype("datetime64[us]")


def _figures(cells: pd.DataFrame, name: str, where: str) -> pd.Series:
    """A column's figures, float64 or Int64; all unknown where the file does not have it."""
    column = COLUMNS[name]
    kind: Any = "Int64" if column.type == "integer" else "float64"
    if name not in cells.columns:
        return pd.Series(np.nan, cells.index).astype(kind)
    values = cells[name]
    most = 60 if column.unit == "min" else column.le
    figures = pd.to_numeric(values.astype(object), errors="coerce").astype("float64")
    good = np.isfinite(figures) & (figures >= 0) & (values.dtype != bool)
    if most is not None:
        good &= figures <= most
    if kind == "Int64":
        good &= figures % 1 == 0
    wanted = "a whole number" if kind == "Int64" else "a number with a decimal point"
    within = "of 0 or more" if most is None else f"from 0 to {most:g}"
    unit = f", in {column.unit}" if column.unit else ""
    _refuse(
        values.notna() & ~good,
        where,
        lambda n: f"{name} is {_cell(values[n])!r}; give {wanted} {within}{unit}.",
    )
    if kind == "Int64":
        _refuse(
            figures > _MOST_EXACT,
            where,
            lambda n: (
                f"{name} is {_cell(values[n])!r}, which no circuit reaches in an hour: a counter "
                "difference below zero without its sign; leave the cell empty."
            ),
        )
    return figures.astype(kind)


def _cell(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _complete(hours: pd.DataFrame, columns: tuple[str, ...], where: str) -> None:
    """Give the rows the minutes that each figure rests on; unknown where there is no figure."""
    _refuse(
        hours["rx_bytes"].isna() != hours["tx_bytes"].isna(),
        where,
        lambda _: "one of rx_bytes and tx_bytes is empty; give both or neither.",
    )
    for name, (of, whole) in _WHOLE_HOUR.items():
        has_figure = hours[list(of)].notna().any(axis=1)
        if name in columns:
            problem = f"{name} is empty beside {' or '.join(c for c in of if c in columns)}"
            remedy = f"give the minutes, or leave the column out if all are {whole:g}"
            sentence = f"{problem}; {remedy}."
            _refuse(has_figure & hours[name].isna(), where, lambda _, s=sentence: s)  # type: ignore[misc]
        else:
            hours[name] = whole
        hours[name] = hours[name].where(has_figure)
    up, unknown = hours["up_minutes"], hours["unknown_minutes"]
    _refuse(
        up + unknown > 60,
        where,
        lambda n: (
            f"up_minutes {up[n]:g} and unknown_minutes {unknown[n]:g} are more than the hour has; "
            "correct one of them."
        ),
    )
