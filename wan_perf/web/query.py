"""An address becomes a checked question: words from a list, numbers in bounds, instants, ranges.

Belongs here: reading the query of a URL; each refusal is one sentence for the person.
Keep out: SQL (`questions`): what is read here are values, which go there as parameters.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

RANGES = {
    "24h": timedelta(hours=24),
    "3d": timedelta(days=3),
    "7d": timedelta(days=7),
    "31d": timedelta(days=31),
}
"""Lengths that end with the newest hour, by the word of the URL."""
DEFAULT_RANGE = "7d"
LONGEST = timedelta(days=93)
"""What a chart by hours shows at most."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d(:\d\d(:\d\d)?)?Z?)?", re.ASCII)

_YEARS = range(2000, 2200)
"""Instants outside are typing errors, and their neighbours may be no instants at all."""


class BadAddressError(Exception):
    """What the address says is not possible; the message is for the person (400)."""


class NotFoundError(Exception):
    """What the address names does not exist; the message is for the person (404)."""


def choice(given: Mapping[str, str], name: str, allowed: Collection[str], default: str) -> str:
    """One of the allowed words.

    Raises:
        BadAddressError: it is another.
    """
    value = given.get(name, "") or default
    if value not in allowed:
        raise BadAddressError(f"{name} is one of {', '.join(allowed)}; {shortened(value)} is not.")
    return value


def integer(
    given: Mapping[str, str], name: str, default: int, least: int = 1, most: int = 10**9
) -> int:
    """A whole number within its bounds.

    Raises:
        BadAddressError: it is none.
    """
    text = given.get(name, "") or str(default)
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
        raise BadAddressError(
            f"{name} is a whole number from {least} to {most:,}; {shortened(text)} is not."
        )
    return int(text)


def instant(text: str, name: str) -> datetime:
    """Naive UTC of a date or an instant such as 2026-03-08T14:00.

    Raises:
        BadAddressError: it is none.
    """
    if _INSTANT.fullmatch(text):
        try:
            at = datetime.fromisoformat(text)
            at = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
            if at.year in _YEARS:
                return at
        except (ValueError, OverflowError):
            pass  # the sentence below
    raise BadAddressError(
        f"{name} is a date or an instant in UTC such as 2026-03-08T14:00; {shortened(text)} is not."
    )


def shortened(text: str, most: int = 40) -> str:
    """Text of a person in quotation marks, cut and without what does not print."""
    shown = "".join(c if c.isprintable() else "·" for c in text)
    return f"“{shown[:most]}…”" if len(shown) > most else f"“{shown}”"


@dataclass(frozen=True)
class TimeRange:
    """Hours [start, end), naive UTC, and how the address says so."""

    start: datetime
    end: datetime
    given: tuple[tuple[str, str], ...] = ()

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Its start and end."""
        return self.start, self.end

    @property
    def hours(self) -> int:
        """Its length. [h]"""
        return int((self.end - self.start) / timedelta(hours=1))


def time_range(given: Mapping[str, str], newest_end: datetime) -> TimeRange:
    """The hours of `from` and `to`, else of `range` up to the end of the newest hour.

    Raises:
        BadAddressError: it ends before it starts, is too long, or is none.
    """
    texts = {name: given[name] for name in ("from", "to") if given.get(name)}
    if not texts:
        word = choice(given, "range", RANGES, DEFAULT_RANGE)
        in_address = (("range", word),) if given.get("range") else ()
        return TimeRange(newest_end - RANGES[word], newest_end, in_address)
    end = _whole(instant(texts["to"], "to"), up=True) if "to" in texts else newest_end
    default = end - RANGES[DEFAULT_RANGE]
    start = _whole(instant(texts["from"], "from")) if "from" in texts else default
    if not start < end:
        raise BadAddressError(f"The range ends ({end:%Y-%m-%d %H:%M}) before it begins.")
    if end - start > LONGEST:
        raise BadAddressError(f"A range has at most {LONGEST.days} days; choose a shorter one.")
    return TimeRange(start, end, tuple(texts.items()))


def _whole(at: datetime, *, up: bool = False) -> datetime:
    floor = at.replace(minute=0, second=0, microsecond=0)
    return floor + timedelta(hours=1) if up and floor < at else floor


def address(path: str, *parts: Mapping[str, object], **changes: object) -> str:
    """A path with a query: the parts, later ones first, without what is None or empty."""
    merged: dict[str, object] = {}
    for part in (*parts, changes):
        merged.update(part)
    query = urlencode({k: v for k, v in merged.items() if v not in (None, "")})
    return f"{path}?{query}" if query else path
