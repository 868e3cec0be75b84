"""Import files that a test writes, and what is read of them."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from wan_perf.policy.circuit_file import HourFile, read_hours

OPENING = datetime(2026, 3, 1)
END = datetime(2026, 3, 8, 12)
HEADER = "hour,circuit_id,rx_bytes,tx_bytes"


def read(lines: str | bytes, name: str = "old.csv") -> HourFile:
    Path(name).write_bytes(lines if isinstance(lines, bytes) else lines.encode())
    return read_hours(Path(name), OPENING, END)


def read_parquet(**columns: list[Any]) -> HourFile:
    pd.DataFrame(columns).to_parquet("old.parquet")
    return read_hours(Path("old.parquet"), OPENING, END)


def one(file: HourFile) -> dict[str, Any]:
    """The only row, with what is unknown as None."""
    [row] = file.hours.astype(object).where(file.hours.notna(), None).to_dict("records")
    return row


ROW = "2026-03-02T10:00,C1,1,2"
