"""Why a request got no answer, and the advice.

Belongs here: causes in the HTTP library's exceptions: proxy, certificate, name, time, size.
Keep out: answers with a status other than 200 (`responses`), retries (`transport`).
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

from wan_perf.mist.client.answer_limits import AnswerLimits, AnswerTooLargeError, AnswerTooSlowError
from wan_perf.mist.client.errors import (
    MistAnswerError,
    MistPermanentError,
    MistRouteError,
    MistTransientError,
)
from wan_perf.mist.client.network import Route

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
        kind: The error to raise.
        is_final: The same request is not sent again at once.
    """

    reason: str
    advice: str = _LATER
    kind: type[MistPermanentError] | type[MistTransientError] = MistTransientError
    is_final: bool = False


def no_answer(failure: BaseException | None, route: Route, limits: AnswerLimits) -> NoAnswer:
    """The reason and advice for an exception of the HTTP library on this route."""
    causes = list(_causes(failure))
    if isinstance(failure, AnswerTooLargeError):
        return _too_large(limits)
    # The HTTP library wraps it, as it does every failure of a socket.
    if any(isinstance(cause, AnswerTooSlowError) for cause in causes):
        return _too_slow(limits)
    if isinstance(failure, ProxyError):
        return _of_proxy(causes, route)
    if isinstance(failure, SSLError):
        return _of_certificate(causes, route)
    # A name that is not known has no exception of its own in requests.
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return NoAnswer("its name is not known to the network")
    known = (words for kind, words in _REASONS.items() if isinstance(failure, kind))
    return NoAnswer(next(known, "the request could not be sent"))


def _too_large(limits: AnswerLimits) -> NoAnswer:
    return NoAnswer(
        f"it has more than {limits.size_bytes / 1e6:,g} MB after unpacking, the limit of one "
        "answer",
        "set MIST_PAGE_ROWS to fewer rows, and check what answers at this address",
        MistAnswerError,
        is_final=True,
    )


def _too_slow(limits: AnswerLimits) -> NoAnswer:
    return NoAnswer(
        f"it was not whole after {limits.total_s:g} s, the limit of one answer",
        "check the network and the proxy, set MIST_PAGE_ROWS to fewer rows, or try again later",
        is_final=True,
    )


def _of_proxy(causes: list[BaseException], route: Route) -> NoAnswer:
    proxy = f"the proxy {route.proxy_address} of {route.proxy_source}"
    statuses = (_TUNNEL.search(str(cause)) for cause in causes)
    status = next((int(found[1]) for found in statuses if found), None)
    if status == _PROXY_LOGIN_STATUS:
        return _route_error(f"{proxy} returned 407", PROXY_LOGIN)
    if status is None:
        return NoAnswer(f"{proxy} does not answer", f"check {route.proxy_source}, or the network")
    reason = f"{proxy} returned {status}"
    advice = "have the proxy allow this address, or set MIST_PROXY to another one"
    return (
        _route_error(reason, advice) if status < _FIRST_SERVER_ERROR else NoAnswer(reason, advice)
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
    return _route_error(reason, advice or _AUTHORITY)


def _route_error(reason: str, advice: str) -> NoAnswer:
    """The same request fails again until a person changes a setting."""
    return NoAnswer(reason, advice, MistRouteError, is_final=True)


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
