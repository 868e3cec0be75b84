"""Serving the dashboard on this machine until Ctrl+C.

Belongs here: the address it listens on, and what a person reads meanwhile.
Keep out: pages (`web`).
"""

import socket
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from rich.console import Console
from starlette.applications import Starlette

from wan_perf.cli.terminal import bold
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.published.reader import open_published
from wan_perf.settings import Settings
from wan_perf.web import Published, build_app


def opened(settings: Settings) -> Callable[[], Published]:
    """What the dashboard of these settings reads.

    Raises:
        UsageError: the warehouse is Snowflake, of which there is no published copy.
    """
    if settings.warehouse != "duckdb":
        raise UsageError(
            "The dashboard reads the published copy of the embedded warehouse; set "
            "WAN_PERF_WAREHOUSE=duckdb, or connect a BI tool to Snowflake."
        )
    return lambda: open_published(settings.published_path)


@contextmanager
def _listener(host: str, port: int) -> Iterator[socket.socket]:
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise WanPerfError(
            f"The dashboard cannot be served on {host} port {port} ({error.strerror}); give "
            "another --port."
        ) from None
    with listening:
        yield listening


def run_dashboard(
    settings: Settings, console: Console, host: str, port: int, *, is_opened: bool
) -> None:
    """Serve until Ctrl+C.

    Raises:
        WanPerfError: the port is taken.
    """
    with _listener(host, port) as listening:
        address = f"http://{host}:{listening.getsockname()[1]}"
        console.print(bold(address))
        console.print("Ctrl+C ends it.")
        if is_opened:
            webbrowser.open(address)
        serve(build_app(opened(settings)), listening)


def serve(app: Starlette, listening: socket.socket) -> None:
    """Answer requests until Ctrl+C."""
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", server_header=False
    )
    uvicorn.Server(config).run(sockets=[listening])
