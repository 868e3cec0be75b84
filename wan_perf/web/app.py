"""The application: which address shows which page, and what every answer carries.

Belongs here: routes, caching by the version of the data, error pages, security headers.
Keep out: what a page shows (`pages`), who may come in (`doors`).
"""

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from wan_perf.errors import WanPerfError
from wan_perf.published.errors import NoCopyError
from wan_perf.web.access import Access
from wan_perf.web.data import Data, Published
from wan_perf.web.doors import LOOPBACK, Guard, Login
from wan_perf.web.files import MOST_EXCEL_ROWS, as_csv, as_excel
from wan_perf.web.pages.circuit import circuit_page, hour_page
from wan_perf.web.pages.grid import grid_page, question
from wan_perf.web.pages.now import now_page
from wan_perf.web.pages.overview import overview_page, overview_pdf
from wan_perf.web.pages.region import region_page, regions_page
from wan_perf.web.pages.search import search_page
from wan_perf.web.pages.site import site_page
from wan_perf.web.pages.sle import sle_page
from wan_perf.web.pages.why import why_page
from wan_perf.web.printing import NoBrowserError, PrintingError
from wan_perf.web.query import BadAddressError, NotFoundError
from wan_perf.web.questions.grid import ListRequest, count
from wan_perf.web.questions.trust import Trust, trust
from wan_perf.web.rendering import File, Page, environment, page, static_file
from wan_perf.web.visit import Visit

Build = Callable[[Visit], Page]
Open = Callable[[], Published]
_PAGES_IN_MEMORY = 256
_STATIC = {
    "app.css": "text/css",
    "app.js": "text/javascript",
}
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_THEMES = ("dark", "light")
_LOG = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The present instant, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


