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
    # Arrays that are not copied: of a poll's few rows, series took three quarters of the time.
    columns = {c.name: _array([row.get(c.name) for row in rows], c.type) for c in table.fields}
    return pd.DataFrame(columns, copy=False)


def _array(values: list[Any], kind: str) -> pd.api.extensions.ExtensionArray:
    if kind in ("integer", "large_integer"):
        values = [None if value is None else int(value) for value in values]
    if kind == "real":
        values = [np.nan if value is None else value for value in values]
    dtype: Any = _DTYPES[kind]  # of many kinds
    return pd.array(values, dtype=dtype)
