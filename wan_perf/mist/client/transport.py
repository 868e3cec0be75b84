"""The Mist SDK's session, adapted to a service: address, time limits, retries, no logging.

Belongs here: everything that reaches into the SDK (mistapi 0.64) and its HTTP library; which calls
are repeated at once after a brief failure; reading an answer within its limits.
Keep out: what an answer means (`session`). Imported only when a session is made: the SDK is slow.
"""

import logging
import threading
import warnings
from collections.abc import Callable
from typing import Any

import mistapi
import requests
from mistapi.__api_session import CLOUDS
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import InsecureRequestWarning

from wan_perf.mist.client.answer_limits import AnswerLimits, AnswerTooLargeError, response_within
from wan_perf.mist.client.network import Route
from wan_perf.mist.client.no_answer import NoAnswer, no_answer

HOSTS = tuple(sorted(cloud["host"] for cloud in CLOUDS))
"""Addresses of the Mist clouds that the SDK accepts."""

_SILENT = 1000
"""Above CRITICAL: the SDK logs addresses, and a traceback with them, at ERROR."""

PAUSES_S = (1.0, 4.0)
"""Before the first and second retry: an answer lost on page 37 must not cost the other 36."""
_LONGEST_PAUSE_S = 5.0
"""After a longer Retry-After there is no retry: the next poll is due in five minutes."""
_BRIEF_FAILURES = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
)
_CHUNK_BYTES = 256 * 1024
"""Unpacked at a time, so that little is unpacked beyond the limit of an answer."""
_TOO_MANY = 429
_WAITED_TOO_LONG = 408
_FIRST_SERVER_ERROR = 500


class Transport(HTTPAdapter):
    """Sends the SDK's requests: to another address if wanted, always with a time limit.

    Every call of the API only reads, so one without a proper answer is made again after a pause, up
    to twice; each attempt counts.

    The SDK hides every exception and shows only that there was no answer, so the reason is stored
    here, one for each thread. The body is read here, so that a truncated one is retried too.
    """

    def __init__(
        self,
        base_url: str | None,
        route: Route,
        timeout: tuple[float, float],
        pause: Callable[[float], None],
        limits: AnswerLimits,
    ) -> None:
        super().__init__(pool_maxsize=16)
        self._route = route
        self._pause = pause
        self._base_url = base_url.rstrip("/") if base_url else None
        self._timeout = timeout
        self._limits = limits
        within = {"response_class": response_within(limits.total_s)}
        self._connections: dict[str | None, Any] = {
            "http": type("Http", (HTTPConnection,), within),
            "https": type("Https", (HTTPSConnection,), within),
        }
        self._calls_lock = threading.Lock()
        self._this_thread = threading.local()
        self.calls = 0
        self.date: str | None = None

    @property
    def no_answer(self) -> NoAnswer:
        """Why this thread's last request got no answer."""
        failure = getattr(self._this_thread, "failure", None)
        return no_answer(failure, self._route, self._limits)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The connections to an address, by whatever route, of the kind that has a deadline."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = self._connections[pool.scheme]
        return pool

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        """Send one request, again if need be, and read its whole answer.

        Raises:
            requests.RequestException: No whole answer came; `no_answer` says why.
            AnswerTooLargeError: The answer exceeds its limit.
        """
        if self._base_url:
            request.url = self._base_url + request.path_url
        kwargs["timeout"] = self._timeout
        kwargs["proxies"], kwargs["verify"] = self._route.proxies, self._route.trusted
        for usual_s in PAUSES_S:
            pause_s: float | None = usual_s
            try:
                response = self._send_once(request, *args, **kwargs)
            except _BRIEF_FAILURES as error:
                is_ssl = isinstance(error, requests.exceptions.SSLError)
                if is_ssl or self.no_answer.is_final:
                    raise
            else:
                pause_s = _pause_before_retry(response, usual_s)
            if pause_s is None:
                return response
            self._pause(pause_s)
        return self._send_once(request, *args, **kwargs)

    def _send_once(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        with self._calls_lock:
            self.calls += 1
        self._this_thread.failure = None
        try:
            response = super().send(request, *args, **kwargs)
            self._read(response)
        except (requests.RequestException, AnswerTooLargeError) as error:
            self._this_thread.failure = error
            raise
        self.date = response.headers.get("Date")
        # JSON is UTF-8. Where no header says so, the HTTP library would guess it from the letters.
        response.encoding = "utf-8"
        # The API never redirects. A redirect would lead to an address outside the settings.
        response.headers.pop("location", None)
        return response

    def _read(self, response: requests.Response) -> None:
        """Read the body as `response.content` does, and no further than the limit."""
        chunks, size = [], 0
        for chunk in response.iter_content(_CHUNK_BYTES):
            size += len(chunk)
            if size > self._limits.size_bytes:
                response.close()
                raise AnswerTooLargeError
            chunks.append(chunk)
        response._content = b"".join(chunks)


def _pause_before_retry(response: requests.Response, otherwise_s: float) -> float | None:
    """How long to wait before the call is repeated; None if it is not. [s]

    It is not repeated when the hour's calls are used up, unless Retry-After is short.
    """
    status = response.status_code
    if status not in (_TOO_MANY, _WAITED_TOO_LONG) and status < _FIRST_SERVER_ERROR:
        return None
    seconds = response.headers.get("Retry-After", "")
    if not seconds.isdecimal():
        return None if status == _TOO_MANY else otherwise_s
    return float(seconds) if float(seconds) <= _LONGEST_PAUSE_S else None


class _Session(mistapi.APISession):
    def _load_env(self, env_file: str | None = None) -> None:
        """Read nothing: settings come from one place, and a token found there would be sent."""


def connect(host: str, token: str, transport: Transport) -> mistapi.APISession:
    """An SDK session over the transport; it makes no call until one is requested."""
    session = _Session(
        host=host, console_log_level=0, logging_log_level=_SILENT, show_cli_notif=False
    )
    session.set_api_token(token, validate=False)
    # The HTTP library writes every address at DEBUG, some at WARNING.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    # The SDK would sleep in our thread for as long as Retry-After says, an hour at most.
    session._MAX_429_RETRIES = 0
    # Reported once for each session, by whoever opens it, and not with every request.
    warnings.filterwarnings("ignore", category=InsecureRequestWarning)
    http = session._session
    # A ~/.netrc entry would replace the token. Proxies and certificates: see `Route`.
    http.trust_env = False
    http.mount("https://", transport)
    return session