class Pages:
    """Pages by the state of the data that they were made from: ten screens cost one."""

    def __init__(
        self, opened: Open, clock: Callable[[], datetime] = utc_now, dagster: str = ""
    ) -> None:
        self._opened = opened
        self._dagster = dagster
        self._clock = clock
        self._made: OrderedDict[str, Page] = OrderedDict()
        self._making: dict[str, threading.Lock] = {}
        self._trusted: dict[tuple[str, frozenset[str] | None], Trust] = {}
        self._trusting = threading.Lock()
        self._lock = threading.Lock()

    def endpoint(self, build: Build) -> Callable[[Request], Response]:
        """The handler of a page."""

        def answer(request: Request) -> Response:
            visit = self.visit(request)
            mark = self._mark(visit, request)
            headers = {"ETag": mark, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
            if request.headers.get("if-none-match") == mark:
                return Response(status_code=304, headers=headers)
            made = self._page(mark, build, visit)
            if isinstance(made, File):
                headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
                return Response(made.content, media_type=made.kind, headers=headers)
            return HTMLResponse(made, headers=headers)

        return answer

    def file(
        self, written: Callable[[Data, ListRequest], Iterator[bytes]], kind: str
    ) -> Callable[[Request], Response]:
        """The handler of a list as a file: all rows of the filter."""

        def answer(request: Request) -> Response:
            visit = self.visit(request)
            wanted = question(visit, request.path_params["name"])
            if kind == _EXCEL and count(visit.data, wanted) > MOST_EXCEL_ROWS:
                raise BadAddressError(
                    f"An Excel sheet holds {MOST_EXCEL_ROWS:,} rows and the filter leaves more; "
                    "take the CSV, or filter further."
                )
            name = request.url.path.rpartition("/")[2]
            headers = {"Content-Disposition": f'attachment; filename="wan-perf-{name}"'}
            return StreamingResponse(written(visit.data, wanted), media_type=kind, headers=headers)

        return answer

    def visit(self, request: Request) -> Visit:
        """The request as pages see it."""
        theme = request.cookies.get("theme", "")
        data = Data(self._opened(), request.scope.get("regions"))
        now = self._clock()
        return Visit(
            data=data,
            trust=self._trust(data),
            path=request.scope.get("raw_path", b"/").decode("ascii", "replace").partition("?")[0],
            given=_query_values(request),
            named=request.path_params,
            now=now,
            running=data.published.running(now),
            theme=theme if theme in _THEMES else "",
            person=request.scope.get("person", ""),
            origin=f"{request.url.scheme}://{request.url.netloc}",
            dagster=self._dagster,
        )

    def _trust(self, data: Data) -> Trust:
        """The state of the data, read once for a version and what a person may see of it."""
        key = (data.published.version, data.regions)
        with self._trusting:
            if (known := self._trusted.get(key)) is None:
                if len(self._trusted) >= _PAGES_IN_MEMORY:
                    self._trusted.clear()
                known = self._trusted[key] = trust(data)
        return known

    def _mark(self, visit: Visit, request: Request) -> str:
        """What the page depends on: data, address, theme, runs, whether the data is late."""
        parts = (
            visit.data.published.version,
            str(request.url.query),
            visit.path,
            visit.theme,
            str(visit.trust.is_late(visit.now)),
            *(run.run_id for run in visit.running),
            visit.person,
            visit.origin,
            "all" if visit.data.regions is None else repr(sorted(visit.data.regions)),
        )
        return f'"{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:24]}"'

    def _page(self, mark: str, build: Build, visit: Visit) -> Page:
        """The page of a mark; concurrent requests for it wait while it is made."""
        with self._lock:
            making = self._making.setdefault(mark, threading.Lock())
        with making:
            with self._lock:
                if (made := self._made.get(mark)) is not None:
                    self._made.move_to_end(mark)
                    return made
            try:
                text = page("empty.html", visit) if visit.trust.is_empty else build(visit)
            finally:
                with self._lock:
                    self._making.pop(mark, None)
            with self._lock:
                self._made[mark] = text
                while len(self._made) > _PAGES_IN_MEMORY:
                    self._made.popitem(last=False)
        return text


def build_app(
    opened: Open,
    *,
    hosts: frozenset[str] = LOOPBACK,
    access: Access | None = None,
    clock: Callable[[], datetime] = utc_now,
    dagster: str = "",
) -> Starlette:
    """The dashboard over what `opened` returns, for requests to the named hosts.

    With `access` only those whom it lets in see it, and of their regions only. `dagster` is the
    address of Dagster's UI, to which pages link; empty: no links.
    """
    pages = Pages(opened, clock, dagster)
    routes = [
        Route("/", pages.endpoint(now_page)),
        Route("/overview", pages.endpoint(overview_page)),
        Route("/overview.pdf", pages.endpoint(overview_pdf)),
        Route("/regions", pages.endpoint(regions_page)),
        Route("/region/{name}", pages.endpoint(region_page)),
        Route("/site/{id}", pages.endpoint(site_page)),
        Route("/circuit/{id:path}/hour/{hour}", pages.endpoint(hour_page)),
        Route("/circuit/{id:path}", pages.endpoint(circuit_page)),
        Route("/sle", pages.endpoint(sle_page)),
        Route("/why/{table}/{column}", pages.endpoint(why_page)),
        Route("/search", pages.endpoint(search_page)),
        Route("/grid", _to_circuits),
        Route("/grid/{name}.csv", pages.file(as_csv, "text/csv; charset=utf-8")),
        Route("/grid/{name}.xlsx", pages.file(as_excel, _EXCEL)),
        Route("/grid/{name}", pages.endpoint(grid_page)),
        Route("/static/{name}", _static),
    ]
    failures: dict[type[Exception] | int, Callable[[Request, Exception], Response]] = {
        BadAddressError: lambda r, e: _error_page(r, 400, "The address cannot be shown", str(e)),
        NotFoundError: lambda r, e: _error_page(r, 404, "Not found", str(e)),
        NoCopyError: _nothing_yet,
        NoBrowserError: lambda r, e: _error_page(r, 503, "The PDF cannot be made", str(e)),
        PrintingError: lambda r, e: _error_page(r, 503, "The PDF cannot be made", str(e)),
        WanPerfError: lambda r, e: _error_page(r, 503, "The data cannot be read", str(e)),
        HTTPException: _http_failure,
        Exception: _unexpected_error,
    }
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(Guard, hosts=hosts | frozenset(access.hosts if access else ())),
            *([Middleware(Login, access=access)] if access else []),
            Middleware(GZipMiddleware, minimum_size=800, compresslevel=5),
        ],
        exception_handlers=failures,
    )


def _query_values(request: Request) -> dict[str, str]:
    """The query of the address; a name that stands several times has its values with commas."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        given[name] = f"{given[name]},{value}" if name in given else value
    return given


def _to_circuits(request: Request) -> Response:
    return RedirectResponse(request.url.replace(path="/grid/circuits"), 307)


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _STATIC:
        raise HTTPException(404)
    headers = {"Cache-Control": "public, max-age=300"}
    return Response(static_file(name), media_type=_STATIC[name], headers=headers)


def _error_page(request: Request, status: int, title: str, sentence: str) -> Response:
    text = (
        environment()
        .get_template("error.html")
        .render(
            title=title, sentence=sentence, status=status, theme=request.cookies.get("theme", "")
        )
    )
    return HTMLResponse(text, status)


def _nothing_yet(request: Request, error: Exception) -> Response:
    """The first page of a new home; it reloads automatically."""
    text = (
        environment()
        .get_template("nothing.html")
        .render(sentence=str(error), theme=request.cookies.get("theme", ""))
    )
    return HTMLResponse(text)


def _http_failure(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    sentence = {
        404: f"There is no page at {request.url.path[:200]}.",
        405: "The dashboard only shows: it answers to GET.",
    }.get(status, "The request cannot be answered.")
    return _error_page(request, status, "Not found" if status == 404 else "Not possible", sentence)


def _unexpected_error(request: Request, error: Exception) -> Response:
    _LOG.error("%s failed", request.url.path, exc_info=error)
    sentence = "The page could not be made; the reason is in the log of wan-perf dashboard."
    return _error_page(request, 500, "This page failed", sentence)
