"""Which file holds which hours: hours for what is new, days, and months for what is over.

Belongs here: cutting time into files, finding which of them a state still lacks.
Keep out: reading and writing files (`publisher`, `compaction`).

A live run changes an hour or two, so that the newest hours of a large table are files of their own;
small tables have a file a month from the start. Later the files are merged (`compaction`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import xor

from wan_perf.declaration import Table
from wan_perf.published.manifest import DataFile
from wan_perf.warehouse.changes import WHOLE, step

FEW_ROWS = 20_000
"""A month or day of so few rows is one file, rewritten with each change of it."""
FRESH = timedelta(days=1)
"""Before the newest day: days that live runs still change, see `mist.cadence`."""
MONTH_RESTS = timedelta(days=2)
"""After its end a month is one file: late data has changed it by then."""
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

Span = tuple[datetime, datetime]
CountRows = Callable[[datetime, datetime], int]


@dataclass(frozen=True)
class Versions:
    """Digests of the versions of a table's rows: by day, and by hour of the newest days."""

    days: dict[datetime, int]
    hours: dict[datetime, int]

    @property
    def newest(self) -> datetime:
        """The newest day."""
        return max(self.days)

    def state(self, start: datetime, end: datetime) -> str | None:
        """The digest of a range; None where it is shorter than a day and its hours are unknown."""
        shorter = end - start < _DAY
        if shorter and not self._knows_hours(start):
            return None
        units = self.hours if shorter else self.days
        return f"{reduce(xor, (v for at, v in units.items() if start <= at < end), 0):016x}"

    def hours_of(self, day: datetime) -> list[datetime]:
        """Hours of the day that have rows or had some."""
        return sorted(hour for hour in self.hours if day <= hour < day + _DAY)

    def _knows_hours(self, at: datetime) -> bool:
        return bool(self.hours_of(day_of(at)))

    def since(self, start: datetime) -> "Versions":
        """Those of the days from `start` on."""
        return Versions(
            {at: v for at, v in self.days.items() if at >= start},
            {at: v for at, v in self.hours.items() if at >= start},
        )


def day_of(at: datetime) -> datetime:
    """Start of the day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def month_of(at: datetime) -> Span:
    """Start and end of the month."""
    start = day_of(at).replace(day=1)
    return start, (start + timedelta(days=32)).replace(day=1)


def published_part(table: Table, versions: Versions) -> Versions:
    """The versions of the days that the published copy has (`Table.published_days`)."""
    if table.published_days is None or not versions.days:
        return versions
    return versions.since(versions.newest - timedelta(days=table.published_days - 1))


def still_valid(files: tuple[DataFile, ...], versions: Versions) -> tuple[DataFile, ...]:
    """The files whose rows are those of the warehouse."""
    return tuple(
        file
        for file in files
        if file.state == versions.state(file.start, file.end)
        and any(file.start <= day < file.end for day in (*versions.days, *versions.hours))
    )


def missing(
    table: Table, versions: Versions, valid: tuple[DataFile, ...], count_rows: CountRows
) -> list[Span]:
    """The ranges of the files that are to be written, beside those that are valid."""
    if not step(table):
        covered = {file.start for file in valid}
        return [(WHOLE, WHOLE + _DAY)] if versions.days and WHOLE not in covered else []
    written: list[Span] = []
    for day in sorted(versions.days):
        for span in _lacking(day, versions, valid):
            if not written or span[0] >= written[-1][1]:
                written += _file_spans(table, span, versions, valid, count_rows)
    return written


def _lacking(day: datetime, versions: Versions, valid: tuple[DataFile, ...]) -> Iterator[Span]:
    """The day, or those of its hours that no valid file has."""
    inside = [file for file in valid if file.start < day + _DAY and day < file.end]
    if not inside:
        yield day, day + _DAY
    elif all(file.end - file.start < _DAY for file in inside):
        for hour in versions.hours_of(day):
            if not any(file.start <= hour < file.end for file in inside):
                yield hour, hour + _HOUR


def _file_spans(
    table: Table,
    lacking: Span,
    versions: Versions,
    valid: tuple[DataFile, ...],
    count_rows: CountRows,
) -> list[Span]:
    """The ranges of the files for what lacks: the widest that fit beside the valid files."""
    month = month_of(lacking[0])
    is_free = not any(month[0] <= file.start < month[1] for file in valid)
    limited = table.published_days is not None
    if is_free and not limited and _is_month(table, month, versions.newest, count_rows):
        return [month]
    day = day_of(lacking[0])
    is_fresh = step(table) == "hour" and day >= versions.newest - FRESH
    if lacking != (day, day + _DAY) or not is_fresh or count_rows(*lacking) <= FEW_ROWS:
        return [lacking]
    return [(hour, hour + _HOUR) for hour in versions.hours_of(day)]


def _is_month(table: Table, month: Span, newest: datetime, count_rows: CountRows) -> bool:
    if step(table) in ("week", "month") or newest >= month[1] + MONTH_RESTS:
        return True
    return count_rows(*month) <= FEW_ROWS
