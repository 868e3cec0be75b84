"""Requests, answers and the two styles of paging.

Belongs here: the parts of a request, how rows are cut and wrapped.
Keep out: which rows there are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from wan_perf.simulator import query
from wan_perf.simulator.api import Json
from wan_perf.simulator.query import Parameters

Row = TypeVar("Row")


@dataclass(frozen=True)
class Answer:
    """A body and the headers that page it."""

    body: object
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ApiRequest:
    """One request: its path, its parameters, and its instant [epoch s].

    `about` has what the path names: site_id, device_id and the like.
    """

    path: str
    parameters: Parameters
    now: float
    about: Mapping[str, str] = field(default_factory=dict)


def answer_page(
    request: ApiRequest, rows: Sequence[Row], shown: Callable[[Row], object] = lambda row: row
) -> Answer:
    """Cut one page and show its rows only; other rows are not computed."""
    size, page = query.limit(request.parameters), query.page(request.parameters)
    headers = {
        "X-Page-Total": str(len(rows)),
        "X-Page-Limit": str(size),
        "X-Page-Page": str(page),
    }
    return Answer([shown(row) for row in query.cut(rows, (page - 1) * size, size)], headers)


def answer_search(
    request: ApiRequest,
    found: Sequence[Json],
    total: int,
    cursor: query.Cursor,
    window: query.TimeRange,
    fixed: dict[str, int],
) -> Answer:
    """Wrap one page of a search; `fixed` overrides parameters of the next page."""
    size = query.limit(request.parameters)
    body: Json = {
        "start": window.start,
        "end": window.end,
        "limit": size,
        "total": total,
        "results": found,
    }
    read = cursor.offset + len(found)
    if read < total:
        following = {"search_after": query.Cursor(cursor.as_of, read).write(), "limit": size}
        body["next"] = query.next_address(request.path, request.parameters, {**fixed, **following})
    return Answer(body)


def matches(row: Json, parameters: Parameters, names: tuple[str, ...]) -> bool:
    """Say whether a row matches the parameters of these names."""
    return all(name not in parameters or row.get(name) == parameters[name] for name in names)
