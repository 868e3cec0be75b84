"""A simulated Mist Cloud, a folder of one's own, and the doctor called on settings."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wan_perf.doctor import Finding, examine
from wan_perf.mist.collect.clock import Clock
from wan_perf.simulator import Cloud, Fleet, serve
from wan_perf_tests.support.graph.staged import HOUR, START

SECRET = "s3cr3t-t0ken-that-must-not-show"  # noqa: S105 - opens this test's simulator only
FLEET = Fleet.seeded(7, 2, START, START + 24 * HOUR, faults=False)

PATIENCE_S = 0.3
Doctor = Callable[..., dict[str, Finding]]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with serve(FLEET, token=SECRET) as cloud:
        yield cloud


@pytest.fixture
def doctor(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Examine with settings that are well but for those given; findings by their name.

    Time stands still in the simulation, so that no call waits before it is made again.
    """
    for name in os.environ:
        if name.startswith(("MIST_", "WAN_", "SNF_", "DAGSTER_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    well = {
        "MIST_API_TOKEN": cloud.token,
        "MIST_ORG_ID": cloud.org_id,
        "MIST_BASE_URL": cloud.url,
        "WAN_PERF_CLOCK": "simulator",
    }

    def examined(clock: Clock | None = None, **settings: str) -> dict[str, Finding]:
        for name, value in {**well, **settings}.items():
            monkeypatch.setenv(name, value)
        found = {finding.name: finding for finding in examine(clock, PATIENCE_S)}
        assert SECRET not in str(found)
        return found

    return examined


def failed(found: dict[str, Finding]) -> list[str]:
    return [name for name, finding in found.items() if finding.verdict == "FAILED"]
