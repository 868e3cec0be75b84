"""The route to an address: through which proxy, and which certificates are trusted on the way.

Belongs here: the variables that every HTTP client follows (HTTPS_PROXY, NO_PROXY,
REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE), the order of these and of our own settings, the
rule for loopback.
Keep out: reading our own settings (`settings`), sending requests (`mist.client.transport`).

Loopback is never reached through a proxy: a proxy of the company has another loopback.
"""

import os
import ssl
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

from wan_perf.errors import UsageError
from wan_perf.mist.client.answer_limits import response_within

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables that name a file of certificate authorities; the first that is set counts."""
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Route:
    """How requests reach an address.

    Attributes:
        proxy: Address of the proxy, with its user name and password; None: no proxy.
        proxy_source: The setting or variable that names the proxy.
        trusted: PEM file, or folder, of the trusted authorities; True: those that Python's requests
            library brings; False: certificates are not verified.
        trusted_source: The setting or variable that says so; empty for the default.
    """

    proxy: str | None = field(default=None, repr=False)
    proxy_source: str = ""
    trusted: str | bool = True
    trusted_source: str = ""

    @property
    def proxy_address(self) -> str:
        """Host and port of the proxy, without user name and password; empty without a proxy."""
        return urlsplit(self.proxy).netloc.rpartition("@")[2] if self.proxy else ""

    @property
    def proxies(self) -> dict[str, str]:
        """The proxy by scheme, as requests and urllib take it."""
        return {"http": self.proxy, "https": self.proxy} if self.proxy else {}

    def opener(self, total_s: float) -> OpenerDirector:
        """An opener of the standard library that takes this route.

        Args:
            total_s: Longest time of an answer; reading it raises AnswerTooSlowError later. [s]
        """
        response = response_within(total_s)
        return build_opener(
            ProxyHandler(self.proxies), _Http(response), _Https(response, self.trusted)
        )


class _Http(HTTPHandler):
    def __init__(self, response: type[HTTPResponse]) -> None:
        super().__init__()
        self._connection: Any = type("Http", (HTTPConnection,), {"response_class": response})

    def http_open(self, request: Request) -> HTTPResponse:
        return self.do_open(self._connection, request)


class _Https(HTTPSHandler):
    def __init__(self, response: type[HTTPResponse], trusted: str | bool) -> None:
        super().__init__()
        self._trusted = trusted
        self._connection: Any = type("Https", (HTTPSConnection,), {"response_class": response})

    def https_open(self, request: Request) -> HTTPResponse:
        # Not before it is needed: the files of the public authorities are slow to read.
        context = ssl.create_default_context()
        if isinstance(self._trusted, str):
            context.load_verify_locations(**_location(Path(self._trusted)))
        elif not self._trusted:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return self.do_open(self._connection, request, context=context)


def route_to(
    url: str, *, proxy: str = "", ca_bundle: Path | None = None, verify: bool = True
) -> Route:
    """The route to an address: our own settings first, then the variables of the environment.

    Args:
        url: The address, with its scheme.
        proxy: MIST_PROXY; it counts for every address but loopback.
        ca_bundle: MIST_CA_BUNDLE.
        verify: MIST_VERIFY.

    Raises:
        UsageError: What names the proxy is no address, or the CA file cannot be used.
    """
    target = urlsplit(url)
    via, via_source = _proxy(url, target, proxy)
    trusted, trusted_source = _verification(target, ca_bundle, verify)
    return Route(via, via_source, trusted, trusted_source)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("api.mist.com")
    (True, True, False)
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def exempt_loopback(environment: MutableMapping[str, str]) -> None:
    """Add loopback to NO_PROXY, where a proxy is set: for this process's libraries and children.

    Dagster's own clients (gRPC, GraphQL) follow the proxy variables also to 127.0.0.1.
    """
    names = {name.lower() for name, value in environment.items() if value}
    if not names.intersection(_PROXY_VARIABLES):
        # On Windows and macOS NO_PROXY alone would hide the system's own proxy settings.
        return
    exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    entries = [entry.strip() for entry in exempt.split(",") if entry.strip()]
    if "*" in entries:
        return
    wanted = ",".join([*entries, *(host for host in _LOOPBACK if host not in entries)])
    environment["no_proxy"] = environment["NO_PROXY"] = wanted


def _proxy(url: str, target: SplitResult, given: str) -> tuple[str | None, str]:
    # The library is slow to import, and --help needs no route.
    from requests.utils import get_environ_proxies, select_proxy

    if is_loopback(target.hostname or ""):
        return None, ""
    if given:
        return _proxy_url(given, "MIST_PROXY"), "MIST_PROXY"
    found = select_proxy(url, get_environ_proxies(url))
    if not found:
        return None, ""
    wanted = (f"{target.scheme}_proxy", "all_proxy")
    names = sorted(n for n, value in os.environ.items() if n.lower() in wanted and value == found)
    source = names[0] if names else "the system's proxy settings"
    return _proxy_url(found, source), source


def _proxy_url(text: str, source: str) -> str:
    """The proxy's address with its scheme; it is not repeated: a password may be in it."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(
            f"{source} is no address of an HTTP proxy such as http://proxy.example.com:8080; "
            "correct or remove it, or set MIST_PROXY."
        )
    return url


def _verification(
    target: SplitResult, ca_bundle: Path | None, verify: bool
) -> tuple[str | bool, str]:
    if not verify:
        return False, "MIST_VERIFY"
    if target.scheme != "https":
        return True, ""
    given = {"MIST_CA_BUNDLE": str(ca_bundle)} if ca_bundle else {}
    given |= {name: os.environ[name] for name in CA_VARIABLES if os.environ.get(name)}
    if not given:
        return True, ""
    source, text = next(iter(given.items()))
    path = Path(text).expanduser()
    if not path.exists():
        raise UsageError(f"{source} is {path}, which does not exist; correct or remove it.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(**_location(path))
    except OSError as error:
        raise UsageError(
            f"{source} is {path}, which is no readable PEM file of certificates "
            f"({error.strerror or error}); correct or remove it."
        ) from None
    return str(path), source


def _location(path: Path) -> dict[str, str]:
    return {"capath" if path.is_dir() else "cafile": str(path)}
