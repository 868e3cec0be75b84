"""Stored hours whose trading hours are not those of the policy now.

Belongs here: which days a change of the policy's trading hours can concern, and which circuit-hours
were stored with others.
Keep out: what trading hours are (`policy.trading_hours`), running hours again (`late_data`).
"""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from wan_perf.kpi.hour.corrections import rows_in_zone
from wan_perf.policy.local_calendar import local_hours
from wan_perf.policy.trading_hours import TradingHours, in_force_on
from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_HOUR, DIM_SITE
from wan_perf.warehouse import Warehouse, Window

_DAY = timedelta(days=1)
_KEY = ["hour", "time_zone"]


def trading_digests(schedule: Sequence[TradingHours], first: date, last: date) -> dict[str, str]:
    """By ISO day: a digest of the trading hours that any hour of the UTC day can belong to.

    The local date is up to a day off, and a trading day can end on the date after its own.

    Args:
        schedule: Trading hours by date (`trading_hours.in_order`).
        first: The first UTC day.
        last: The last UTC day.
    """
    digests: dict[str, str] = {}
    day = first
    while day <= last:
        entries = (in_force_on(schedule, day + n * _DAY) for n in (-2, -1, 0, 1))
        words = " ".join(f"{entry.opens}-{entry.closes}" for entry in entries)
        digests[day.isoformat()] = hashlib.sha256(words.encode()).hexdigest()[:16]
        day += _DAY
    return digests


def rows_of_other_trading_hours(
    warehouse: Warehouse, window: Window, schedule: Sequence[TradingHours]
) -> pd.DataFrame:
    """Circuit-hours of the window that were stored with other trading hours: hour, circuit_id.

    Trading hours that are dated back make other hours trading hours, or change how many hours a
    trading day has. Rows from before trading days were stored are compared as far as they go.
    """
    changed = _changed_hours(warehouse.query(warehouse.lazy(DIM_HOUR, window)), window, schedule)
    circuit_hour, sites = warehouse.lazy(CIRCUIT_HOUR, window), warehouse.lazy(DIM_SITE)
    found = [pd.DataFrame({"hour": pd.Series(dtype="datetime64[us]"), "circuit_id": []})]
    for zone, hours in changed.groupby("time_zone")["hour"]:
        rows = rows_in_zone(circuit_hour, sites, str(zone), [at.to_pydatetime() for at in hours])
        found.append(warehouse.query(rows))
    return pd.concat([part for part in found if len(part)] or found)


def _changed_hours(
    stored: pd.DataFrame, window: Window, schedule: Sequence[TradingHours]
) -> pd.DataFrame:
    """Stored local hours that are another part of trading now: hour, time_zone."""
    zones = stored["time_zone"].unique()
    rows: list[dict[str, Any]] = local_hours(window.start, window.end, zones, schedule)
    columns = [*_KEY, "is_trading_hour", "trading_day", "trading_hour_count"]
    now = pd.DataFrame(rows, columns=columns)
    both = stored[columns].merge(now, on=_KEY, suffixes=("", "_now"))
    was, is_now = (both[f"is_trading_hour{of}"].astype(bool) for of in ("", "_now"))
    day, day_now = (pd.to_datetime(both[f"trading_day{of}"]) for of in ("", "_now"))
    another_length = both["trading_hour_count"] != both["trading_hour_count_now"]
    is_dated = both["trading_hour_count"].notna()
    differs = (was != is_now) | (was & is_now & is_dated & ((day != day_now) | another_length))
    return both.loc[differs.fillna(value=False).astype(bool), _KEY]
