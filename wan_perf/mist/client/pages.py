"""One page of rows: which of them are valid, and whether rows are missing.

Belongs here: rows of other organizations, rows of nulls, rows with odd values and how many of them
are too many, pages that end before the total of their rows.
Keep out: following pages (`session`), which values are odd (`odd_values`), what the rows mean
(`mist.endpoints.port_samples`, `inventory.snapshot`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic

import msgspec

from wan_perf.mist.client.errors import MistAnswerError, MistPermanentError, MistTransientError
from wan_perf.mist.client.odd_values import OddValue, identity, is_too_many, row_without_odd_values
from wan_perf.mist.client.rejected_rows import FOREIGN, NULLS
from wan_perf.mist.client.responses import decode_as, parse_json, unknown_shape
from wan_perf.mist.endpoints.catalogue import PAGE_ROWS, Endpoint
from wan_perf.mist.endpoints.records.values import CountedPage, Row, SearchPage

if TYPE_CHECKING:
    from mistapi import APIResponse


class _Origin(msgspec.Struct):
    """The organization of a row, if it has one."""

    org_id: Any = None


@dataclass(frozen=True)
class OddRow:
    """A row with odd values, and what identifies it to a person."""

    row: str
    values: list[OddValue]


@dataclass(frozen=True)
class Page(Generic[Row]):
    """The valid rows of a page.

    Attributes:
        row_count: Rows of the page, including the rejected ones.
        total: Rows of all pages, if the answer names it.
        rejected: Rejected rows by reason, without those with an odd key.
        odd: Rows with odd values, including those rejected for an odd key.
    """

    rows: list[Row]
    row_count: int
    total: int | None = None
    rejected: Counter[str] = field(default_factory=Counter)
    odd: list[OddRow] = field(default_factory=list)


def decode_page(
    endpoint: Endpoint[Row], response: APIResponse, org_id: str, page_rows: int = PAGE_ROWS
) -> Page[Row]:
    """The rows of one page that are of this organization and not all null.

    The text is decoded, not the SDK's data: the SDK turns broken JSON into an empty object.

    Raises:
        MistPermanentError: The answer has not the declared shape, or no valid row, or may have
            more rows.
        MistTransientError: The answer is not whole JSON.
    """
    # Nearly every page is valid, so the whole page is tried first, at a tenth of the cost.
    failure = None
    try:
        page: Page[Row] = _page_as(endpoint, endpoint.row, response)
    except MistPermanentError as error:
        failure = error
    if failure or _has_foreign_rows(endpoint, response, org_id):
        page = _row_by_row(endpoint, response, org_id, failure)
    if endpoint.style == "list":
        _refuse_open_end(endpoint.path, page.row_count, response, page_rows)
    return page


def refuse_lost_rows(endpoint: Endpoint[Row], page: Page[Row], read: int, next_page: bool) -> None:
    """Refuse pages that end before the total of rows that Mist names.

    The total of a search changes while its pages are read, so a search is refused only where rows
    are certainly missing: an empty page that names a next one, or an empty first page.

    Args:
        endpoint: What was called.
        page: The newest page.
        read: Rows read so far, including this page's.
        next_page: Whether the answer names another one.

    Raises:
        MistTransientError: Rows are missing; a later call may have them.
    """
    if page.total is None or read >= page.total or (page.row_count and next_page):
        return
    if endpoint.style != "search" or next_page or not read:
        raise MistTransientError(
            f"Mist says that {endpoint.path} has {page.total:,} rows and gives {read:,}; "
            "try again later."
        )


def _page_as(endpoint: Endpoint[Row], row: Any, response: APIResponse) -> Page[Any]:
    """The page with its rows read as some type."""
    if endpoint.style != "list":
        shape: Any = SearchPage if endpoint.style == "search" else CountedPage
        page = decode_as(shape[row], endpoint.path, response)
        return Page(page.results, len(page.results), page.total)
    rows = decode_as(list[row], endpoint.path, response)
    total = (response.headers or {}).get("X-Page-Total", "")
    return Page(rows, len(rows), int(total) if total.isdecimal() else None)


def _has_foreign_rows(endpoint: Endpoint[Row], response: APIResponse, org_id: str) -> bool:
    rows: list[_Origin] = _page_as(endpoint, _Origin, response).rows
    return any(_is_foreign(row.org_id, org_id) for row in rows)


def _is_foreign(owner: object, org_id: str) -> bool:
    return isinstance(owner, str) and owner.lower() != org_id.lower()


def _row_by_row(
    endpoint: Endpoint[Row], response: APIResponse, org_id: str, failure: MistPermanentError | None
) -> Page[Row]:
    """The valid rows of a page, decoded one by one; `failure` is the error of the whole page.

    Raises:
        MistPermanentError: No row is valid.
    """
    page = _page_as(endpoint, msgspec.Raw, response)
    found: Page[Row] = Page([], page.row_count, page.total)
    for raw in page.rows:
        row = _plain_value(raw)
        why = _rejection(row, org_id)
        if why:
            found.rejected[why] += 1
            continue
        record, odd = _record(endpoint, raw, row)
        if odd:
            found.odd.append(OddRow(identity(row, endpoint.row), odd))
        if record is not None:
            found.rows.append(record)
    if not found.rows:
        raise failure or MistPermanentError(
            f"Every row of {endpoint.path} is of another organization; correct MIST_ORG_ID."
        )
    return found


def _plain_value(raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except ValueError:  # a number or character that the strict decoder refuses
        return parse_json(bytes(raw).decode())


def _record(endpoint: Endpoint[Row], raw: msgspec.Raw, row: Any) -> tuple[Any, list[OddValue]]:
    try:
        return msgspec.json.decode(raw, type=endpoint.row), []
    except ValueError:
        return row_without_odd_values(row, endpoint.row)


def refuse_odd_answer(path: str, rows: int, odd: list[OddRow], nulls: int) -> None:
    """Refuse an answer of which too many rows have values of another kind; see `odd_values`.

    A number outside its bounds and a variable do not count: the API's description allows them, and
    a fleet of virtual gateways, or a template generator, writes them everywhere.

    Args:
        path: Endpoint of the answer.
        rows: Rows of all its pages.
        odd: Those with odd values.
        nulls: Those of which every value is null.

    Raises:
        MistAnswerError: There are too many.
    """
    wrong = [value for row in odd for value in row.values if value.reason == "kind"]
    count = sum(any(value.reason == "kind" for value in row.values) for row in odd)
    if is_too_many(count + nulls, rows):
        example = f", such as {wrong[0].place} = {wrong[0].value}" if wrong else ""
        raise unknown_shape(
            path, f"{count + nulls:,} of {rows:,} rows have values of another kind{example}"
        )


def too_many_pages(path: str, pages: int, page_rows: int, address: str) -> MistAnswerError:
    """The error for a list with more pages than allowed."""
    return MistAnswerError(
        f"{address} names more than {pages:,} pages of {path}, the limit of one list, and none of "
        f"its rows is stored; check what answers at this address, or set MIST_PAGE_ROWS (now "
        f"{page_rows:,}) to more rows."
    )


def _rejection(row: Any, org_id: str) -> str | None:
    """Why a row is rejected; None if it is not."""
    if not isinstance(row, dict):
        return NULLS if row is None else None
    if _is_foreign(row.get("org_id"), org_id):
        return FOREIGN
    return NULLS if all(value is None for value in row.values()) else None


def _refuse_open_end(path: str, rows: int, response: APIResponse, page_rows: int) -> None:
    """Refuse a full page without a total: the rest could be lost unnoticed."""
    if rows >= page_rows and "X-Page-Total" not in (response.headers or {}):
        raise MistPermanentError(
            f"The answer of {path} has {rows} rows and no X-Page-Total; "
            "check that nothing between here and Mist removes headers."
        )
