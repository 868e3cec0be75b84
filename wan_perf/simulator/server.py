"""The cloud on loopback: a real HTTP server in a thread of the caller's process.

Belongs here: listening, starting and stopping.
Keep out: routes and answers.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import uvicorn

from wan_perf.simulator.application import Cloud, application
from wan_perf.simulator.clock import Budget, Clock
from wan_perf.simulator.fleet import Fleet

DEFAULT_TOKEN = "simulator-token"  # noqa: S105 - opens a simulation on loopback and nothing else
_START_WITHIN_S = 10.0
_STOP_WITHIN_S = 5.0


@contextmanager
def serve(
    fleet: Fleet,
    *,
    now: datetime | None = None,
    token: str = DEFAULT_TOKEN,
    org_id: str | None = None,
    port: int = 0,
    ticking: bool = False,
    hourly_limit: int = 5000,
    hostile: bool = False,
) -> Iterator[Cloud]:
    """Serve a fleet's Mist Cloud on 127.0.0.1 for the length of the context.

    Args:
        fleet: who is there.
        now: where the clock stands at first, naive UTC; by default the fleet's start.
        token: the only token that is let in.
        org_id: another UUID for the organisation; by default the fleet's own.
        port: 0 takes a free one.
        ticking: let the clock run with real time from `now`.
        hourly_limit: calls allowed per virtual hour.
        hostile: every odd value of the real world in 3 % of all rows, see `hostility`.

    Raises:
        OSError: the port is taken.
        RuntimeError: the server did not start.
    """
    known = replace(fleet, org_id=org_id or fleet.org_id)
    clock = Clock(now or fleet.start, ticking=ticking)
    with socket.create_server(("127.0.0.1", port)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        cloud = Cloud(url, token, known.org_id, known, clock, is_hostile=hostile)
        config = uvicorn.Config(
            application(cloud, Budget(hourly_limit)),
            log_config=None,
            access_log=False,
            lifespan="off",
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            _await_start(server, thread)
            yield cloud
        finally:
            server.should_exit = True
            thread.join(_STOP_WITHIN_S)


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the simulator did not start to listen")
        time.sleep(0.005)
