"""Rows of a list by the filters and the order of an address.

Belongs here: the grammar of filters, the white list of columns, the statement.
Keep out: which lists there are (`listings`).

A filter is a column's name and a text: of a number `>80`, `<=5`, `80..90` or `80`; of an instant
or a date `>2026-03-08`; of a text a part of it, or `=` and all of it; of yes and no one of them;
of any column `unknown` or `known`. Values are parameters, columns are declared names.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wan_perf.schema.columns import COLUMNS
from wan_perf.web.data import Data, Row
from wan_perf.web.query import BadAddressError, TimeRange, instant, integer, shortened
from wan_perf.web.questions.listing import Listing
from wan_perf.web.questions.listings import LISTINGS
from wan_perf.web.questions.now import SEVERITY_PLACE

SIZES = (50, 100, 250)
TRAVELLING = ("provider", "medium", "role")
RESERVED = frozenset(
    {"sort", "page", "size", "cols", "from", "to", "range", "wall", "rotate", "q", "part"}
)
_MOST_SORTED = 3
_COMPARED = re.compile(r"(>=|<=|>|<|=)?\s*(-?\d+(?:\.\d+)?)", re.ASCII)
_BETWEEN = re.compile(r"(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)", re.ASCII)
_NUMBERS = ("integer", "large_integer", "real")
_CALCULATED = {"severity_place": SEVERITY_PLACE}
_TOTAL = "rows_in_all"
_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class ListRequest:
    """What an address requests of a list: filters as written, order, columns, page."""

    listing: Listing
    filters: tuple[tuple[str, str], ...]
    order: tuple[tuple[str, bool], ...]
    columns: tuple[str, ...]
    page: int
    size: int
    range: TimeRange

    @property
    def first(self) -> tuple[str, bool]:
        """The column that is sorted by first, and whether it falls."""
        return self.order[0]


@dataclass(frozen=True)
class Found:
    """A page of rows, and how many there are in all."""

    rows: list[Row]
    total: int


def list_request(listing: Listing, given: Mapping[str, str], reach: TimeRange) -> ListRequest:
    """The checked question.

    Raises:
        BadAddressError: an unknown column, or a filter that its column cannot have.
    """
    names = [n for n in given if n not in RESERVED and given[n].strip()]
    # A filter that came along from another page narrows only lists that have its column.
    names = [n for n in names if n in listing.columns or n not in TRAVELLING]
    filters = tuple((_column(listing, name), given[name].strip()) for name in names)
    found = ListRequest(
        listing,
        filters,
        tuple(_order(listing, given.get("sort", "") or listing.sort)),
        _columns(listing, given.get("cols", "")),
        integer(given, "page", 1, 1, 1_000_000),
        integer(given, "size", SIZES[1], 1, SIZES[-1]),
        reach,
    )
    list(_conditions(found))  # a filter that is wrong is refused here
    return found


def rows(data: Data, question: ListRequest) -> Found:
    """The rows of a page; a page beyond the last is the last."""
    found = _page(data, question)
    if found or question.page == 1:
        return Found(found, found[0][_TOTAL] if found else 0)
    total = count(data, question)
    last = max(1, -(-total // question.size))
    return Found(_page(data, replace(question, page=last)), total)


def count(data: Data, question: ListRequest) -> int:
    """How many rows the filter leaves."""
    where, values = _where(question)
    sql = f"SELECT count(*) AS n FROM ({question.listing.sql}) AS t{where}"
    total: int = data.first(sql, values)["n"]
    return total


def _page(data: Data, question: ListRequest) -> list[Row]:
    """The rows of a page, each with how many there are in all: a view is computed only once."""
    where, values = _where(question)
    return data.rows(
        f"SELECT t.*, count(*) OVER () AS {_TOTAL} FROM ({question.listing.sql}) AS t{where} "
        f"ORDER BY {_order_by(question)} LIMIT ? OFFSET ?",
        [*values, question.size, (question.page - 1) * question.size],
    )


def all_rows(data: Data, question: ListRequest, chunk: int = 20_000) -> Iterator[list[Row]]:
    """All rows of the filter in the order of the page, in chunks."""
    where, values = _where(question)
    names = ", ".join(f"t.{name}" for name in question.columns)
    offset = 0
    while True:
        found = data.rows(
            f"SELECT {names} FROM ({question.listing.sql}) AS t{where} "
            f"ORDER BY {_order_by(question)} LIMIT ? OFFSET ?",
            [*values, chunk, offset],
        )
        if found:
            yield found
        if len(found) < chunk:
            return
        offset += chunk


def _column(listing: Listing, name: str) -> str:
    if name not in listing.columns:
        raise BadAddressError(
            f"{listing.title} have no column {shortened(name)}; there are "
            f"{', '.join(listing.columns)}."
        )
    return name


def _columns(listing: Listing, text: str) -> tuple[str, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    return tuple(dict.fromkeys(_column(listing, name) for name in names)) or listing.shown


def _order(listing: Listing, text: str) -> Iterator[tuple[str, bool]]:
    for word in text.split(",")[:_MOST_SORTED]:
        name = word.strip().removeprefix("-")
        if name not in _CALCULATED or "severity" not in listing.columns:
            _column(listing, name)
        yield name, word.strip().startswith("-")


def _order_by(question: ListRequest) -> str:
    """ORDER BY: unknown values last, then the key, so that pages do not overlap."""
    parts = [
        f"{_CALCULATED.get(name, f't.{name}')} {'DESC' if falls else 'ASC'} NULLS LAST"
        for name, falls in question.order
    ]
    return ", ".join((*parts, *(f"t.{name} NULLS LAST" for name in question.listing.key)))


def _where(question: ListRequest) -> tuple[str, list[Any]]:
    reach = question.range
    values: list[Any] = [reach.start, reach.end] if question.listing.is_ranged else []
    conditions = []
    for condition, given in _conditions(question):
        conditions.append(condition)
        values += given
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), values


def _conditions(question: ListRequest) -> Iterator[tuple[str, list[Any]]]:
    for name, text in question.filters:
        if text.lower() in ("unknown", "known"):
            yield f"t.{name} IS {'NOT ' if text.lower() == 'known' else ''}NULL", []
        else:
            yield _condition(name, text)


def _condition(name: str, text: str) -> tuple[str, list[Any]]:
    kind = COLUMNS[name].type
    if kind in _NUMBERS:
        return _of_number(name, text)
    if kind in ("instant", "date"):
        return _of_instant(name, text)
    if kind == "boolean":
        if text.lower() not in _TRUTHS:
            raise BadAddressError(f"{name} is yes or no; {shortened(text)} is neither.")
        return f"t.{name} = ?", [_TRUTHS[text.lower()]]
    if text.startswith("="):
        return f"t.{name} = ?", [text[1:]]
    return f"contains(lower(t.{name}), ?)", [text.lower()]


def _of_number(name: str, text: str) -> tuple[str, list[Any]]:
    if between := _BETWEEN.fullmatch(text):
        return f"t.{name} BETWEEN ? AND ?", [float(between[1]), float(between[2])]
    if compared := _COMPARED.fullmatch(text):
        return f"t.{name} {compared[1] or '='} ?", [float(compared[2])]
    raise BadAddressError(
        f"{name} is a number: write >80, <=5, 80..90 or 80; {shortened(text)} is none of them."
    )


def _of_instant(name: str, text: str) -> tuple[str, list[Any]]:
    sign = re.match(r">=|<=|>|<|=", text)
    at = instant(text[len(sign[0]) :].strip() if sign else text, name)
    return f"t.{name} {sign[0] if sign else '='} ?", [at]


def listing_of(name: str) -> Listing | None:
    """The list of a name."""
    return LISTINGS.get(name)
