"""Bad answers on request: what a cloud says when it is ill, to see what its caller makes of it.

Belongs here: the ways to misbehave, how long each lasts, how an answer is spoilt.
Keep out: good answers, and outages that the fleet itself suffers.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SKEWS_S = {"clock an hour ahead": 3600, "clock a day behind": -86_400}
"""How wrong the cloud's clock is when it misbehaves so [s]."""
ANOTHER_ORG = "0b0b0b0b-1c1c-4d4d-8e8e-2f2f2f2f2f2f"
_FOREIGN = {"id": "5c5c5c5c-2d2d-4e4e-9f9f-3a3a3a3a3a3a", "mac": "5c5c5c5c5c5c"}

REFUSALS: dict[str, tuple[int, str, dict[str, str]]] = {
    "400": (400, "Bad request", {}),
    "401": (401, "Authentication credentials were not provided or are invalid.", {}),
    "403": (403, "Permission denied", {}),
    "404": (404, "Not found", {}),
    "429": (429, "Too Many Request. The API Token reached its threshold", {"Retry-After": "2"}),
    "429 without Retry-After": (429, "Too Many Request. The API Token reached its threshold", {}),
    "500": (500, "Internal Server Error", {}),
    "503": (503, "Service Unavailable", {}),
}
"""Ways that answer with a status; each has its detail and headers."""
ON_THE_WIRE = ("slow", "cut body", "half JSON", "wrong content type")
"""Ways that spoil the bytes of a good answer."""

_INSTANTS = ("timestamp", "last_seen", "last_flapped", "start", "end", "resolved_time")


def _rows(body: Any) -> list[dict[str, Any]]:
    rows = body.get("results", []) if isinstance(body, dict) else body
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _with_rows(body: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    if isinstance(body, list):
        return change(body)
    return body | {"results": change(body["results"])} if "results" in body else body


def _wrong_type(_: Any, __: str) -> Any:
    return "ok"


def _missing_key(body: Any, _: str) -> Any:
    if isinstance(body, dict):
        gone = next((key for key in ("results", "start") if key in body), next(iter(body), ""))
        return {key: value for key, value in body.items() if key != gone}
    return [{k: v for k, v in row.items() if k not in ("id", "mac")} for row in _rows(body)]


def _unknown_field(body: Any, _: str) -> Any:
    extra = {"brand_new_field": {"nested": [1, None]}}
    changed = _with_rows(body, lambda rows: [row | extra for row in rows if isinstance(row, dict)])
    return changed | extra if isinstance(changed, dict) else changed


def _nulls(body: Any, _: str) -> Any:
    if isinstance(body, dict) and "results" not in body:
        return {
            key: [None] * len(value) if isinstance(value, list) else None
            for key, value in body.items()
        }
    return _with_rows(body, lambda rows: [dict.fromkeys(row) if row else row for row in rows])


def _null_row(body: Any, _: str) -> Any:
    return _with_rows(body, lambda rows: [*rows, *(dict.fromkeys(row) for row in rows[:1])])


def _repeated_cursor(body: Any, address: str) -> Any:
    return body | {"next": address} if isinstance(body, dict) else body


def _empty_page(body: Any, _: str) -> Any:
    return _with_rows(body, lambda _: [])


def _duplicate_row(body: Any, _: str) -> Any:
    return _with_rows(body, lambda rows: [*rows, *rows[:1]])


def _foreign_row(body: Any, _: str) -> Any:
    def with_foreign_rows(rows: list[Any]) -> list[Any]:
        known = [row for row in rows[:1] if isinstance(row, dict)]
        names = [{k: v for k, v in _FOREIGN.items() if k in row} for row in known]
        foreign = [row | new for row, new in zip(known, names, strict=True)]
        return [*rows, *(row | {"org_id": ANOTHER_ORG} for row in foreign)]

    return _with_rows(body, with_foreign_rows)


def _skew(by_s: int) -> Callable[[Any, str], Any]:
    def shift(row: Any) -> Any:
        if not isinstance(row, dict):
            return row
        later = {k: row[k] + by_s for k in _INSTANTS if isinstance(row.get(k), (int, float))}
        return row | later

    def skew(body: Any, _: str) -> Any:
        changed = _with_rows(body, lambda rows: [shift(row) for row in rows])
        has_rows = isinstance(changed, list) or "results" in changed
        return changed if has_rows else shift(changed)

    return skew


SPOILT: dict[str, Callable[[Any, str], Any]] = {
    "wrong JSON type": _wrong_type,
    "missing key": _missing_key,
    "unknown field": _unknown_field,
    "nulls": _nulls,
    "null row": _null_row,
    "repeated cursor": _repeated_cursor,
    "empty page": _empty_page,
    "duplicate row": _duplicate_row,
    "row of another org": _foreign_row,
    **{how: _skew(by_s) for how, by_s in SKEWS_S.items()},
}
"""Ways that change a good body, given the requested address."""
WAYS = (*REFUSALS, *ON_THE_WIRE, *SPOILT)


@dataclass(frozen=True)
class Misbehaviour:
    """One way to misbehave; `seconds` is how slow a slow answer is. [s]"""

    how: str
    seconds: float = 0.0


@dataclass
class Illness:
    """Faults still to be served, by path template, in the order they were requested."""

    _ahead: dict[str, deque[Misbehaviour]] = field(default_factory=lambda: defaultdict(deque))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, path: str, how: str, times: int, seconds: float) -> None:
        """Let the next answers of a path be bad.

        Raises:
            ValueError: there is no such way to misbehave.
        """
        if how not in WAYS:
            raise ValueError(f"{how!r} is no misbehaviour; there are: {', '.join(WAYS)}")
        with self._lock:
            self._ahead[path].extend([Misbehaviour(how, seconds)] * times)

    def next(self, path: str) -> Misbehaviour | None:
        """Take what goes wrong with this answer; None where it is good."""
        with self._lock:
            return self._ahead[path].popleft() if self._ahead.get(path) else None
