"""Gaps of the last days: hours whose facts are missing or say nothing, joined to ranges.

Belongs here: which range is a gap, of which kind.
Keep out: what is printed of it (`status`), reading by hour (`kpi.hour.coverage`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from wan_perf.kpi.hour.coverage import hours_with_rows
from wan_perf.schema.tables import CIRCUIT_HOUR, RAW_PORT_SAMPLE
from wan_perf.warehouse import Warehouse, Window

_HOUR = timedelta(hours=1)
NOT_COMPUTED = "not computed"
MISSING = "missing"
NO_TELEMETRY = "no telemetry"


@dataclass(frozen=True)
class Gap:
    """Consecutive hours of [start, end) of one kind, naive UTC.

    `kind` is NOT_COMPUTED where samples are stored and no circuit-hours, MISSING where there are
    neither (the published copy has the samples of three days), NO_TELEMETRY where no state of any
    circuit is known.
    """

    start: datetime
    end: datetime
    kind: str

    @property
    def hours(self) -> int:
        """Length. [h]"""
        return (self.end - self.start) // _HOUR


def gaps(warehouse: Warehouse, first: datetime, end: datetime) -> list[Gap]:
    """The gaps of the whole hours of [first, end), the oldest first."""
    window = Window(first, end)
    rows = hours_with_rows(
        warehouse.lazy(RAW_PORT_SAMPLE, window), warehouse.lazy(CIRCUIT_HOUR, window)
    )
    answer = warehouse.query(rows)
    columns = (answer[name] for name in ("hour", "circuit_hours", "known_minutes"))
    found = {
        hour.to_pydatetime(): (int(count), float(known))
        for hour, count, known in zip(*columns, strict=True)
    }
    return merge_gaps(found, first, end)


def merge_gaps(
    found: Mapping[datetime, tuple[int, float]], first: datetime, end: datetime
) -> list[Gap]:
    """Gaps of [first, end) from each hour's number of circuit-hours and known minutes."""
    result: list[Gap] = []
    hour = first
    while hour < end:
        kind = _kind(found.get(hour))
        if kind and result and (result[-1].end, result[-1].kind) == (hour, kind):
            result[-1] = Gap(result[-1].start, hour + _HOUR, kind)
        elif kind:
            result.append(Gap(hour, hour + _HOUR, kind))
        hour += _HOUR
    return result


def _kind(rows: tuple[int, float] | None) -> str | None:
    if rows is None:
        return MISSING
    circuit_hours, known_minutes = rows
    if not circuit_hours:
        return NOT_COMPUTED
    return None if known_minutes > 0 else NO_TELEMETRY
