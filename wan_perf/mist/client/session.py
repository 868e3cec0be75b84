"""A session with the Mist Cloud: checks every answer, follows every page, counts every call.

Belongs here: settings of a session, paging.
Keep out: the internals of the SDK (`transport`), decoding of answers (`responses`).
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING

from wan_perf.errors import UsageError
from wan_perf.mist.client.answer_limits import LIMITS, AnswerLimits
from wan_perf.mist.client.errors import MistClockError, MistPermanentError, MistTransientError
from wan_perf.mist.client.network import Route, route_to
from wan_perf.mist.client.pages import (
    OddRow,
    Page,
    decode_page,
    refuse_lost_rows,
    refuse_odd_answer,
    too_many_pages,
)
from wan_perf.mist.client.rejected_rows import NULLS, Rejections
from wan_perf.mist.client.responses import record_of, refuse_failure
from wan_perf.mist.endpoints.catalogue import PAGE_ROWS, Endpoint, Single
from wan_perf.mist.endpoints.instants import http_date
from wan_perf.mist.endpoints.records.values import Row

if TYPE_CHECKING:
    from mistapi import APIResponse

_ADDRESS = re.compile(r"https?://[\w.-]+(:\d+)?(/[\w./-]*)?|https?://\[[\da-fA-F:]+\](:\d+)?/?")

LARGEST_SKEW = timedelta(minutes=5)
"""Difference between two clocks beyond which nothing is collected."""


class MistSession:
    """One organization of the Mist Cloud, as one token sees it.

    Args:
        host: Address of the Mist cloud, such as api.mist.com.
        org_id: The organization.
        token: The API token; it appears in no message, log or representation.
        base_url: Another address that speaks the same API; None for the cloud itself.
        route: Proxy and trusted certificates; None: those that the environment names.
        timeout: Longest wait for a connection and for the next bytes of an answer. [s]
        page_rows: Rows requested in one page.
        limits: How long and large an answer may be, and of how many pages.
        pause: Waits for some seconds before a call without answer is repeated.
        now: The clock of this machine, naive UTC, compared with Mist's in every answer; None where
            time is the simulator's.

    Attributes:
        rejections: Rows and values that were rejected, and why.
        route: Proxy and trusted certificates in use.

    Raises:
        UsageError: A setting is missing or no Mist cloud has this address.
    """

    def __init__(
        self,
        *,
        host: str,
        org_id: str,
        token: str,
        base_url: str | None = None,
        route: Route | None = None,
        timeout: tuple[float, float] = (5, 60),
        page_rows: int = PAGE_ROWS,
        limits: AnswerLimits = LIMITS,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        # Imported here because the SDK is slow to import, and only a session needs it.
        from wan_perf.mist.client import transport

        _check_settings(org_id, token, base_url)
        if base_url is None and host not in transport.HOSTS:
            raise UsageError(
                f"MIST_API_HOST is {host!r}, which is no Mist cloud; "
                f"use one of {', '.join(transport.HOSTS)}; another address of the API, such as "
                "the simulator, belongs in MIST_BASE_URL."
            )
        self._origins = {f"https://{host}", (base_url or "").rstrip("/")} - {""}
        self._address = base_url or host
        self._org_id = org_id
        self._token = token
        self._now = now
        self._page_rows = page_rows
        self._limits = limits
        # With another address the SDK's list of clouds is of no interest, but it insists on one.
        known = host if host in transport.HOSTS else transport.HOSTS[0]
        self.route = route or route_to(base_url or f"https://{host}")
        self._transport = transport.Transport(base_url, self.route, timeout, pause, limits)
        self._sdk = transport.connect(known, token, self._transport)
        self.rejections = Rejections()

    def __repr__(self) -> str:
        """Address and organization, not the token."""
        return f"MistSession({self._address!r}, org_id={self._org_id!r})"

    @property
    def calls(self) -> int:
        """HTTP requests sent so far, answered or not."""
        return self._transport.calls

    @property
    def server_time(self) -> datetime | None:
        """Mist's own time in the newest answer, whatever its status, to the second; naive UTC."""
        return http_date(self._transport.date)

    def rows(
        self, endpoint: Endpoint[Row], site_id: str | None = None, /, **query: str
    ) -> Iterator[Row]:
        """Every row of every page, in the order of the answers.

        Args:
            endpoint: What is called.
            site_id: Whose rows, where the endpoint is a site's.
            query: Parameters of the call beside those of the endpoint.

        Raises:
            MistPermanentError: A call would fail again, or an answer has not the declared shape.
            MistTransientError: A call may succeed later.
        """
        for page in self.pages(endpoint, site_id, **query):
            yield from page

    def pages(
        self, endpoint: Endpoint[Row], site_id: str | None = None, /, **query: str
    ) -> Iterator[list[Row]]:
        """The pages of an endpoint, each checked and decoded on its own as it arrives; see `rows`.

        Raises:
            MistPermanentError: A call would fail again, or an answer has not the declared shape.
            MistTransientError: A call may succeed later, the cursor repeats, or rows are missing.
        """
        read, rejected, odd = 0, Counter[str](), list[OddRow]()
        answers = self._answers(endpoint, site_id or self._org_id, query)
        for number, (page, next_page) in enumerate(answers, 1):
            if next_page and number >= self._limits.pages:
                raise too_many_pages(endpoint.path, number, self._page_rows, self._address)
            read += page.row_count
            rejected += page.rejected
            odd += page.odd
            refuse_lost_rows(endpoint, page, read, next_page)
            yield page.rows
        # Not before the last page: odd rows may be together on one of them, and pages that are
        # requested again would count twice.
        refuse_odd_answer(endpoint.path, read, odd, rejected[NULLS])
        for why, rows in rejected.items():
            self.rejections.note(endpoint.path, why, rows)
        for row in odd:
            self.rejections.note_odd(endpoint.path, row.row, row.values)

    def _answers(
        self, endpoint: Endpoint[Row], whose: str, query: dict[str, str]
    ) -> Iterator[tuple[Page[Row], bool]]:
        """The pages in order, each with whether there is another one."""
        if endpoint.style == "counted":
            yield from self._numbered_pages(endpoint, whose, query)
            return
        followed: set[str] = set()
        response = self.fetch(endpoint, self._first(endpoint, whose, query))
        while True:
            page = decode_page(endpoint, response, self._org_id, self._page_rows)
            yield page, bool(response.next)
            if not response.next or not page.row_count:
                return
            uri = self._checked_path(endpoint.path, response.next)
            if uri in followed:
                raise MistTransientError(
                    f"Mist names the same next page of {endpoint.path} twice; try again later."
                )
            followed.add(uri)
            response = self.fetch(endpoint, partial(self._sdk.mist_get, uri))

    def single(self, endpoint: Single[Row], *place: str, **query: str) -> Row:
        """The one answer of a call; `place` has the ids in its path, in the SDK's order.

        Raises:
            MistPermanentError: The call would fail again, or the answer has not the known shape.
            MistTransientError: The call may succeed later.
        """
        package, _, function = endpoint.function.rpartition(".")
        call = getattr(import_module(f"mistapi.api.v1.{package}"), function)
        response = self.fetch(endpoint, partial(call, self._sdk, *place, **query))
        record, odd = record_of(endpoint, response)
        self.rejections.note_odd(endpoint.path, " ".join(place), odd)
        return record

    def fetch(
        self, endpoint: Endpoint[Row] | Single[Row], call: Callable[[], APIResponse]
    ) -> APIResponse:
        """The answer of one SDK call, with status 200.

        Args:
            endpoint: What is called, for messages.
            call: Makes the call.

        Raises:
            MistPermanentError: The call would fail again.
            MistTransientError: The call may succeed later.
        """
        response = call()
        if response.status_code is None:
            why = self._transport.no_answer
            raise why.kind(
                f"No whole answer from {self._address} for {endpoint.path} ({why.reason}); "
                f"{why.advice}."
            )
        refuse_failure(endpoint, response, self._token)
        self._refuse_skew()
        return response

    def _refuse_skew(self) -> None:
        """Fail before samples are stored under wrong hours."""
        mist_now = self.server_time
        if self._now is None or mist_now is None:
            return
        ahead = self._now() - mist_now
        if abs(ahead) > LARGEST_SKEW:
            way = "ahead of" if ahead > timedelta(0) else "behind"
            raise MistClockError(
                f"This machine's clock is {abs(ahead)} {way} Mist's ({mist_now:%Y-%m-%d %H:%M:%S} "
                "UTC), so samples would be filed under wrong hours; nothing is stored. Correct the "
                "clock (NTP), then run the command again."
            )

    def _numbered_pages(
        self, endpoint: Endpoint[Row], whose: str, query: dict[str, str]
    ) -> Iterator[tuple[Page[Row], bool]]:
        """Pages by their number, until all rows of the total are read.

        A page with fewer rows than requested need not be the last one.
        """
        read = 0
        for number in count(1):
            call = self._first(endpoint, whose, {**query, "page": str(number)})
            page = decode_page(endpoint, self.fetch(endpoint, call), self._org_id, self._page_rows)
            read += page.row_count
            next_page = bool(page.row_count) and read < (page.total or 0)
            yield page, next_page
            if not next_page:
                return

    def _first(
        self, endpoint: Endpoint[Row], whose: str, query: dict[str, str]
    ) -> Callable[[], APIResponse]:
        module, function = endpoint.function.split(".")
        call = getattr(import_module(f"mistapi.api.v1.{endpoint.scope}.{module}"), function)
        arguments = {**endpoint.query, **query, "limit": self._page_rows}
        return partial(call, self._sdk, whose, **arguments)

    def _checked_path(self, path: str, address: str) -> str:
        """The address without scheme and authority; refused if the token must not be sent there."""
        origin, slash, path_and_query = address.partition("/api/")
        is_ours = slash and (not origin or origin in self._origins)
        if not is_ours or ".." in path_and_query.partition("?")[0].split("/"):
            raise MistPermanentError(
                f"Mist names a next page of {path} outside its own API; "
                "check that MIST_API_HOST and MIST_BASE_URL lead to the Mist API."
            )
        return slash + path_and_query


def _check_settings(org_id: str, token: str, base_url: str | None) -> None:
    if not token.strip():
        raise UsageError("MIST_API_TOKEN is empty; set it to a token of the organization.")
    if not token.isascii() or not token.isprintable() or any(c in token for c in " ,"):
        # The HTTP library would put such a value into its message.
        raise UsageError(
            "MIST_API_TOKEN holds blanks, commas or other characters that no token has; "
            "set it to one token."
        )
    if not org_id.strip():
        raise UsageError("MIST_ORG_ID is empty; set it to the organization's id.")
    if not org_id.replace("-", "").isalnum():
        raise UsageError(f"MIST_ORG_ID is {org_id!r}; set it to the organization's id, a UUID.")
    if base_url is not None and not _ADDRESS.fullmatch(base_url):
        # The message does not repeat it: it may contain a user name and a password.
        raise UsageError(
            "MIST_BASE_URL is no address such as http://127.0.0.1:8080; correct or remove it."
        )
