"""The reference of calls to Mist, from their declarations."""

from datetime import timedelta
from typing import Any

import msgspec

from wan_perf.mist.collect.cadence import EVERY
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.catalogue import Endpoint, Single
from wan_perf_tests.docs.markdown import code, codes, page, table

_STYLES = {"list": "numbered pages", "search": "cursor", "counted": "numbered pages with a count"}


def endpoints_page() -> str:
    """Every call of the Mist API that is made, and how often."""
    about = (
        "The calls go through the SDK `mistapi`; the function is named within `mistapi.api.v1` (of "
        "paged calls within its package for organisations or sites). All calls read; a token needs "
        "no right to write."
    )
    return page("Mist endpoints", about, _cadence(), _paged(), _single())


def _cadence() -> str:
    rows = [(name, f"{every // timedelta(minutes=1)} min") for name, every in EVERY.items()]
    return "## Cadence\n\nLive polls, by kind of statistics:\n\n" + table(("kind", "every"), rows)


def _paged() -> str:
    rows = [
        (code(call.path), code(call.function), _STYLES[call.style], _query(call), _read(call.row))
        for call in vars(catalogue).values()
        if isinstance(call, Endpoint)
    ]
    head = ("path", "SDK function", "paging", "fixed parameters", "fields read")
    return "## Paged calls\n\n" + table(head, rows)


def _single() -> str:
    rows = [
        (code(call.path), code(call.function), _read(call.shape))
        for call in vars(catalogue).values()
        if isinstance(call, Single)
    ]
    return "## Single calls\n\n" + table(("path", "SDK function", "fields read"), rows)


def _query(call: Endpoint[Any]) -> str:
    return codes(f"{name}={value}" for name, value in call.query.items())


def _read(shape: type[Any]) -> str:
    if not (isinstance(shape, type) and issubclass(shape, msgspec.Struct)):
        return "by metric"
    return codes(field.encode_name for field in msgspec.structs.fields(shape))
