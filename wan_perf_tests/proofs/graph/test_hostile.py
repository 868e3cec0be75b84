"""An estate with odd values in 3 % of all rows loses only those, and the checks list them."""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import dagster as dg
import pandas as pd
import pytest

from wan_perf.defs.assets.rejected_rows import ODD_VALUES
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    RAW_INVENTORY,
    RAW_PATH_SAMPLE,
    RAW_PORT_HISTORY,
    RAW_PORT_SAMPLE,
)
from wan_perf.simulator import Cloud, Fleet
from wan_perf.simulator.hostility import loses_key, odd_rows
from wan_perf.simulator.incidents import KINDS
from wan_perf_tests.support.graph.cells import DEVICES, GATEWAYS, PATHS, PORTS, SITES, TEMPLATES
from wan_perf_tests.support.graph.staged import HOUR, START, Collecting, Stage, staged

pytestmark = pytest.mark.proof
NOON = START + 12 * HOUR
STORES = 40
COLLECTED = (NOON - 2 * HOUR, NOON)
RAW = (RAW_PORT_SAMPLE, RAW_PATH_SAMPLE, RAW_PORT_HISTORY, RAW_INVENTORY)


class Checked(Collecting):
    """Runs that leave the results of their checks of odd values."""

    def _run(self, *args: Any, **named: Any) -> dg.ExecuteInProcessResult:
        result = super()._run(*args, **named)
        for found in result.get_asset_check_evaluations():
            if found.check_name == ODD_VALUES:
                self.odd[found.asset_key.to_user_string()] = found
        return result

    @functools.cached_property
    def odd(self) -> dict[str, Any]:
        return {}


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Stage]]:
    """The same estate, collected as it is and with odd values."""
    fleet = Fleet.whole(7, STORES, START, START + 24 * HOUR, KINDS - {"api_outage"})
    home: Path = tmp_path_factory.mktemp("hostile")
    with (
        staged(fleet, home / "good", now=NOON, kind=Checked) as good,
        staged(fleet, home / "odd", now=NOON, kind=Checked, hostile=True) as odd,
    ):
        for stage in (good, odd):
            # Any exit code but 0 would be an exception here. Two hours of history, then a poll.
            stage.runs.collect(*COLLECTED)
            stage.runs.collect(None, None)
        yield good, odd


def answered(cloud: Cloud, path: str, **query: str) -> list[dict[str, Any]]:
    """The good rows of an endpoint, as the cloud gives them now."""
    address = f"{cloud.url}{path.format(org_id=cloud.org_id)}?{urlencode({'limit': 1000, **query})}"
    request = Request(address, headers={"Authorization": f"Token {cloud.token}"})  # noqa: S310
    with urlopen(request) as answer:  # noqa: S310 - loopback
        body = json.load(answer)
    return body["results"] if isinstance(body, dict) else body


def odd_of(cloud: Cloud, path: str, **query: str) -> list[dict[str, Any]]:
    """Those of them that are odd at the hostile one."""
    rows = answered(cloud, path, **query)
    odd = [rows[n] for n in odd_rows(path, rows)]
    assert odd, path
    return odd


@pytest.fixture(scope="module")
def odd(stages: tuple[Stage, Stage]) -> dict[str, set[Any]]:
    """What is odd: gateways, ports, ends of paths, sites, templates."""
    cloud = stages[0].cloud
    of_gateways = {"type": "gateway"}
    ports = odd_of(cloud, PORTS, device_type="gateway")
    templates = {row["id"] for row in odd_of(cloud, TEMPLATES)}
    sites = answered(cloud, SITES)
    return {
        "gateways": {row["mac"] for row in odd_of(cloud, GATEWAYS, **of_gateways)},
        "ports": {(row["mac"], row["port_id"]) for row in ports},
        "keyless": {(row["mac"], row["port_id"]) for row in ports if loses_key(PORTS, row)},
        # By both gateways: a path names its port by the interface over it.
        "paths": {(row["mac"], row["peer_mac"]) for row in odd_of(cloud, PATHS)},
        "devices": {row["mac"] for row in odd_of(cloud, DEVICES, **of_gateways)},
        "sites": {row["id"] for row in odd_of(cloud, SITES)},
        "templated": {row["id"] for row in sites if row.get("gatewaytemplate_id") in templates},
    }


