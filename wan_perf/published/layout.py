"""Which file holds which hours: hours for what is new, days, and months for what is over.

Belongs here: cutting time into files, finding which of them a state still lacks.
Keep out: reading and writing files (`publisher`, `compaction`).

A live run changes an hour or two, so that the newest hours of a large table are files of their own;
small tables have a file a month from the start. Later the files are merged (`compaction`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wan_perf.published.manifest import DataFile
from wan_perf.schema.declaration import Table
from wan_perf.warehouse.changes import MODULUS, WHOLE, step

FEW_ROWS = 20_000
"""A month or day of so few rows is one file, rewritten with each change of it."""
MANY_ROWS = 1_000_000
"""A month of more rows is written by days, so that no run waits long, and then merged."""
FRESH = timedelta(days=1)
"""Before the newest day: days that live runs still change, see `mist.collect.cadence`."""
MONTH_RESTS = timedelta(days=9)
"""After its end a month is one file: late data has changed it by then, and nobody compares with its
last days any more, which is dear where the rows of a circuit's month lie together."""
MANY_DAYS = 10
"""A month of which more days changed is written again whole."""
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

Span = tuple[datetime, datetime]
CountRows = Callable[[datetime, datetime], int]
DayStates = Callable[[DataFile], Mapping[datetime, int]]


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
        """The digest of a range; None where nothing is known of it."""
        units, length = (self.hours, _HOUR) if end - start < _DAY else (self.days, _DAY)
        instants = (start + n * length for n in range((end - start) // length))
        values = [units[at] for at in instants if at in units]
        return state_of(values) if values else None

    def hours_of(self, day: datetime) -> list[datetime]:
        """Hours of the day that have rows or had some."""
        return sorted(hour for hour in self.hours if day <= hour < day + _DAY)

    def besides(self, days: Iterable[datetime]) -> "Versions":
        """Those of all other days."""
        left_out = set(days)
        return Versions({d: v for d, v in self.days.items() if d not in left_out}, self.hours)

    def since(self, start: datetime) -> "Versions":
        """Those of the days from `start` on."""
        return Versions(
            {at: v for at, v in self.days.items() if at >= start},
            {at: v for at, v in self.hours.items() if at >= start},
        )


def state_of(digests: Iterable[int]) -> str:
    """The digest of a range out of those of its parts, as a manifest names it."""
    return f"{sum(digests) % MODULUS:016x}"


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


def still_valid(
    files: tuple[DataFile, ...], versions: Versions, day_states: DayStates
) -> tuple[DataFile, ...]:
    """The files whose rows are those of the warehouse, of a month without the days that changed."""
    checked = (_current_file(file, versions, day_states) for file in files)
    return tuple(file for file in checked if file is not None)


def _current_file(file: DataFile, versions: Versions, day_states: DayStates) -> DataFile | None:
    current = versions.besides(file.superseded) if file.superseded else versions
    if file.state == current.state(file.start, file.end):
        return file
    if file.end - file.start <= _DAY or file.rows <= FEW_ROWS:
        return None
    written = day_states(file)
    days = written.keys() | {day for day in versions.days if file.start <= day < file.end}
    differing = {day for day in days if versions.days.get(day) != written.get(day)}
    superseded = tuple(sorted({*file.superseded, *differing}))
    state = versions.besides(superseded).state(file.start, file.end)
    if state is None or len(superseded) > MANY_DAYS:
        return None
    return replace(file, superseded=superseded, state=state)


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
    inside = [
        file
        for file in valid
        if file.start < day + _DAY and day < file.end and day not in file.superseded
    ]
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
    if step(table) in ("week", "month"):
        return True
    is_over = newest >= month[1] + MONTH_RESTS
    return count_rows(*month) <= (MANY_ROWS if is_over else FEW_ROWS)
