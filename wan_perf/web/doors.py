"""What a request must satisfy before a page is made, and the headers of every answer.

Belongs here: hosts, methods, security headers.
Keep out: pages.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def refusal(headers: Mapping[str, str], method: str, hosts: frozenset[str]) -> str | None:
    """Why a request is refused; None where it passes.

    A host name that resolves to this server but is none of its own would let another site read the
    pages (DNS rebinding).

    >>> refusal({"host": "127.0.0.1:8050"}, "GET", LOOPBACK)
    >>> refusal({"host": "rebound.example"}, "GET", LOOPBACK)
    'Refused: the host rebound.example is not an address of this dashboard.'
    """
    host = headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = host
    if name not in hosts:
        return f"Refused: the host {name[:100]} is not an address of this dashboard."
    origin = headers.get("origin")
    if method not in ("GET", "HEAD") and origin is not None and urlsplit(origin).netloc != host:
        return "Refused: the request comes from a page of another origin."
    return None


class Guard:
    """Middleware: refuses what `refusal` refuses, and adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        why = refusal(Headers(scope=scope), scope["method"], self._hosts)
        app = PlainTextResponse(f"{why}\n", 403) if why else self._app
        await app(scope, receive, with_headers)
