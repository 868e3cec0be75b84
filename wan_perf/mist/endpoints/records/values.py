"""Values that records of all families have, and the pages in which they are sent.

Keep out: records of a family (beside this module).
"""

from collections.abc import Mapping
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1)]
"""A value that identifies: never empty."""

_AFTER_9999 = 253_402_300_800

_INT64 = Meta(ge=-(2**63), le=2**63 - 1)

_INT64_AS_REAL = Meta(ge=-(2.0**63), lt=2.0**63)

Epoch = Annotated[int, Meta(ge=0, lt=_AFTER_9999)] | Annotated[float, Meta(ge=0, lt=_AFTER_9999)]
"""Seconds since 1970, before the year 10000; 0 stands for never. [s]"""

Moment = Annotated[int, Meta(gt=0, lt=_AFTER_9999)] | Annotated[float, Meta(gt=0, lt=_AFTER_9999)]
"""Seconds since 1970 where there must be some. [s]"""

Counter = Annotated[int, _INT64] | Annotated[float, _INT64_AS_REAL]
"""A whole number, though it may be written with a point."""

Number = int | float

Speed = Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)]
"""Negotiated speed; a virtual port writes -1 for unknown. [Mbit/s]"""

Variable = Annotated[str, Meta(pattern=r"\{\{")]
"""A variable of a site in the place of a configured number or switch (`template_variables`)."""

Row = TypeVar("Row")


def renamed(vendor_to_ours: Mapping[str, str]) -> dict[str, str]:
    """The map as msgspec takes it: our name to Mist's."""
    return {ours: vendor for vendor, ours in vendor_to_ours.items()}


class SearchPage(Struct, Generic[Row]):
    """One page of a search; the cursor to the next one is read by the SDK.

    `total` is how many rows the whole search has.
    """

    results: list[Row]
    total: int | None = None
    next: str | None = None


class CountedPage(Struct, Generic[Row]):
    """One page of an answer whose pages are numbered and that says how many rows there are."""

    results: list[Row]
    total: Annotated[int, Meta(ge=0)]
