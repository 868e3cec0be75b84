"""What a request must satisfy before a page is made, and the headers of every answer.

Belongs here: hosts, methods, security headers, the login.
Keep out: pages, the access file's form (`access`).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from anyio import sleep, to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wan_perf.web.access import NOBODY, Access, Person, is_password

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
_AFTER_FAILURE_S = 0.5
_MOST_REMEMBERED = 1000
_LONGEST_NAME = 100


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


class Login:
    """Middleware: lets in whom the proxy names, or who has the name and password of the file.

    Who it is stands in the scope as `person` (the name) and `regions` (None is all).
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        self._key = secrets.token_bytes(32)
        self._verified: dict[bytes, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with who sends it, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        named = self._person_from_proxy(headers, (scope.get("client") or ("",))[0])
        if named is None:
            named = await self._with_password(headers.get("authorization", ""))
        if named is None:
            await self._refusal()(scope, receive, send)
            return
        name, person = named
        inner = {**scope, "person": name, "regions": person.seen_regions}
        await self._app(inner, receive, send)

    def _person_from_proxy(self, headers: Headers, client: str) -> tuple[str, Person] | None:
        """Whom the proxy names; a header from any other address counts for nothing."""
        proxy = self._access.proxy
        if proxy is None or client not in proxy.addresses:
            return None
        names = headers.getlist(proxy.header)
        if len(names) != 1 or not names[0].isprintable() or not 0 < len(names[0]) <= _LONGEST_NAME:
            return None
        known = self._access.people.get(names[0])
        if known is None and not proxy.everyone:
            return None
        return names[0], known or Person()

    async def _with_password(self, header: str) -> tuple[str, Person] | None:
        scheme, _, given = header.partition(" ")
        if scheme.lower() != "basic" or not given:
            return None
        mark = hmac.digest(self._key, given.encode(), hashlib.sha256)
        if (name := self._verified.get(mark)) is not None:
            return name, self._access.people[name]
        try:
            name, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        person = self._access.people.get(name, NOBODY)
        stored = person.password or NOBODY.password or ""
        fits = await to_thread.run_sync(is_password, password, stored)
        if not fits or name not in self._access.people:
            await sleep(_AFTER_FAILURE_S)
            return None
        if len(self._verified) >= _MOST_REMEMBERED:
            self._verified.clear()
        self._verified[mark] = name
        return name, person

    def _refusal(self) -> Response:
        if any(person.password for person in self._access.people.values()):
            challenge = {"WWW-Authenticate": 'Basic realm="wan_perf", charset="UTF-8"'}
            return PlainTextResponse("Log in to see the dashboard.\n", 401, headers=challenge)
        return PlainTextResponse("Refused: the proxy names nobody who may see this.\n", 403)
