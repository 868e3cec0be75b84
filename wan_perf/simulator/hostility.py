"""A hostile estate: in 3 % of all rows every odd value that real organizations have, at once.

Belongs here: which rows are odd, and what is odd in them.
Keep out: answers that are bad as a whole (`misbehaviour`).

The same rows are odd in every answer, whatever the time: a device whose values are odd stays so.
"""

import math
from collections.abc import Mapping
from typing import Any
from zlib import crc32

ODD_SHARE = 0.03
_ODD_BELOW = int(ODD_SHARE * 2**32)
_FEWEST = 8
"""A page of so many rows has an odd one, whatever the share; one of fewer may have none."""
_KEY = ("id", "mac", "port_id", "peer_mac", "site_id", "type")
_WORDS = {"speed": "1g", "last_flapped": -1}
_GOOD = ("last_seen",)
"""Without it statistics have no instant at all, and nothing else of them could be stored."""
_NULL_INTERFACE = {"ge-0/0/9.0": None}
SERIES = ("tx_bps", "rx_bps", "max_tx_bps", "max_rx_bps", "avg_latency", "avg_jitter", "avg_loss")
_EVERY = math.ceil(1 / ODD_SHARE)


def with_odd_values(path: str, body: object) -> object:
    """An answer whose rows, or elements of series, are odd in 3 %.

    Args:
        path: Path template of the endpoint.
        body: The good answer; it is not changed.
    """
    if isinstance(body, list):
        return _rows(path, body)
    if not isinstance(body, dict):
        return body
    results = body.get("results")
    if isinstance(results, list) and all(isinstance(row, dict) for row in results):
        return body | {"results": _rows(path, results)}
    return body | {name: _series(body[name]) for name in SERIES if name in body}


def odd_rows(path: str, rows: list[Any]) -> list[int]:
    """Positions of the odd rows of one page."""
    draws = [_draw(path, row) for row in rows]
    found = [n for n, draw in enumerate(draws) if draw < _ODD_BELOW]
    return found or ([draws.index(min(draws))] if len(rows) >= _FEWEST else [])


def loses_key(path: str, row: Mapping[str, Any]) -> bool:
    """Whether a row, where it is odd, names no port: every other one of statistics of ports."""
    return "rx_bytes" in row and _draw(path, row) % 2 == 0


def _draw(path: str, row: Any) -> int:
    known = row if isinstance(row, dict) else {}
    at = known.get("timestamp") if "rx_bytes" not in known else None  # of an event, part of its key
    return crc32("|".join((path, str(at), *(str(known.get(name)) for name in _KEY))).encode())


def _rows(path: str, rows: list[Any]) -> list[Any]:
    odd = set(odd_rows(path, rows))
    return [
        _odd(row) | ({"port_id": ""} if loses_key(path, row) else {})
        if n in odd and isinstance(row, dict)
        else row
        for n, row in enumerate(rows)
    ]


def _odd(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose switches are text, whose numbers are variables, and with a null interface."""
    odd: dict[str, Any] = {
        name: value if name in _GOOD else _WORDS.get(name, _odd_value(name, value))
        for name, value in row.items()
    }
    return odd | {name: odd[name] | _NULL_INTERFACE for name in ("if_stat",) if name in odd}


def _odd_value(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{{{{{name}}}}}"
    if isinstance(value, dict):
        return {inner: _odd_value(inner, of) for inner, of in value.items()}
    return value


def _series(values: Any) -> Any:
    if not isinstance(values, list):
        return values
    return ["n/a" if n % _EVERY == _EVERY - 1 else value for n, value in enumerate(values)]
