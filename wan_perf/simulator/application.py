"""The HTTP interface of the simulated cloud: who is let in, what is routed where.

Belongs here: outages, tokens, budgets, organisations, routes, and the simulator's own controls.
Keep out: what an endpoint answers, and the listening itself.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wan_perf.simulator.api import identity
from wan_perf.simulator.clock import Budget, Clock
from wan_perf.simulator.endpoints import Endpoints
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.hostility import with_odd_values
from wan_perf.simulator.instants import HOUR, epoch, holds, naive_utc
from wan_perf.simulator.misbehaviour import REFUSALS, SPOILT, Illness
from wan_perf.simulator.query import BadParameterError, NotFoundError
from wan_perf.simulator.responses import Answer, ApiRequest
from wan_perf.simulator.wire import json_answer, on_the_wire

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Cloud:
    """A running simulator: where it listens and what it knows.

    `is_hostile`: its answers have odd values, see `hostility`.
    """

    url: str
    token: str
    org_id: str
    fleet: Fleet
    clock: Clock
    illness: Illness = field(default_factory=Illness)
    is_hostile: bool = False
    _calls: Counter[str] = field(default_factory=Counter)

    def count(self, path: str) -> None:
        """Count one API request on a path template."""
        self._calls[path] += 1

    def misbehave(self, path: str, how: str, times: int = 1, seconds: float = 300.0) -> None:
        """Let the next answers of an endpoint be bad, after those already requested.

        Args:
            path: the path template, as `calls` counts it: /api/v1/orgs/{org_id}/sites.
            how: one of `misbehaviour.WAYS`.
            times: so many answers.
            seconds: how long a slow answer takes. [s]

        Raises:
            ValueError: no such way.
        """
        self.illness.expect(path, how, times, seconds)

    def calls(self) -> dict[str, int]:
        """Give the number of API requests by path template since the start, refused ones too."""
        return dict(self._calls)


class _Refusal(Exception):  # noqa: N818 - an answer to the caller, not an error of ours
    """A request that is answered with a status other than 200."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


class _Gate:
    """Who may pass: the order of the refusals is the order in which a real cloud meets them."""

    def __init__(self, cloud: Cloud, budget: Budget) -> None:
        self._cloud, self._budget = cloud, budget

    def admit(self, request: Request, now: float) -> None:
        """Let a request pass and count it.

        Raises:
            _Refusal: 503 in an outage, 401, 429, or 403 and 404 for another organisation.
        """
        if holds(self._cloud.fleet.api_outages, now):
            raise _Refusal(503, "Service Unavailable")
        if request.headers.get("authorization") != f"Token {self._cloud.token}":
            raise _Refusal(401, "Authentication credentials were not provided or are invalid.")
        if not self._budget.spend(self._cloud.token, now):
            raise _Refusal(
                429,
                "Too Many Request. The API Token used for the request reached the "
                f"{self._budget.hourly_limit} API Calls per hour threshold",
                {"Retry-After": str(self._budget.seconds_to_next_hour(now))},
            )
        org_id = request.path_params.get("org_id", self._cloud.org_id)
        if org_id != self._cloud.org_id:
            foreign = _UUID.fullmatch(org_id)
            raise _Refusal(403, "Permission denied") if foreign else _Refusal(404, "Not found")


def application(cloud: Cloud, budget: Budget) -> Starlette:
    """Build the ASGI application of a cloud: the Mist API and, beside it, /simulator."""
    gate = _Gate(cloud, budget)
    answers = Endpoints(cloud.fleet).routes()
    answers["/api/v1/self/usage"] = lambda request: Answer(
        identity.usage(budget.spent(cloud.token), budget.hourly_limit, request.now % HOUR)
    )
    # Last, so that it takes what no other path takes: also a wrong path needs a token.
    answers["/api/v1/{unknown:path}"] = _no_endpoint
    routes = [
        Route(path, _handler(cloud, gate, path, answer), methods=["GET"])
        for path, answer in answers.items()
    ]
    routes += [
        Route("/simulator/clock", _read_clock(cloud), methods=["GET"]),
        Route("/simulator/clock", _advance_clock(cloud), methods=["POST"]),
        Route("/simulator/truth", _read_truth(cloud), methods=["GET"]),
        Route("/simulator/calls", _read_calls(cloud), methods=["GET"]),
    ]
    return Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_found})


def _handler(
    cloud: Cloud, gate: _Gate, path: str, answer: Callable[[ApiRequest], Answer]
) -> Handler:
    async def handle(request: Request) -> Response:
        # The clock is read once: an answer is the picture of one instant.
        now = cloud.clock.seconds()
        cloud.count(path)
        ill = cloud.illness.next(path)
        try:
            gate.admit(request, now)
            if ill and ill.how in REFUSALS:
                raise _Refusal(*REFUSALS[ill.how])
            parameters = dict(request.query_params)
            found = answer(ApiRequest(request.url.path, parameters, now, request.path_params))
        except _Refusal as refusal:
            return json_answer({"detail": str(refusal)}, refusal.status, refusal.headers)
        except NotFoundError:
            return json_answer({"detail": "Not found"}, 404)
        except BadParameterError as problem:
            return json_answer({"detail": str(problem)}, 400)
        if cloud.is_hostile:
            found = replace(found, body=with_odd_values(path, found.body))
        if ill and ill.how in SPOILT:
            address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return json_answer(SPOILT[ill.how](found.body, address), headers=found.headers)
        good = json_answer(found.body, headers=found.headers)
        return await on_the_wire(good, request, ill) if ill else good

    return handle


def _read_clock(cloud: Cloud) -> Handler:
    async def handle(_: Request) -> Response:
        return json_answer({"now": cloud.clock.seconds(), "ticking": cloud.clock.ticking})

    return handle


def _advance_clock(cloud: Cloud) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            target = msgspec.json.decode(await request.body(), type=_Advance)
        except msgspec.DecodeError:
            return json_answer({"detail": 'The body must be {"advance_to": epoch seconds}.'}, 400)
        try:
            cloud.clock.advance_to(naive_utc(target.advance_to))
        except OverflowError:
            return json_answer({"detail": "advance_to is no instant of the calendar."}, 400)
        except ValueError as problem:
            return json_answer({"detail": str(problem)}, 409)
        return json_answer({"now": cloud.clock.seconds(), "ticking": cloud.clock.ticking})

    return handle


class _Advance(msgspec.Struct):
    """The body of a request to move the clock [epoch s]."""

    advance_to: float


def _read_truth(cloud: Cloud) -> Handler:
    async def handle(request: Request) -> Response:
        fleet = cloud.fleet
        parameters = request.query_params
        try:
            start = float(parameters.get("start", epoch(fleet.start)))
            end = float(parameters.get("end", epoch(fleet.end)))
            truth = fleet.truth(naive_utc(start), naive_utc(end))
        except (ValueError, OverflowError):
            return json_answer({"detail": "start and end must be epoch seconds."}, 400)
        return json_answer(truth)

    return handle


def _read_calls(cloud: Cloud) -> Handler:
    async def handle(_: Request) -> Response:
        return json_answer(cloud.calls())

    return handle


def _no_endpoint(_: ApiRequest) -> Answer:
    raise _Refusal(404, "Not found")


async def _not_found(_: Request, __: Exception) -> Response:
    return json_answer({"detail": "Not found"}, 404)
