"""What an organization lacks is no failure: every part of an estate may be empty."""

from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest

from wan_perf.inventory.snapshot import snapshot
from wan_perf.mist.client.rejected_rows import Rejections
from wan_perf.mist.endpoints.path_samples import path_samples
from wan_perf.mist.endpoints.port_samples import samples
from wan_perf.mist.endpoints.records.statistics import Gateway, Path, Port
from wan_perf_tests.support.mist.estates import MAC, TAKEN_AT, contract, estate

PARTS = ("sites", "groups", "devices", "templates", "gateways", "ports")
CONTRACTS = [
    contract(port_id="ge-0/0/0", circuit_id="C1"),
    contract(port_id="ge-0/0/7", circuit_id="C2", line=3),
    contract(wan_name="fibre", circuit_id="C3", line=4),
]


def test_any_parts_of_an_estate_may_be_empty() -> None:
    """A new store has no gateway, a new organization nothing, a hub-only one no template."""
    for count in range(len(PARTS) + 1):
        for parts in combinations(PARTS, count):
            lacking: dict[str, list[dict[str, Any]]] = {part: [] for part in parts}
            for contracts in ([], CONTRACTS):
                frame, _ = snapshot(estate(**lacking), TAKEN_AT, contracts)
                sites = set(frame["site_id"].dropna())
                assert sites == (set() if "sites" in parts else {"s1"}), parts


@pytest.mark.parametrize("interfaces", [None, {}])
def test_a_gateway_without_interfaces_and_a_poll_without_rows_are_empty_frames(
    interfaces: dict[str, Any] | None,
) -> None:
    at = datetime.fromisoformat("2026-03-01")
    bare = Gateway(gateway_mac=MAC, site_id="s1", interfaces=interfaces)
    nothing = Rejections()
    assert len(samples([bare], [], at, nothing)) == len(samples([], [], at, nothing)) == 0
    assert len(path_samples([], [bare], at)) == len(path_samples([], [], at)) == 0
    row = Port(gateway_mac=MAC, port_id="ge-0/0/0", usage="wan", site_id="s1", sampled_at=1.0)
    assert len(samples([], [row], at + timedelta(minutes=5), nothing)) == 1
    assert len(path_samples([Path(gateway_mac=MAC, port_id="ge-0/0/0")], [], at)) == 1


def test_a_device_of_no_known_site_and_a_site_that_only_has_an_id() -> None:
    frame, _ = snapshot(estate(sites=[{"id": "s9"}], devices=[{"mac": MAC}]), TAKEN_AT, CONTRACTS)
    assert sorted(frame["site_id"].dropna()) == ["s9"]
