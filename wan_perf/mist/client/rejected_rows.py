"""Rows and values of Mist's answers that were rejected: how many, of which endpoint, and why.

Belongs here: what makes a single row of a valid answer invalid; the sentences about it.
Keep out: answers that are refused whole (`responses`, `pages`), which values are odd
(`odd_values`), where the sentences go (`defs`).

A row of another organization, an impossible timestamp or an odd value costs none of the thousands
of other rows, and each is reported.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from wan_perf.mist.client.odd_values import OddValue
from wan_perf.mist.endpoints.instants import instant
from wan_perf.mist.endpoints.records.values import Row
from wan_perf.wording import counted

ALLOWED_AHEAD = timedelta(minutes=10)
"""A poll starts within five minutes after it is due and may take as long again."""
EXAMPLES = 100
"""Odd values of one field that are stored as examples; all are counted."""

FOREIGN = "they belong to another organization"
NULLS = "every value in them is null"
AHEAD = "their instant lies in the future, so a clock at Mist or at a gateway is wrong"


@dataclass(frozen=True)
class Example:
    """One odd value and the row in which it was."""

    endpoint: str
    row: str
    value: OddValue


class Rejections:
    """The rows and values rejected so far, counted by endpoint and reason."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._odd: Counter[tuple[str, str, bool]] = Counter()
        self._examples: dict[tuple[str, str, bool], list[Example]] = {}
        self._firsts: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()  # calls are concurrent

    def note(self, path: str, why: str, count: int, example: str | None = None) -> None:
        """Count rows of an endpoint that were rejected for a reason, with an example."""
        if count:
            with self._lock:
                self._counts[path, why] += count
                if example:
                    self._firsts.setdefault((path, why), example)

    def note_odd(self, path: str, row: str, values: Iterable[OddValue]) -> None:
        """Count the odd values of one row of an endpoint."""
        for value in values:
            group = (path, value.field, value.costs_row)
            with self._lock:
                self._odd[group] += 1
                examples = self._examples.setdefault(group, [])
                if len(examples) < EXAMPLES:
                    examples.append(Example(path, row, value))

    @property
    def sentences(self) -> list[str]:
        """A sentence for each endpoint and reason, or field."""
        return [
            f"{counted(count, 'row')} of {path} rejected: {why}"
            f"{f', such as {first}' if (first := self._firsts.get((path, why))) else ''}."
            for (path, why), count in sorted(self._counts.items())
        ] + [
            _sentence(path, costs_row, count, fields, self._examples[path, first, costs_row][0])
            for (path, costs_row), (count, fields, first) in self._odd_by_endpoint().items()
        ]

    def _odd_by_endpoint(self) -> dict[tuple[str, bool], tuple[int, int, str]]:
        """Odd values, fields with any and the first of these, by endpoint and effect."""
        found: dict[tuple[str, bool], tuple[int, int, str]] = {}
        for (path, field, costs_row), more in sorted(self._odd.items()):
            count, fields, first = found.get((path, costs_row), (0, 0, field))
            found[path, costs_row] = count + more, fields + 1, first
        return found

    @property
    def odd_count(self) -> int:
        """How many odd values there were."""
        return self._odd.total()

    @property
    def odd_by_field(self) -> dict[tuple[str, str], int]:
        """How many odd values there were by endpoint and field."""
        by_field = Counter[tuple[str, str]]()
        for (path, field, _), count in self._odd.items():
            by_field[path, field] += count
        return dict(sorted(by_field.items()))

    @property
    def examples(self) -> list[Example]:
        """Odd values, at most `EXAMPLES` of each field."""
        return [example for group in sorted(self._examples) for example in self._examples[group]]

    def in_time(
        self, path: str, rows: Iterable[Row], at: Callable[[Row], float | None], now: datetime
    ) -> list[Row]:
        """The rows without those dated in the future.

        Args:
            path: Endpoint of the rows.
            rows: The rows.
            at: Timestamp of a row. [epoch s]
            now: When they were received, naive UTC.
        """
        received = list(rows)
        latest = now + ALLOWED_AHEAD
        valid = [row for row in received if (instant(at(row)) or now) <= latest]
        self.note(path, AHEAD, len(received) - len(valid))
        return valid


def _sentence(path: str, costs_row: bool, count: int, fields: int, example: Example) -> str:
    value = example.value
    where = f" ({example.row})" if example.row else ""
    such = f"such as {value.place or 'the row'} = {value.value}{where}"
    if costs_row:
        return f"{counted(count, 'row')} of {path} rejected, as the key cannot be read, {such}."
    values = counted(count, "odd value")
    of = f" in {fields} fields" if fields > 1 else ""
    return f"{values}{of} of {path} stored as unknown, {such}."
