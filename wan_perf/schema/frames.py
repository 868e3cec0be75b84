"""Rows of a declared table as a pandas frame of its types.

Belongs here: the dtype of each declared type in a frame.
Keep out: which columns there are (`tables`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from wan_perf.schema.declaration import Table

_DTYPES = {
    "text": "object",
    "integer": "Int64",
    "large_integer": "object",
    "real": "float64",
    "boolean": "boolean",
    "instant": "datetime64[us]",
    "date": "object",
}


def conform(rows: Sequence[Mapping[str, Any]], table: Table) -> pd.DataFrame:
    """The rows as a frame with exactly the table's columns, in order, of its types.

    A column that a row does not name is missing there; no rows give an empty frame of the same
    types. Instants are naive UTC datetimes, missing text is None.
    """
    return pd.DataFrame(
        {
            column.name: _series([row.get(column.name) for row in rows], column.type)
            for column in table.fields
        }
    )


def _series(values: list[Any], kind: str) -> pd.Series:
    if kind in ("integer", "large_integer"):
        values = [None if value is None else int(value) for value in values]
    if kind == "real":
        values = [np.nan if value is None else value for value in values]
    return pd.Series(values, dtype=_DTYPES[kind])
