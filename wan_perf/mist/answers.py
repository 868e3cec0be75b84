"""What an answer of the Mist Cloud says: rows, or why there are none.

Belongs here: which status is a permanent and which a transient failure; decoding to records.
Keep out: calls and pages (`session`), what the rows mean (`port_samples`, `inventory`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from wan_perf.mist.endpoints import PAGE_ROWS, Endpoint
from wan_perf.mist.errors import (
    HourUsedUpError,
    MistPermanentError,
    MistTransientError,
    MistUnknownError,
)
from wan_perf.mist.records import CountedPage, Row, SearchPage

if TYPE_CHECKING:
    from mistapi import APIResponse

_STATUS_OK = 200
_NOT_FOUND = 404
_TOO_MANY = 429
_FIRST_SERVER_ERROR = 500
_REFUSALS = {
    401: "Mist refused the token; set MIST_API_TOKEN to a valid one",
    403: "the token has no right to read this; give it at least the observer role, "
    "or correct MIST_ORG_ID",
    404: "Mist does not know the organization; correct MIST_ORG_ID",
}
_PASSING = {408: "Mist waited too long for the request", 429: "the hour's calls are used up"}


def refuse_failure(path: str, response: APIResponse, token: str) -> None:
    """Refuse every status but 200.

    Args:
        path: Endpoint, for messages.
        response: The answer.
        token: Removed from what the cloud says, should it repeat it.

    Raises:
        MistPermanentError: The call would fail again; MistUnknownError: by 404.
        MistTransientError: The call may succeed later; HourUsedUpError not within this hour.
    """
    status = response.status_code
    if status == _STATUS_OK:
        return
    where = f"({path}, status {status})"
    if status in _PASSING or status >= _FIRST_SERVER_ERROR:
        what = _PASSING.get(status, "Mist is in trouble")
        wait = _retry_after(response)
        when = f"in {wait:g} s" if wait is not None else "later"
        kind = HourUsedUpError if status == _TOO_MANY else MistTransientError
        raise kind(f"{_capital(what)} {where}; try again {when}.", wait)
    said = _detail(response).replace(token, "***")
    what = _REFUSALS.get(status) or f"Mist does not accept the request{said}"
    kind_of_refusal = MistUnknownError if status == _NOT_FOUND else MistPermanentError
    raise kind_of_refusal(f"{_capital(what)} {where}.")


def decoded(endpoint: Endpoint[Row], response: APIResponse) -> list[Row]:
    """The rows of one page.

    The text is decoded, not what the SDK made of it: the SDK takes broken JSON for an empty object.

    Raises:
        MistPermanentError: The answer has not the declared shape, or may have more rows unseen.
        MistTransientError: The answer is not whole JSON.
    """
    shape: Any = SearchPage if endpoint.style == "search" else list
    page = decoded_as(shape[endpoint.row], endpoint.path, response)
    if endpoint.style == "search":
        return page.results
    _refuse_open_end(endpoint.path, len(page), response)
    return page


def counted(endpoint: Endpoint[Row], response: APIResponse) -> tuple[list[Row], int]:
    """The rows of one page, and how many rows all pages have together.

    Raises:
        MistPermanentError: The answer has not the declared shape.
        MistTransientError: The answer is not whole JSON.
    """
    shape: Any = CountedPage
    page = decoded_as(shape[endpoint.row], endpoint.path, response)
    return page.results, page.total


def decoded_as(shape: Any, path: str, response: APIResponse) -> Any:
    """The whole answer as a value of that shape.

    Raises:
        MistPermanentError: The answer has not that shape.
        MistTransientError: The answer is not whole JSON.
    """
    try:
        return msgspec.json.decode(response.raw_data, type=shape)
    except msgspec.ValidationError as error:
        raise MistPermanentError(
            f"The answer of {path} has not the known shape: {error}; the Mist API may have changed."
        ) from None
    except msgspec.DecodeError:
        raise MistTransientError(
            f"The answer of {path} is not whole JSON; try again later."
        ) from None


def _refuse_open_end(path: str, rows: int, response: APIResponse) -> None:
    """Refuse a full page that does not say how many there are: the rest would be lost unseen."""
    if rows >= PAGE_ROWS and "X-Page-Total" not in (response.headers or {}):
        raise MistPermanentError(
            f"The answer of {path} has {rows} rows and no X-Page-Total; "
            "check that nothing between here and Mist removes headers."
        )


def _detail(response: APIResponse) -> str:
    said = response.data.get("detail") if isinstance(response.data, dict) else None
    return f": {said[:200]}" if isinstance(said, str) else ""


def _retry_after(response: APIResponse) -> float | None:
    said = (response.headers or {}).get("Retry-After", "")
    return float(said) if said.isdecimal() else None


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
