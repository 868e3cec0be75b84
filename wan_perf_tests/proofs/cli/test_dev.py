"""wan-perf dev as a person uses it: started, looked at, launched from, refused twice, ended."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg
import pytest

from wan_perf.schema.tables import TABLES
from wan_perf_tests.support.mist.gateways import Proxy
from wan_perf_tests.support.shell import Shell

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(sys.platform == "win32", reason="the signals of a POSIX shell"),
]
STARTS_WITHIN_S = 200
LAUNCHED_WITHIN_S = 120
REFUSED_WITHIN_S = 90
"""A daemon gives a sign of life each half minute."""
HEALTHY = """{ instance { daemonHealth { allDaemonStatuses { daemonType healthy required } } } }"""
ASSETS = """{ assetNodes { assetKey { path } pools kinds
    metadataEntries { label ... on UrlMetadataEntry { url } } } }"""
RUN = """query($id: ID!) { runOrError(runId: $id) { ... on Run { status tags { key value } } } }"""
LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""


class Dev(NamedTuple):
    """A running wan-perf dev, its port, its home and what it prints."""

    process: subprocess.Popen[str]
    port: int
    home: Path

    @property
    def printed(self) -> str:
        return (self.home / "printed.txt").read_text(encoding="utf-8")

    def ask(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        address = f"http://127.0.0.1:{self.port}/graphql"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - loopback
            return json.load(answer)["data"]

    def launch(self, job: str, *assets: str) -> dict[str, Any]:
        """Run assets of a job as the UI does, and give the run when it has ended."""
        selector = {
            "repositoryLocationName": "wan_perf",
            "repositoryName": "__repository__",
            "pipelineName": job,
            "assetSelection": [{"path": [name]} for name in assets],
        }
        started = self.ask(LAUNCH, params={"selector": selector, "mode": "default"})["launchRun"]
        assert started["__typename"] == "LaunchRunSuccess", started
        run_id = started["run"]["runId"]

        def ended() -> Any:
            run = self.ask(RUN, id=run_id)["runOrError"]
            return run if run["status"] in ("SUCCESS", "FAILURE", "CANCELED") else None

        return wait_for(ended, LAUNCHED_WITHIN_S)


def wait_for(found: Any, within_s: float) -> Any:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.5)
    raise AssertionError(f"not within {within_s} s")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def command(home: Path, *arguments: str, port: int) -> dict[str, Any]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MIST_", "WAN_", "SNF_", "DAGSTER_"))
    }
    return {
        "args": [sys.executable, "-m", "wan_perf", "dev", "--port", str(port), *arguments],
        # What a test launches is alone.
        "env": {
            **inherited,
            "WAN_PERF_HOME": str(home),
            "PYTHONUTF8": "1",
            "WAN_PERF_AUTOMATION": "off",
        },
        "cwd": home,
        "text": True,
        "encoding": "utf-8",
    }


@contextmanager
def started(home: Path, **environment: str) -> Iterator[Dev]:
    port = free_port()
    called = command(home, "--sites", "2", port=port)
    called["env"] |= environment
    with (home / "printed.txt").open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            **called,
            stdout=out,
            stderr=subprocess.STDOUT,
            # As a shell starts what it runs in the background, where Ctrl+C must work no less.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )
    dev = Dev(process, port, home)
    try:
        wait_for(
            lambda: "Ctrl+C ends it" in dev.printed or process.poll() is not None, STARTS_WITHIN_S
        )
        assert process.poll() is None, dev.printed
        yield dev
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    """A company's proxy, which leads nowhere and counts what it is sent."""
    with Proxy(status=502) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory, proxy: Proxy) -> Iterator[Dev]:
    names = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
    given = dict.fromkeys((*names, *map(str.upper, names)), f"http://{proxy.address}")
    with started(tmp_path_factory.mktemp("dev"), **given) as dev:
        yield dev


