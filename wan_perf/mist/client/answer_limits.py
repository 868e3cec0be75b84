"""How long an HTTP answer may take, how large it may be, and how many pages make one.

Belongs here: the limits, and the reader that ends an answer at its deadline, for both HTTP
libraries in use: requests (`mist.client.transport`) and the standard library's (`network`).
Keep out: what a person reads when a limit is exceeded (`mist.client.no_answer`).

The time limits of sockets are for the next bytes only: a server that sends one byte every 20 ms
never exceeds them.
"""

import io
import socket
import time
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any


@dataclass(frozen=True)
class AnswerLimits:
    """Limits far beyond what the cloud's answers need: a page of 1,000 rows has a few MB.

    Attributes:
        total_s: From the request to the last byte of its answer. [s]
        size_bytes: Size of an answer after unpacking. [bytes]
        pages: Pages of one list; at 5,000 it takes all the calls that Mist allows in an hour.
    """

    total_s: float = 300
    size_bytes: int = 256_000_000
    pages: int = 5_000


LIMITS = AnswerLimits()


class AnswerTooSlowError(OSError):
    """An answer was not whole at its deadline."""


class AnswerTooLargeError(Exception):
    """An answer is larger than its limit; the rest was not read."""


def response_within(total_s: float) -> type[HTTPResponse]:
    """A kind of HTTP response that is read within so many seconds, header lines included.

    Args:
        total_s: Longest time from the creation of the response, when its request is sent. [s]

    Returns:
        A `response_class` of `http.client.HTTPConnection`, on which both HTTP libraries build;
        reading raises AnswerTooSlowError after the deadline.
    """

    class ResponseWithin(HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            deadline = time.monotonic() + total_s
            self.fp = io.BufferedReader(_UntilDeadline(self.fp.detach(), sock, deadline))

    return ResponseWithin


class _UntilDeadline(io.RawIOBase):
    """The bytes of a socket, until an instant of the monotonic clock."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self._raw = raw
        self._sock = sock
        self._next_bytes_s = sock.gettimeout()
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise AnswerTooSlowError("the answer is not whole at its deadline")
        is_last_wait = self._next_bytes_s is None or left_s < self._next_bytes_s
        self._sock.settimeout(left_s if is_last_wait else self._next_bytes_s)
        try:
            return self._raw.readinto(buffer)
        except TimeoutError:
            if not is_last_wait:
                raise
            raise AnswerTooSlowError("the answer is not whole at its deadline") from None

    def close(self) -> None:
        # The socket counts its readers, and is closed with the last of them.
        self._raw.close()
        super().close()
