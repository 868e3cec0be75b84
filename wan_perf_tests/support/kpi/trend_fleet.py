"""Fleets whose load is known to grow or not, made with numpy, as days of trading.

Load has the rhythm of the day and of the week, a noise of five points for each day, an hourly noise
that lingers (AR(1), 0.7), and one hour in twenty is missing.
"""

from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

OPENS, CLOSES = 8, 21
FIRST = date(2026, 1, 5)


def trading_days(seed: int, circuits: int, days: int, growth: float) -> pd.DataFrame:
    """One row per circuit and day: the 95th percentile of its hours of trading.

    Args:
        seed: Another seed, another fleet.
        circuits: Their number.
        days: Of history.
        growth: Of the load, in points a day.
    """
    steady, is_missing = _steady(seed, circuits, days)
    load = steady + growth * np.arange(days)[None, :, None]
    load = np.where(is_missing, np.nan, np.maximum(load, 0))
    traded = load[:, :, OPENS:CLOSES]
    observed = (~np.isnan(traded)).sum(axis=2)
    names = [f"C{n:05}" for n in range(circuits)]
    return pd.DataFrame(
        {
            "day": np.tile([FIRST + timedelta(days=n) for n in range(days)], circuits),
            "circuit_id": np.repeat(names, days),
            "site_id": "S1",
            "is_whole": True,
            "observed_hour_count": observed.ravel(),
            "utilization_p95_pct": _p95(traded, observed).round(4).ravel(),
        }
    )


@lru_cache(maxsize=1)
def _steady(seed: int, circuits: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Load by circuit, day and hour without growth, and which hours are missing."""
    chance = np.random.default_rng(seed)
    hour = np.arange(24)
    level = chance.uniform(20, 60, (circuits, 1, 1))
    rhythm = 12 * np.sin(2 * np.pi * (hour - 9) / 24)
    week = np.array([0, 0, 1, 2, 6, 8, 3])[np.arange(days) % 7][None, :, None]
    noise_of_day = chance.normal(0, 5, (circuits, days, 1))
    noise = np.empty((circuits, days * 24))
    noise[:, 0] = chance.normal(0, 3, circuits)
    shocks = chance.normal(0, 3 * np.sqrt(1 - 0.7**2), noise.shape)
    for n in range(1, days * 24):
        noise[:, n] = 0.7 * noise[:, n - 1] + shocks[:, n]
    load = level + rhythm + week + noise_of_day + noise.reshape(circuits, days, 24)
    return load, chance.random(load.shape) < 0.05


def _p95(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """95th percentile of each day's known hours; numpy's own takes 40 times as long."""
    ordered = np.sort(values, axis=2)  # what is missing comes last
    place = 0.95 * np.maximum(counts - 1, 0)
    below = place.astype(int)
    low, high = (
        np.take_along_axis(ordered, np.minimum(at, np.maximum(counts - 1, 0))[:, :, None], 2)[
            ..., 0
        ]
        for at in (below, below + 1)
    )
    return low + (high - low) * (place - below)
