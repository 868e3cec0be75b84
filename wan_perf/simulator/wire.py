"""The bytes of an answer: JSON as it should be, and the ways in which it arrives spoilt.

Belongs here: responses.
Keep out: what they say, and who gets which.
"""

import asyncio
import time

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from wan_perf.simulator.misbehaviour import Misbehaviour


def json_answer(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Write a body as JSON."""
    return Response(msgspec.json.encode(body), status, headers, "application/json")


async def on_the_wire(good: Response, request: Request, ill: Misbehaviour) -> Response:
    """Spoil the bytes of an answer, or the time that they take."""
    if ill.how == "slow":
        until = time.monotonic() + ill.seconds
        # A caller that gave up is not waited for, else the server could not stop.
        while time.monotonic() < until and not await request.is_disconnected():
            await asyncio.sleep(0.02)
        return good
    if ill.how == "wrong content type":
        return Response("<html><body>Welcome</body></html>", media_type="text/html")
    half = good.body[: len(good.body) // 2]
    # A length that does not come is a connection that was cut.
    promised = {"content-length": str(len(good.body))} if ill.how == "cut body" else None
    return Response(bytes(half), headers=promised, media_type="application/json")
