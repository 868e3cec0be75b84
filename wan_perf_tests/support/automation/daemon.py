"""A real Dagster beside a simulated cloud: webserver, daemon and code server as their user starts
them, queried through GraphQL as the UI does.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import dagster as dg

from wan_perf.cli.homes import dagster_home
from wan_perf.settings import Settings

_STARTS_WITHIN_S = 180
_STOPS_WITHIN_S = 60


@dataclass(frozen=True)
class Dagster:
    """The running system of one home."""

    port: int
    home: Path
    process: "subprocess.Popen[bytes]"
    opened: contextlib.ExitStack
    """What is closed when it ends."""

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a GraphQL answer; an error in it fails."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            payload = json.load(answer)
        assert "errors" not in payload, payload["errors"]
        data: dict[str, Any] = payload["data"]
        return data

    def launch(self, job: str, **tags: str) -> str:
        """Launch a job as the UI's button does; its run."""
        params = {
            "selector": {**_REPOSITORY, "pipelineName": job},
            "mode": "default",
            "executionMetadata": {"tags": [{"key": k, "value": v} for k, v in tags.items()]},
        }
        answer = self.ask(_LAUNCH, params=params)["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def backfill(self, assets: Sequence[str], partitions: Sequence[str]) -> str:
        """Launch a backfill of the assets' partitions as the UI does; its id."""
        params = {
            "assetSelection": [{"path": [name]} for name in assets],
            "partitionNames": list(partitions),
        }
        answer = self.ask(_BACKFILL, params=params)["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        return str(answer["backfillId"])

    def switch_on(self, *sensors: str) -> None:
        """Switch sensors on as the UI does."""
        for name in sensors:
            answer = self.ask(_SENSOR, selector={**_REPOSITORY, "sensorName": name})
            assert answer["startSensor"]["__typename"] == "Sensor", answer

    def wait_for_run(self, run: str, within_s: float) -> None:
        """Until the run is over; it has to succeed."""

        def status() -> str:
            return str(self.ask(_RUN, run=run)["runOrError"]["status"])

        until(lambda: status() in ("SUCCESS", "FAILURE", "CANCELED"), within_s)
        assert status() == "SUCCESS"

    def wait_for_backfill(self, backfill: str, within_s: float) -> None:
        """Until the backfill is over; it has to succeed."""

        def status() -> str:
            answer = self.ask(_BACKFILL_STATUS, id=backfill)["partitionBackfillOrError"]
            return str(answer["status"])

        ended = ("COMPLETED_SUCCESS", "COMPLETED", "COMPLETED_FAILED", "FAILED", "CANCELED")
        until(lambda: status() in ended, within_s)
        assert status() == "COMPLETED_SUCCESS"

    def is_quiet(self) -> bool:
        """No run and no backfill is on its way."""
        answer = self.ask(_ON_ITS_WAY)
        runs = answer["runsOrError"]["results"]
        backfills = answer["partitionBackfillsOrError"]["results"]
        return not runs and not [b for b in backfills if b["status"] in ("REQUESTED", "CANCELING")]

    def runs(self, since: float) -> list[tuple[float, float]]:
        """When the runs that were launched after the instant began and ended [epoch s]."""
        results = self.ask(_RUNS, since=since)["runsOrError"]["results"]
        return [(run["startTime"], run["endTime"]) for run in results]

    def materialized(self, asset: str, since: float) -> set[str | None]:
        """Partitions of the asset that were materialized after the instant [epoch s]."""
        of_asset = dg.AssetRecordsFilter(dg.AssetKey(asset), after_timestamp=since)
        found = self._instance.fetch_materializations(of_asset, limit=10_000)
        return {record.partition_key for record in found.records}

    @cached_property
    def _instance(self) -> dg.DagsterInstance:
        """Dagster's records, opened once: to open them loads every migration that there was."""
        return self.opened.enter_context(dg.DagsterInstance.from_config(str(self.home)))


_REPOSITORY = {
    "repositoryName": "__repository__",
    "repositoryLocationName": "wan_perf.definitions",
}
_LAUNCH = """mutation($params: ExecutionParams!) {
  launchRun(executionParams: $params) { __typename ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message } } }"""
_BACKFILL = """mutation($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) { __typename
    ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
_SENSOR = """mutation($selector: SensorSelector!) {
  startSensor(sensorSelector: $selector) { __typename ... on PythonError { message } } }"""
_RUN = "query($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
_BACKFILL_STATUS = """query($id: String!) {
  partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"""
_RUNS = """query($since: Float!) { runsOrError(filter: {createdAfter: $since}) {
    ... on Runs { results { startTime endTime } } } }"""
_ON_ITS_WAY = """{ runsOrError(filter: {statuses: [QUEUED, NOT_STARTED, STARTING, STARTED]}) {
    ... on Runs { results { runId } } }
  partitionBackfillsOrError { ... on PartitionBackfills { results { status } } } }"""


def until(is_so: Callable[[], bool], within_s: float) -> None:
    """Wait until it is so, checked once a second."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(1)


@contextmanager
def running(settings: Settings) -> Iterator[Dagster]:
    """`dagster dev` of these settings, until it answers; ended as by Ctrl+C, else killed."""
    home = dagster_home(settings)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        **{name: str(value) for name, value in _given(settings).items()},
        "DAGSTER_HOME": str(home),
    }
    command = [sys.executable, "-m", "dagster", "dev", "-m", "wan_perf.definitions"]
    with (settings.home / "dagster.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "-p", str(port)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with contextlib.ExitStack() as opened:
            dagster = Dagster(port, home, process, opened)
            until(lambda: _answers(dagster), _STARTS_WITHIN_S)
            yield dagster
    finally:
        process.send_signal(signal.SIGINT)
        # Dagster waits for the runs in progress; nothing here depends on their end.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOPS_WITHIN_S)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def _answers(dagster: Dagster) -> bool:
    assert dagster.process.poll() is None, "dagster ended"
    try:
        data = dagster.ask(
            "{ assetNodes { id } instance { daemonHealth { allDaemonStatuses { healthy } } } }"
        )
    except (URLError, OSError):
        return False
    statuses = data["instance"]["daemonHealth"]["allDaemonStatuses"]
    return len(data["assetNodes"]) > 40 and all(s["healthy"] is not False for s in statuses)


def _given(settings: Settings) -> dict[str, Any]:
    """The settings as variables of the environment."""
    return {
        "MIST_API_TOKEN": settings.mist_api_token.get_secret_value(),
        "MIST_ORG_ID": settings.mist_org_id,
        "MIST_BASE_URL": settings.mist_base_url,
        "WAN_PERF_CLOCK": settings.clock,
        "WAN_PERF_HOME": settings.home,
        "WAN_PERF_DUCKDB": settings.duckdb_path,
        "WAN_PERF_START": settings.start.isoformat(),
        "WAN_PERF_CIRCUITS": settings.circuits_path,
        "WAN_PERF_AUTOMATION": settings.automation,
    }


def keys(start: datetime, hours: int) -> list[str]:
    """Names of hourly partitions."""
    from wan_perf_tests.support.graph.staged import HOUR

    return [f"{start + nth * HOUR:%Y-%m-%d-%H:00}" for nth in range(hours)]
