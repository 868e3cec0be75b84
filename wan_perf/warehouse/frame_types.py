"""Column types of query results: from the type of the expression, never from the values.

Belongs here: the pandas type of each type of a column, the same on every engine.
Keep out: running the query (`store`).

Left to an engine, whole numbers beside NULL are int64, Int64 or float64, and a date is a date or an
instant, as the rows and the engine happen to be.
"""

import ibis.expr.datatypes as dt
import pandas as pd


def cast_frame(frame: pd.DataFrame, schema: dict[str, dt.DataType]) -> pd.DataFrame:
    """The frame with the types of its schema.

    Int64, float64, boolean, datetime64[us] (naive UTC); text, dates and integers of up to 38 digits
    (Python's own) are objects, missing None. Engines pass the latter as floats, so that of those
    above 2**53 the last digits are not exact; in the warehouse they are.
    """
    return frame.assign(**{name: _cast(frame[name], kind) for name, kind in schema.items()})


def _cast(values: pd.Series, kind: dt.DataType) -> pd.Series:
    if kind.is_integer():
        return pd.to_numeric(values).astype("Int64")
    if isinstance(kind, dt.Decimal) and kind.scale == 0:
        return pd.Series([None if pd.isna(v) else int(v) for v in values], values.index, object)
    if kind.is_numeric() and not kind.is_boolean():
        return values.astype("float64")
    if kind.is_boolean():
        return values.astype("boolean")
    if kind.is_timestamp():
        return values.astype("datetime64[us]")
    if kind.is_date():
        values = pd.to_datetime(values).dt.date
    return values.astype(object).where(values.notna(), None)
