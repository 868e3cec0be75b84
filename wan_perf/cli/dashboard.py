"""Serving the dashboard on this machine until Ctrl+C.

Belongs here: the address it listens on, and what a person reads meanwhile.
Keep out: pages (`web`).
"""

import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from rich.console import Console
from starlette.applications import Starlette

from wan_perf.cli.terminal import bold
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.published.reader import open_published
from wan_perf.settings import Settings
from wan_perf.web import Published, build_app
from wan_perf.web.access import Access, read_access
from wan_perf.web.doors import LOOPBACK

_PORT = 8050
"""The usual one, of a dashboard that another command serves."""
_STOP_WITHIN_S = 5.0


def opened(settings: Settings) -> Callable[[], Published]:
    """What the dashboard of these settings reads."""
    return lambda: open_published(settings.published_path)


@contextmanager
def _listener(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise WanPerfError(
            f"The dashboard cannot be served on {host} port {port} ({error.strerror}); give "
            "another --port."
        ) from None
    with listening:
        yield listening


def _usual_listener() -> socket.socket:
    """On this machine's usual port, on another where that one is in use."""
    try:
        return socket.create_server(("127.0.0.1", _PORT))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))


def run_dashboard(
    settings: Settings,
    console: Console,
    host: str,
    port: int | None,
    access_file: Path | None,
    *,
    is_opened: bool,
) -> None:
    """Serve until Ctrl+C, without a port on this machine's usual one or on a free one.

    Raises:
        UsageError: other machines could reach it, and there is no login.
        WanPerfError: the port is taken.
    """
    access = read_access(access_file) if access_file else None
    _refuse_open_door(host, access)
    app = build_app(
        opened(settings),
        hosts=LOOPBACK | {host},
        access=access,
        dagster=settings.dagster_url,
    )
    with _usual_listener() if port is None else _listener(host, port) as listening:
        address = f"http://{_in_url(host)}:{listening.getsockname()[1]}"
        console.print(bold(address))
        if host not in LOOPBACK:
            console.print(
                "Passwords cross the network as they are: put a proxy with TLS in front of it."
            )
        console.print("Ctrl+C ends it.")
        if is_opened:
            webbrowser.open(address)
        serve(app, listening)


def _refuse_open_door(host: str, access: Access | None) -> None:
    if host in LOOPBACK:
        return
    if access is None:
        raise UsageError(
            f"On {host} other machines can reach the dashboard; give --access FILE with who may "
            "see it (docs/guides/dashboard.md), or leave --host out."
        )
    if host in ("0.0.0.0", "::") and not access.hosts:  # noqa: S104 - compared, not bound to
        raise UsageError(
            f"On {host} the access file must name the dashboard's own hosts: "
            'hosts = ["wan.example.com"].'
        )


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def serve(app: Starlette, listening: socket.socket) -> None:
    """Answer requests until Ctrl+C."""
    uvicorn.Server(_config(app)).run(sockets=[listening])


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="off", server_header=False
    )


@contextmanager
def beside(settings: Settings, dagster: str = "") -> Iterator[str]:
    """The dashboard of a home in a thread, for the length of the context; its address.

    Pages link to the Dagster UI at `dagster`, else to that of the settings.
    """
    app = build_app(opened(settings), dagster=dagster or settings.dagster_url)
    with _usual_listener() as listening:
        server = uvicorn.Server(_config(app))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_STOP_WITHIN_S)
