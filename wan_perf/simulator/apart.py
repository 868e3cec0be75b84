"""The cloud in a process of its own, so that its answers take no time of the caller's.

Belongs here: starting and ending that process, however the caller ends.
Keep out: what is served (`server`).
"""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from multiprocessing.connection import Connection
from typing import NamedTuple

from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.server import serve

_STOP_WITHIN_S = 10.0


class Served(NamedTuple):
    """Where a cloud is served, and who is let in; its clock is read and moved over HTTP."""

    url: str
    token: str
    org_id: str


@contextmanager
def serve_apart(fleet: Fleet, *, now: datetime) -> Iterator[Served]:
    """Serve a fleet's Mist Cloud on 127.0.0.1 for the length of the context, in another process.

    Args:
        fleet: who is there.
        now: where the clock stands at first, naive UTC.

    Raises:
        RuntimeError: the server did not start.
    """
    # Spawned on every system: a fork would inherit locks of threads that it does not have.
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_serve, args=(fleet, now, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield _started(ours)
    finally:
        ours.close()
        process.join(_STOP_WITHIN_S)
        process.kill()


def _started(connection: Connection) -> Served:
    try:
        return Served(*connection.recv())
    except EOFError:
        raise RuntimeError("the simulator did not start to listen") from None


def _serve(fleet: Fleet, now: datetime, connection: Connection) -> None:
    """Serve until the other end of the connection is closed, also by a caller that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the caller's, who still requests
    with serve(fleet, now=now) as cloud:
        connection.send((cloud.url, cloud.token, cloud.org_id))
        with suppress(EOFError, OSError):
            connection.recv()