def touched(rows: pd.DataFrame, odd: dict[str, set[Any]]) -> pd.Series:
    """Whether an odd row of any answer stands behind a row."""
    found = rows["site_id"].isin(odd["sites"] | odd["templated"])
    if "gateway_mac" in rows:
        found |= rows["gateway_mac"].isin(odd["gateways"] | odd["devices"])
    if "port_id" in rows:
        port = pd.Series(list(zip(rows["gateway_mac"], rows["port_id"], strict=True)), rows.index)
        found |= port.isin(odd["ports"])
        if "peer_mac" in rows:
            ends = zip(rows["gateway_mac"], rows["peer_mac"], strict=True)
            found |= pd.Series(list(ends), rows.index).isin(odd["paths"])
    return found


@pytest.mark.parametrize("table", RAW, ids=lambda table: table.name)
def test_good_rows_are_those_of_the_same_estate_without_odd_values(
    stages: tuple[Stage, Stage], odd: dict[str, set[Any]], table: Table
):
    good, hostile = (stage.rows(table) for stage in stages)
    expected = good[~touched(good, odd)].reset_index(drop=True)
    found = hostile[~touched(hostile, odd)].reset_index(drop=True)
    assert len(expected) > 0.7 * len(good)
    pd.testing.assert_frame_equal(found, expected)


def test_odd_rows_lose_their_odd_values_alone(
    stages: tuple[Stage, Stage], odd: dict[str, set[Any]]
):
    good, hostile = (stage.rows(RAW_PORT_SAMPLE) for stage in stages)
    key = list(RAW_PORT_SAMPLE.key)
    lost = good.merge(hostile[key], on=key, how="left", indicator=True).query("_merge != 'both'")
    assert set(zip(lost["gateway_mac"], lost["port_id"], strict=True)) <= odd["keyless"]
    assert (lost["counter_source"] == "port").all()
    of_odd = hostile[hostile["gateway_mac"].isin(odd["gateways"])]
    device = of_odd[of_odd["counter_source"] == "device"]
    assert len(device) > 0
    assert device[["is_up", "rx_bytes_counter", "uptime_seconds"]].isna().all(axis=None)
    assert device["sampled_at"].notna().all()


def test_circuits_that_no_odd_row_touches_have_the_same_hours(
    stages: tuple[Stage, Stage], odd: dict[str, set[Any]]
):
    good, hostile = (stage.rows(CIRCUIT_HOUR) for stage in stages)
    macs = odd["gateways"] | odd["devices"] | {mac for mac, *_ in odd["ports"] | odd["paths"]}
    of_odd = odd["sites"] | odd["templated"]
    expected, found = (
        rows[~rows["site_id"].isin(of_odd) & ~rows["gateway_mac"].isin(macs)].reset_index(drop=True)
        for rows in (good, hostile)
    )
    assert len(expected) > 0.4 * len(good)
    pd.testing.assert_frame_equal(found, expected)


def test_the_checks_list_every_kind_of_odd_value(stages: tuple[Stage, Stage]):
    good, hostile = (stage.runs.odd for stage in stages)
    assert good.keys() == hostile.keys() >= {"raw_port_sample", "raw_inventory"}
    assert all(check.passed for check in good.values())
    listed = ""
    for asset in ("raw_port_sample", "raw_inventory"):
        assert not hostile[asset].passed
        listed += hostile[asset].metadata["examples"].value
    for value in ('"1g"', '"true"', "-1", "rx&#95;bytes&#125;&#125;", "null", "row rejected", '""'):
        assert value in listed, value
    for field in ("max&#95;tx&#95;kbps", "preference", "speed", "if&#95;stat.ge-0/0/9.0"):
        assert field in listed, field
