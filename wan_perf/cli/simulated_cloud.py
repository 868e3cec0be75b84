"""A simulated cloud in a process of its own, whose answers take no time of the command's.

Belongs here: serving it there, and where it is.
Keep out: what it answers (`simulator`), the process (`background`).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from multiprocessing.connection import Connection
from typing import NamedTuple

from wan_perf.cli.background import in_background
from wan_perf.simulator import Fleet, serve


class Served(NamedTuple):
    """Where a cloud is served, and who is let in; its clock is read and moved over HTTP."""

    url: str
    token: str
    org_id: str


@contextmanager
def served_apart(fleet: Fleet, now: datetime) -> Iterator[Served]:
    """Serve a fleet's Mist Cloud on 127.0.0.1 for the length of the context, in another process.

    Args:
        fleet: who is there.
        now: where the clock stands at first, naive UTC.

    Raises:
        RuntimeError: the server did not start.
    """
    with in_background(_serve, fleet, now) as connection:
        try:
            found = Served(*connection.recv())
        except EOFError:
            raise RuntimeError("the simulator did not start to listen") from None
        yield found


def _serve(connection: Connection, fleet: Fleet, now: datetime) -> None:
    with serve(fleet, now=now) as cloud:
        connection.send((cloud.url, cloud.token, cloud.org_id))
        with suppress(EOFError, OSError):
            connection.recv()  # until it is closed
