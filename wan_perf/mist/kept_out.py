"""Rows that Mist gave and nobody may count: how many, of which answer, and why.

Belongs here: what makes a single row unfit although its answer is sound; the sentences about it.
Keep out: answers that are refused whole (`answers`, `pages`), where the sentences go (`defs`).

A stranger's row or an impossible instant is no reason to lose the thousands of rows beside it, and
no row may vanish without a word.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from wan_perf.mist.instants import instant
from wan_perf.mist.records import Row

ALLOWED_AHEAD = timedelta(minutes=10)
"""A pass is asked within the five minutes after it is due and may take as long again."""

STRANGER = "they belong to another organization"
NULLS = "every value in them is null"
AHEAD = "their instant lies in the future, so a clock at Mist or at a gateway is wrong"


class KeptOut:
    """The rows that were kept out so far, counted by answer and reason."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()  # several calls may be under way

    def note(self, path: str, why: str, count: int) -> None:
        """Count rows of an endpoint that were kept out for a reason."""
        if count:
            with self._lock:
                self._counts[path, why] += count

    @property
    def sentences(self) -> list[str]:
        """A sentence for each answer and reason."""
        return [
            f"{'1 row' if count == 1 else f'{count:,} rows'} of {path} kept out: {why}."
            for (path, why), count in sorted(self._counts.items())
        ]

    def in_time(
        self, path: str, rows: Iterable[Row], at: Callable[[Row], float | None], now: datetime
    ) -> list[Row]:
        """The rows but for those whose instant has not come yet.

        Args:
            path: Endpoint of the rows.
            rows: The rows.
            at: Their instant. [epoch s]
            now: When they were heard, naive UTC.
        """
        told = list(rows)
        latest = now + ALLOWED_AHEAD
        sound = [row for row in told if (instant(at(row)) or now) <= latest]
        self.note(path, AHEAD, len(told) - len(sound))
        return sound
