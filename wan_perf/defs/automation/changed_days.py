"""Days of which a dimension gives other values than when stored hours were last compared with it.

Belongs here: a digest of each day's versions; which days are to be compared, and in which order.
Keep out: comparing stored hours with the dimension (`kpi.hour.corrections`).

Dimensions are small and facts are not: a digest of a day's versions finds a change of any age
without reading a stored hour. A day whose digest is that of its last comparison, in which all its
hours agreed, has nothing to correct: an hour that is stored later is computed from the dimension
as it is then.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from wan_perf.warehouse import Window

_DAY = timedelta(days=1)
_DAY_US = _DAY // timedelta(microseconds=1)


def day_digests(
    versions: pd.DataFrame, values: Iterable[str], first: date, last: date
) -> dict[str, str]:
    """A digest of the values in force on each UTC day from the first to the last, by ISO day.

    Two digests of a day are equal where every version in force on it has the same values for the
    same part of it; the order of the rows does not matter.

    Args:
        versions: Rows of an effective-dated table: valid_from, valid_to (NaT while it holds).
        values: The columns whose values count, the key among them.
        first: The first day.
        last: The last day.
    """
    count = (last - first) // _DAY + 1
    start = _us(versions["valid_from"], first, count)
    end = _us(versions["valid_to"].fillna(pd.Timestamp(last) + _DAY), first, count)
    words = pd.util.hash_pandas_object(versions[list(values)].astype("string"), index=False)
    overlaps = (start < end).to_numpy()
    from_us, to_us, word = (part.to_numpy()[overlaps] for part in (start, end, words))
    sums = np.zeros(count + 1, dtype=np.uint64)
    begins, ends = -(-from_us // _DAY_US), to_us // _DAY_US
    whole = begins < ends
    # A version adds its word from its first whole day on and takes it away after its last.
    np.add.at(sums, begins[whole], word[whole])
    np.subtract.at(sums, ends[whole], word[whole])
    sums = np.cumsum(sums, dtype=np.uint64)
    for day, part in _parts(from_us, to_us, word):
        np.add.at(sums, day, part)
    days = (first + n * _DAY for n in range(count))
    return {day.isoformat(): f"{word:016x}" for day, word in zip(days, sums, strict=False)}


def _us(instants: "pd.Series[pd.Timestamp]", first: date, count: int) -> "pd.Series[int]":
    """Instants as microseconds from the first day's start, cut to the days."""
    us = (instants - pd.Timestamp(first)) // timedelta(microseconds=1)
    return us.clip(0, count * _DAY_US)


def _parts(
    from_us: np.ndarray, to_us: np.ndarray, word: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Days of which a version covers a part, and a word for the version and the part."""
    for edge in (from_us, to_us):
        day = edge // _DAY_US
        low = np.maximum(from_us, day * _DAY_US) % _DAY_US
        high = np.minimum(to_us, (day + 1) * _DAY_US) - day * _DAY_US
        is_part = edge % _DAY_US != 0
        if edge is to_us:  # a version within one day is one part
            is_part &= (from_us // _DAY_US != day) | (from_us % _DAY_US == 0)
        frame = pd.DataFrame({"word": word, "low": low, "high": high})[is_part]
        yield day[is_part], pd.util.hash_pandas_object(frame, index=False).to_numpy()


def days_to_compare(
    digests: dict[str, str], compared: dict[str, str], newest: date, most: int
) -> list[date]:
    """The newest days, at most so many, whose digest is not that of their last comparison.

    The newest day of all and the one before it are always among them: their hours still come in
    while dimensions change.
    """
    live = {newest.isoformat(), (newest - _DAY).isoformat()}
    changed = (day for day, digest in digests.items() if day in live or compared.get(day) != digest)
    return sorted(map(date.fromisoformat, changed), reverse=True)[:most]


def windows(days: Iterable[date]) -> Iterator[Window]:
    """The days as windows, consecutive ones as one.

    >>> [str(w.start.date()) for w in windows([date(2026, 3, 9), date(2026, 3, 6)])]
    ['2026-03-06', '2026-03-09']
    """
    start: datetime | None = None
    in_order = sorted(days)
    for day, following in zip(in_order, [*in_order[1:], None], strict=True):
        at = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - naive UTC, as stored
        start = start or at
        if following is None or following - day != _DAY:
            yield Window(start, at + _DAY)
            start = None
