"""Why a request got no answer, and what a person can do about it.

Belongs here: reading the HTTP library's exceptions: proxy, certificate, name, time.
Keep out: answers with a status other than 200 (`answers`), trying again (`transport`).
"""

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from requests.exceptions import (
    ChunkedEncodingError,
    ConnectionError,
    ConnectTimeout,
    ProxyError,
    ReadTimeout,
    SSLError,
)
from urllib3.exceptions import NameResolutionError

from wan_perf.network import Route

PROXY_LOGIN = (
    "the proxy wants a user name and a password; give them as "
    "MIST_PROXY=http://USER:PASSWORD@HOST:PORT"
)
_LATER = "check the network, or try again later"
_REASONS = {
    ConnectTimeout: "no connection in time",
    ReadTimeout: "no bytes arrived in time",
    ConnectionError: "the connection was refused or cut",
    ChunkedEncodingError: "the answer was cut short",
}
"""From the narrow kind to the wide one."""
_TUNNEL = re.compile(r"Tunnel connection failed: (\d+)")
_PROXY_LOGIN_STATUS = 407
_FIRST_SERVER_ERROR = 500
_NOT_YET_VALID, _EXPIRED, _OTHER_NAME = 9, 10, 62
"""OpenSSL's codes of verification, X509_V_ERR_*."""
_AUTHORITY = (
    "where a company's proxy or own authority signs certificates, set MIST_CA_BUNDLE to the PEM "
    "file of that authority"
)
_CERTIFICATE_ADVICE = {
    _NOT_YET_VALID: "check this machine's clock",
    _EXPIRED: "check this machine's clock, or have the certificate renewed",
    _OTHER_NAME: "correct MIST_API_HOST or MIST_BASE_URL",
}


@dataclass(frozen=True)
class NoAnswer:
    """Why there is no answer.

    Attributes:
        reason: In a few words.
        advice: What to do, as the end of a sentence.
        is_permanent: The same request fails again until a person changes something.
    """

    reason: str
    advice: str = _LATER
    is_permanent: bool = False


def no_answer(failure: BaseException | None, route: Route) -> NoAnswer:
    """What an exception of the HTTP library says about a request that took this route."""
    causes = list(_causes(failure))
    if isinstance(failure, ProxyError):
        return _of_proxy(causes, route)
    if isinstance(failure, SSLError):
        return _of_certificate(causes, route)
    # A name that is not known has no exception of its own in requests.
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return NoAnswer("its name is not known to the network")
    known = (words for kind, words in _REASONS.items() if isinstance(failure, kind))
    return NoAnswer(next(known, "the request could not be sent"))


def _of_proxy(causes: list[BaseException], route: Route) -> NoAnswer:
    proxy = f"the proxy {route.proxy_address} of {route.proxy_source}"
    statuses = (_TUNNEL.search(str(cause)) for cause in causes)
    status = next((int(found[1]) for found in statuses if found), None)
    if status == _PROXY_LOGIN_STATUS:
        return NoAnswer(f"{proxy} returned 407", PROXY_LOGIN, is_permanent=True)
    if status is None:
        return NoAnswer(f"{proxy} does not answer", f"check {route.proxy_source}, or the network")
    return NoAnswer(
        f"{proxy} returned {status}",
        "have the proxy allow this address, or set MIST_PROXY to another one",
        is_permanent=status < _FIRST_SERVER_ERROR,
    )


def _of_certificate(causes: list[BaseException], route: Route) -> NoAnswer:
    unverified = (c for c in causes if isinstance(c, ssl.SSLCertVerificationError))
    error = next(unverified, None)
    if error is None:
        return NoAnswer(
            "no TLS connection could be made",
            "check that MIST_BASE_URL and the proxy are of the right scheme, http or https",
        )
    advice = _CERTIFICATE_ADVICE.get(error.verify_code)
    if advice is None and route.trusted_source:
        advice = f"add the authority that signs it to the file of {route.trusted_source}"
    reason = f"its certificate is not trusted: {error.verify_message.rstrip('.')}"
    return NoAnswer(reason, advice or _AUTHORITY, is_permanent=True)


def _causes(error: object) -> Iterator[BaseException]:
    """The exception and all that it wraps, whichever way the libraries wrap it."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