def refusal(home: Path, *arguments: str, port: int, **settings: str) -> tuple[int, str]:
    """Exit code and message of a start in this process; one that is not refused is ended."""

    def end(*_: object) -> None:
        raise AssertionError(f"not refused within {REFUSED_WITHIN_S} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(REFUSED_WITHIN_S)
    try:
        done = Shell(home).run("dev", "--port", str(port), *arguments, **settings)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return done.returncode, done.stderr


def processes_of(home: Path) -> list[str]:
    """Command lines of all processes that know of the home; none where there is no /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if f"WAN_PERF_HOME={home}".encode() in environment:
            found.append(line.replace(b"\0", b" ").decode())
    return found


def test_the_ui_has_every_asset_and_all_daemons_are_healthy(dev: Dev):
    nodes = {"/".join(n["assetKey"]["path"]): n for n in dev.ask(ASSETS)["assetNodes"]}
    assert set(nodes) == set(TABLES)
    assert nodes["raw_port_sample"]["pools"] == ["mist_api"]

    def healthy() -> bool:
        found = dev.ask(HEALTHY)["instance"]["daemonHealth"]["allDaemonStatuses"]
        return all(daemon["healthy"] for daemon in found if daemon["required"])

    wait_for(healthy, 60)


def test_an_asset_links_to_its_page_of_the_dashboard_beside(dev: Dev):
    nodes = {n["assetKey"]["path"][-1]: n for n in dev.ask(ASSETS)["assetNodes"]}
    entries = {e["label"]: e.get("url") for e in nodes["active_alert"]["metadataEntries"]}
    address = re.search(r"The dashboard: (http://127\.0\.0\.1:\d+)", dev.printed)
    assert address is not None
    assert entries["dashboard"] == f"{address[1]}/grid/alerts"
    with urllib.request.urlopen(entries["dashboard"], timeout=60) as page:  # noqa: S310 - loopback
        assert page.status == 200


def test_a_job_launched_in_the_ui_collects_from_the_simulated_cloud(dev: Dev):
    run = dev.launch("inventory_job")
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    assert run["status"] == "SUCCESS"
    assert (tags["wan_perf/stage"], tags["wan_perf/lane"]) == ("inventory", "history")


def test_no_request_to_loopback_goes_through_the_proxy(dev: Dev, proxy: Proxy):
    """After the runs above: the simulator, the webserver, Dagster's gRPC and child processes."""
    assert dev.ask(HEALTHY)
    assert proxy.requests == 0


def test_an_asset_launched_without_a_job_waits_with_history(dev: Dev):
    run = dev.launch("__ASSET_JOB", "dim_policy")
    assert run["status"] == "SUCCESS"
    assert {"key": "wan_perf/lane", "value": "history"} in run["tags"]


def test_a_page_of_another_origin_changes_nothing(dev: Dev):
    """A mutation from a foreign page was executed, by POST and by GET."""
    mutation = "mutation { terminateRuns(runIds: []) { __typename } }"
    address = f"http://127.0.0.1:{dev.port}/graphql"
    body = json.dumps({"query": mutation}).encode()
    kind = {"Content-Type": "application/json"}
    by_get = urllib.parse.urlencode({"query": mutation})
    foreign = [
        urllib.request.Request(address, body, {**kind, "Origin": "https://example.org"}),
        urllib.request.Request(address, body, {**kind, "Host": f"rebound.example:{dev.port}"}),
        urllib.request.Request(f"{address}?{by_get}"),  # noqa: S310 - loopback
    ]
    for request in foreign:
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request, timeout=60)  # noqa: S310 - loopback
    assert dev.ask("{ version }")["version"]


def test_a_second_start_on_the_same_home_is_refused(dev: Dev):
    code, output = refusal(dev.home, port=free_port())
    assert code == 1
    assert f"is already running on {dev.home} (process {dev.process.pid})" in output
    assert len(output.splitlines()) == 1


def test_a_port_in_use_is_one_sentence(dev: Dev, tmp_path: Path):
    """Of a process of its own: nothing that is imported prints beside it."""
    called = command(tmp_path, port=dev.port)
    done = subprocess.run(**called, capture_output=True, timeout=60, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert f"Port {dev.port} cannot be served on" in done.stderr


def test_the_real_organisation_needs_its_token(tmp_path: Path):
    code, output = refusal(tmp_path, "--real", port=free_port())
    assert (code, "MIST_API_TOKEN" in output) == (2, True)


def test_a_second_daemon_on_a_home_is_refused(dev: Dev, tmp_path: Path):
    """Another daemon works on the Dagster home; its next sign of life gives it away."""
    home = dev.home / "dev" / "dagster"
    given = {"MIST_API_TOKEN": "unused", "DAGSTER_HOME": str(home)}
    code, output = refusal(tmp_path, "--real", port=free_port(), **given)
    assert code == 1
    assert f"A Dagster daemon is already working on {home}" in output


def test_ctrl_c_ends_it_and_all_that_it_started(dev: Dev):
    """The last of this file: what the others look at is gone after it."""
    if sys.platform == "linux":
        assert len(processes_of(dev.home / "dev")) >= 3
    began = time.monotonic()
    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait(30) == 0, dev.printed
    assert time.monotonic() - began < 20
    assert dev.printed.rstrip().endswith("Ended.")
    assert processes_of(dev.home / "dev") == []
    assert not (dev.home / "dev.pid").exists()
    with dg.DagsterInstance.from_config(str(dev.home / "dev" / "dagster")) as instance:
        assert instance.get_daemon_heartbeats() == {}


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_what_it_started_ends_with_it_though_it_is_killed(tmp_path: Path):
    """Orphans of a killed dev worked on, on a home that the next one emptied."""
    with started(tmp_path) as dev:
        assert len(processes_of(dev.home / "dev")) >= 3
        dev.process.kill()
        dev.process.wait()
        wait_for(lambda: not processes_of(dev.home / "dev"), 25)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_a_child_that_misses_the_interrupt_ends_with_a_killed_dev_too(tmp_path: Path):
    """A code server did, and lived on until nobody had called it for half a minute."""
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(300)"
    started_by_dagster = (
        "import subprocess, sys, time\n"
        "from wan_perf.cli import dagster_service\n"
        "def dagster(*_, **__):\n"
        f"    subprocess.Popen([sys.executable, '-c', {deaf!r}])\n"
        "    print('started', flush=True)\n"
        "    time.sleep(300)\n"
        "dagster_service.cli.main = dagster\n"
        "dagster_service.main([])\n"
    )
    service = subprocess.Popen(
        [sys.executable, "-c", started_by_dagster],
        env=os.environ | {"WAN_PERF_HOME": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert service.stdin is not None
    assert service.stdout is not None
    assert service.stdout.readline() == b"started\n"
    wait_for(lambda: len(processes_of(tmp_path)) == 2, 20)
    time.sleep(1)
    service.stdin.close()
    service.wait(30)
    wait_for(lambda: not processes_of(tmp_path), 5)
