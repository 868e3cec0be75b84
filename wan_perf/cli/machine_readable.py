"""Answers for other programs: JSON and CSV on standard output.

Belongs here: how a value is written in each.
Keep out: which rows are an answer, files (`export`).

Both have the columns of the tables by their names and values as they are stored: unknown is null or
an empty cell, an instant is ISO 8601 in UTC.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import click
import pandas as pd


def print_json(value: Any) -> None:
    """Print a value: of mappings, sequences, instants, dates, numbers, text and unknown."""
    click.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False))


def print_csv(rows: pd.DataFrame) -> None:
    """Print rows with a line of their columns."""
    plain = rows.map(lambda value: _plain(value)) if len(rows) else rows
    click.echo(plain.astype(object).to_csv(index=False, lineterminator="\n"), nl=False)


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings of column to value."""
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.itertuples(index=False)]


def _plain(value: Any) -> Any:
    """The value as JSON knows it.

    >>> _plain({"hour": datetime(2026, 3, 7, 8), "loss_avg_pct": float("nan"), "flaps": (1, 2)})
    {'hour': '2026-03-07T08:00:00Z', 'loss_avg_pct': None, 'flaps': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, pd.DataFrame):
        return _plain(records(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):  # a number of numpy
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
