"""Dagster's webserver with a guard in front: other pages of the same browser get nothing from it.

Belongs here: which requests are refused before Dagster sees them.
Keep out: who may log in: that is for a proxy in front.

Dagster's UI has no login and executes mutations for whoever reaches it. On loopback that is every
page that a person's browser opens: by a form or an image on a foreign page, or by a host name that
resolves to 127.0.0.1 (DNS rebinding). The guard passes a request only if its Host is an address of
this server, and, where the browser says so, if the page that sends it is from the same origin.
"""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from dagster_webserver import cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_OWN_PAGES = ("same-origin", "none")
"""Values of Sec-Fetch-Site of the UI itself and of an address that a person typed."""


class Guard:
    """Middleware that answers 403 to what `refusal` refuses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or answer it."""
        if scope["type"] in ("http", "websocket"):
            headers = {name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]}
            query = scope["query_string"].decode("latin-1")
            if why := refusal(headers, scope.get("method", "GET"), scope["path"], query):
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": 1008, "reason": why})
                    return
                await PlainTextResponse(f"{why}\n", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def refusal(headers: Mapping[str, str], method: str, path: str, query: str) -> str | None:
    """Why a request is refused; None where it passes. Names of headers are in lower case.

    >>> refusal({"host": "127.0.0.1:3000"}, "GET", "/", "")
    >>> refusal({"host": "rebound.example:3000"}, "GET", "/", "")
    'Refused: the host rebound.example is not an address of this server.'
    """
    host = headers.get("host", "")
    name = urlsplit(f"//{host}").hostname or ""
    if name not in LOOPBACK:
        return f"Refused: the host {name} is not an address of this server."
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return "Refused: the request comes from a page of another origin."
    is_graphql = path.rstrip("/").endswith("/graphql")
    if is_graphql and headers.get("sec-fetch-site", "none") not in _OWN_PAGES:
        return "Refused: the request comes from a page of another site."
    if is_graphql and method == "GET" and "query" in parse_qs(query):
        return "Refused: GraphQL is answered to POST; a GET could be sent by any page."
    return None


class GuardedWebserver(DagsterWebserver):
    """Dagster's webserver behind the guard."""

    def build_middleware(self) -> list[Middleware]:
        """The guard first."""
        return [Middleware(Guard), *super().build_middleware()]


def main() -> None:
    """Dagster's own command; the application that it creates is the guarded one."""
    from dagster_webserver import app

    app.DagsterWebserver = GuardedWebserver  # type: ignore[misc]
    cli.cli(auto_envvar_prefix="DAGSTER_WEBSERVER")


if __name__ == "__main__":
    main()
