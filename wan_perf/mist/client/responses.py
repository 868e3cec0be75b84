"""Decoding of responses of the Mist Cloud: the content, or why there is none.

Belongs here: which status is a permanent and which a transient failure; decoding of JSON.
Keep out: calls (`session`), which rows of a page count (`pages`).
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import msgspec

from wan_perf.mist.client.errors import (
    HourUsedUpError,
    MistAnswerError,
    MistPermanentError,
    MistRejectedError,
    MistTransientError,
    MistUnknownError,
)
from wan_perf.mist.client.no_answer import PROXY_LOGIN
from wan_perf.mist.client.odd_values import OddValue, UnreadableError, answer_without_odd_values
from wan_perf.mist.endpoints.catalogue import Endpoint, Single
from wan_perf.mist.endpoints.records.values import Row

if TYPE_CHECKING:
    from mistapi import APIResponse

_STATUS_OK = 200
_REJECTED = 400
_NOT_FOUND = 404
_TOO_MANY = 429
_FIRST_SERVER_ERROR = 500
_LONGEST_WAIT_S = 3600.0
"""Calls are counted by the hour, so no wait is longer, whatever Retry-After says."""
_REFUSALS = {
    401: "Mist refused the token; set MIST_API_TOKEN to a valid one",
    403: "the token has no right to read this; give it at least the observer role, "
    "or correct MIST_ORG_ID",
    407: PROXY_LOGIN,
}
_PASSING = {408: "Mist waited too long for the request", 429: "the hour's calls are used up"}
_NEW_SHAPE = "the Mist API may have changed: look for a newer wan_perf"


def refuse_failure(
    endpoint: Endpoint[Row] | Single[Row], response: APIResponse, token: str
) -> None:
    """Refuse every status but 200.

    Args:
        endpoint: What was called, for messages.
        response: The answer.
        token: Removed from the error detail, which may repeat it.

    Raises:
        MistPermanentError: The call would fail again; MistUnknownError: by 404,
            MistRejectedError: by 400.
        MistTransientError: The call may succeed later; HourUsedUpError not within this hour.
    """
    status = response.status_code
    if status == _STATUS_OK:
        return
    where = f"({endpoint.path}, status {status})"
    if status in _PASSING or status >= _FIRST_SERVER_ERROR:
        what = _PASSING.get(status, "Mist failed")
        wait = _retry_after(response)
        when = f"in {wait:g} s" if wait is not None else "later"
        kind = HourUsedUpError if status == _TOO_MANY else MistTransientError
        raise kind(f"{_capital(what)} {where}; try again {when}.", wait)
    if status == _NOT_FOUND:
        raise MistUnknownError(f"{_capital(endpoint.unknown)} {where}.")
    detail = _detail(response).replace(token, "***")
    what = _REFUSALS.get(status) or f"Mist does not accept the request{detail}; {_NEW_SHAPE}"
    refused = MistRejectedError if status == _REJECTED else MistPermanentError
    raise refused(f"{_capital(what)} {where}.")


def decode_as(shape: Any, path: str, response: APIResponse) -> Any:
    """The whole answer as a value of that shape; invalid Unicode characters are replaced.

    Raises:
        MistAnswerError: The answer has not that shape.
        MistTransientError: The answer is not whole JSON.
    """
    try:
        try:
            return msgspec.json.decode(response.raw_data, type=shape)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            return msgspec.convert(parse_json(response.raw_data), shape)
    except msgspec.ValidationError as error:
        raise unknown_shape(path, str(error)) from None
    except ValueError:
        raise MistTransientError(_no_json(path, response)) from None


def record_of(endpoint: Single[Row], response: APIResponse) -> tuple[Row, list[OddValue]]:
    """An answer that is one record, and the odd values among its series.

    Raises:
        MistAnswerError: The answer has not the declared shape.
        MistTransientError: The answer is not whole JSON.
    """
    try:
        return decode_as(endpoint.shape, endpoint.path, response), []
    except MistAnswerError as error:
        try:
            return answer_without_odd_values(parse_json(response.raw_data), endpoint.shape)
        except UnreadableError:
            raise error from None


def parse_json(text: str) -> Any:
    """JSON as plain values, where the strict decoder refuses characters or numbers in it.

    Halves of surrogate pairs become question marks, NaN is null, and a number beyond any float
    stays text: an odd value like others.

    Raises:
        ValueError: The text is not whole JSON.
    """
    value = json.loads(text, parse_constant=lambda _: None, parse_float=_finite_or_text)
    return msgspec.json.decode(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _finite_or_text(number: str) -> float | str:
    value = float(number)
    return value if math.isfinite(value) else number


def unknown_shape(path: str, why: str) -> MistAnswerError:
    """The error for an answer of another shape than this API's."""
    return MistAnswerError(f"The answer of {path} has not the known shape: {why}; {_NEW_SHAPE}.")


def _no_json(path: str, response: APIResponse) -> str:
    kind = (response.headers or {}).get("Content-Type", "").partition(";")[0].strip()
    if kind.endswith("json") or not kind:
        return f"The answer of {path} is not whole JSON; try again later."
    return (
        f"The answer of {path} is {kind[:40]!r} and not JSON, as of a proxy or a sign-in page; "
        "check that MIST_API_HOST and MIST_BASE_URL lead to the Mist API, or try again later."
    )


def _detail(response: APIResponse) -> str:
    detail = response.data.get("detail") if isinstance(response.data, dict) else None
    return f": {detail[:200]}" if isinstance(detail, str) else ""


def _retry_after(response: APIResponse) -> float | None:
    seconds = (response.headers or {}).get("Retry-After", "")
    return min(float(seconds), _LONGEST_WAIT_S) if seconds.isdecimal() else None


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
