"""A cloud that answers what a test has written down."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from wan_perf.mist.client.session import MistSession

TOKEN = "secret-token-0123456789abcdef"  # noqa: S105 - opens nothing
ORG = "6f1c6bc4-1c5f-4f3f-9c8e-0d4fb2a8f0aa"
START = datetime.fromisoformat("2026-03-01")


@dataclass
class Answer:
    """One answer of the scripted cloud; `cut` promises more bytes than it sends."""

    body: Any = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0
    cut: bool = False

    @property
    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class ScriptedCloud:
    """Gives its answers in their order and records what was requested, and who waited how long."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = list(answers)
        self.requested: list[str] = []
        self.tokens: set[str] = set()
        self.pauses: list[float] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                script.requested.append(self.path)
                script.tokens.add(self.headers["Authorization"])
                answer = script.answers.pop(0)
                time.sleep(answer.delay_s)
                self.send_response_only(answer.status)
                usual = {"Content-Type": "application/json", "Date": self.date_time_string()}
                headers = usual | answer.headers
                for name, value in headers.items():
                    self.send_header(name, value)
                length = len(answer.data) + (100 if answer.cut else 0)
                self.send_header("Content-Length", str(length))
                # A caller that would not wait has hung up.
                with suppress(ConnectionError):
                    self.end_headers()
                    self.wfile.write(answer.data)

            def log_message(self, *args: object) -> None:
                """Write nothing: standard error is read by a test."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def session(self, now: Callable[[], datetime] | None = None) -> MistSession:
        return MistSession(
            host="api.mist.com",
            org_id=ORG,
            token=TOKEN,
            base_url=self.url,
            timeout=(1, 0.5),
            pause=self.pauses.append,
            now=now,
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
