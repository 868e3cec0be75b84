"""Parameters of a request: page, limit, time range, cursor; anything malformed is refused.

Belongs here: reading Mist's query parameters, cutting pages, writing the `next` address.
Keep out: what the rows are.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from wan_perf.simulator.instants import DAY, HOUR, MINUTE

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100
_UNIT_S = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_DURATION = re.compile(r"(\d{1,6})([smhdw])")
_SORTS = {"timestamp": False, "-timestamp": True}

Row = TypeVar("Row")
Parameters = Mapping[str, str]


class BadParameterError(ValueError):
    """A query parameter that the API answers with 400; the message is the answer's detail."""


class NotFoundError(LookupError):
    """Something in the path that does not exist; the API answers with 404."""


@dataclass(frozen=True)
class Cursor:
    """How far a search was read: the instant it began, and the rows already given.

    Pinning the instant keeps the order of the rows fixed while new ones arrive, so that
    no row is lost or given twice.
    """

    as_of: float
    offset: int = 0

    @classmethod
    def read(cls, parameters: Parameters, now: float) -> "Cursor":
        """Read `search_after`; without it the search begins now [epoch s]."""
        text = parameters.get("search_after")
        if text is None:
            # To the millisecond, as it will stand in the address: every page requests the same.
            return cls(math.floor(now * 1000) / 1000)
        try:
            as_of_ms, offset = json.loads(text)
            cursor = cls(int(as_of_ms) / 1000, int(offset))
        except (ValueError, TypeError, OverflowError) as problem:
            raise BadParameterError(f"invalid search_after: {text}") from problem
        if cursor.offset < 0 or cursor.as_of > now:
            raise BadParameterError(f"invalid search_after: {text}")
        return cursor

    def write(self) -> str:
        """Write the cursor as it stands in `next`."""
        return json.dumps([round(self.as_of * 1000), self.offset])


@dataclass(frozen=True)
class TimeRange:
    """The requested instants, both ends included [epoch s]."""

    start: int
    end: int

    @classmethod
    def read(cls, parameters: Parameters, now: float) -> "TimeRange":
        """Read `start`, `end`, `duration`; by default the last day. Whole seconds, widened."""
        end = _instant(parameters.get("end", "now"), now, "end")
        span = _duration(parameters.get("duration", "1d"), "duration")
        start = parameters.get("start")
        begin = end - span if start is None else _instant(start, now, "start")
        if begin > end:
            raise BadParameterError("start is after end")
        return cls(math.floor(begin), math.ceil(end))


def limit(parameters: Parameters) -> int:
    """Read `limit`: 100 by default, never more than 1000 rows."""
    return min(_positive(parameters, "limit", DEFAULT_LIMIT), MAX_LIMIT)


def page(parameters: Parameters) -> int:
    """Read `page`, counted from 1."""
    return _positive(parameters, "page", 1)


def newest_first(parameters: Parameters) -> bool:
    """Read `sort`: by timestamp, oldest first unless the caller requests "-timestamp"."""
    sort = choice(parameters, "sort", "timestamp", tuple(_SORTS))
    return _SORTS[sort]


def choice(parameters: Parameters, name: str, default: str, allowed: Sequence[str]) -> str:
    """Read a parameter that has a closed set of values."""
    value = parameters.get(name, default)
    if value not in allowed:
        raise BadParameterError(f"{name} must be one of: {', '.join(allowed)}")
    return value


def truth_value(parameters: Parameters, name: str) -> bool | None:
    """Read a boolean; None where it is absent."""
    value = parameters.get(name)
    if value is None:
        return None
    if value.lower() not in ("true", "false"):
        raise BadParameterError(f"{name} must be true or false")
    return value.lower() == "true"


def next_address(path: str, parameters: Parameters, fixed: Mapping[str, object]) -> str:
    """Write the relative address of the next page: the same question with some values fixed."""
    return f"{path}?{urlencode(sorted({**parameters, **fixed}.items()))}"


def cut(rows: Sequence[Row], offset: int, size: int) -> Sequence[Row]:
    """Cut one page out of all rows; empty past the end."""
    return rows[offset : offset + size]


def _positive(parameters: Parameters, name: str, default: int) -> int:
    text = parameters.get(name, str(default))
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < 1:
        raise BadParameterError(f"{name} must be a positive integer")
    return int(text)


def _instant(text: str, now: float, name: str) -> float:
    if text == "now":
        return now
    if text.startswith("-"):
        return now - _duration(text[1:], name)
    if not re.fullmatch(r"\d{1,11}(\.\d+)?", text):
        raise BadParameterError(f"{name} must be epoch seconds, or relative such as -1d")
    return float(text)


def _duration(text: str, name: str) -> int:
    match = _DURATION.fullmatch(text)
    if not match:
        raise BadParameterError(f"{name} must be a duration such as 10m, 1d or 2w")
    return int(match[1]) * _UNIT_S[match[2]]
