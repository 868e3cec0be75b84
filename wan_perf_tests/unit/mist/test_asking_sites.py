"""Which sites' bandwidth is requested, how often, and what stays where they do not answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from wan_perf.inventory.site_requests import SiteBandwidth, add_site_bandwidth
from wan_perf.inventory.snapshot import inventory
from wan_perf.policy.contracts import Contract, read_contracts
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_INVENTORY
from wan_perf.simulator import Cloud, Fleet, serve
from wan_perf.simulator.misbehaviour import WAYS
from wan_perf_tests.support.mist.scripted import START
from wan_perf_tests.unit.mist.test_history import session_of

HOUR = timedelta(hours=1)
NOW = START + 24 * HOUR
SITE = "/api/v1/sites/{site_id}"
SETTING, TESTS = f"{SITE}/setting", f"{SITE}/synthetic_test/search"
USAGE = "/api/v1/self/usage"
SITES = 12
HARMLESS = {"unknown field", "duplicate row", "row of another org", "null row"}
LASTING = 3


class At:
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def passes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        return iter(())

    def wait(self, seconds: float) -> None:
        """Go on at once."""


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet.seeded(7, SITES, START, NOW + 48 * HOUR, faults=False)


@pytest.fixture
def cloud(fleet: Fleet) -> Iterator[Cloud]:
    with serve(fleet, now=NOW + 30 * HOUR) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def contracts(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> list[Contract]:
    path: Path = tmp_path_factory.mktemp("contracts") / "circuits.csv"
    path.write_text(fleet.contracts_csv(), encoding="utf-8")
    return read_contracts(path)


NOTHING = conform([], RAW_INVENTORY)


def taken(
    cloud: Cloud,
    newest: pd.DataFrame = NOTHING,
    at: datetime = NOW,
    contracts: list[Contract] | None = None,
    reserve: int = 1000,
) -> SiteBandwidth:
    """A snapshot with what its sites say."""
    session = session_of(cloud)
    frame, _ = inventory(session, at, contracts or [])
    return add_site_bandwidth(session, frame, newest, At(at), reserve)


def call_counts(cloud: Cloud) -> tuple[int, int]:
    calls = cloud.calls()
    return calls.get(SETTING, 0), calls.get(TESTS, 0)


def rates(frame: pd.DataFrame) -> pd.DataFrame:
    columns = ["site_id", "gateway_mac", "port_id", "variable_down_mbps", "variable_up_mbps"]
    return frame[[*columns, "tested_down_mbps", "tested_up_mbps"]]


def test_the_rates_of_a_simulated_estate(cloud: Cloud, fleet: Fleet) -> None:
    """Variables as the settings write them; tests read through the plain rows of the cloud."""
    found = taken(cloud)
    assert (found.requested, found.left, found.complaints) == (SITES, {}, [])
    assert call_counts(cloud) == (SITES, SITES)
    ports = found.frame[found.frame["port_id"].notna()]
    assert set(ports["site_asked_at"]) == {pd.Timestamp(NOW)}
    contract_of = {(c.gateway_mac, c.port_id): c for c in fleet.contracts}
    with_variable, with_test = 0, 0
    for port in ports.itertuples():
        contract = contract_of.get((port.gateway_mac, port.port_id))
        writes = contract is not None and int(port.site_id[0], 16) % 2
        expected = contract.line.provisioned_mbps if writes and contract else (None, None)
        assert known(port.variable_down_mbps, port.variable_up_mbps) == expected
        tested = best_of(cloud, port.site_id, port.gateway_mac, port.port_id)
        assert known(port.tested_down_mbps, port.tested_up_mbps) == tested
        with_variable += expected != (None, None)
        with_test += tested != (None, None)
    assert 0 < with_variable < len(ports)
    assert 0 < with_test < len(ports)


def known(*values: float) -> tuple[float | None, ...]:
    return tuple(None if pd.isna(value) else value for value in values)


def best_of(cloud: Cloud, site_id: str, mac: str, port_id: str) -> tuple[float | None, ...]:
    import requests

    answer: Any = requests.get(
        cloud.url + TESTS.format(site_id=site_id),
        params={"type": "speedtest", "start": "0", "limit": "1000"},
        headers={"Authorization": f"Token {cloud.token}"},
        timeout=10,
    ).json()
    now = (NOW - datetime.fromisoformat("1970-01-01")).total_seconds()
    good = [
        (test["rx_mbps"], test["tx_mbps"])
        for test in answer["results"]
        if (test["mac"], test["port_id"], test["failed"]) == (mac, port_id, False)
        and now - 30 * 86_400 <= test["timestamp"] <= now + 600
    ]
    return max(good, default=(None, None))


def test_a_site_is_requested_once_in_24_hours_and_keeps_its_rates(cloud: Cloud) -> None:
    first = taken(cloud)
    before = call_counts(cloud)
    later = taken(cloud, first.frame, NOW + 24 * HOUR - timedelta(minutes=5))
    assert (call_counts(cloud), later.requested) == (before, 0)
    pd.testing.assert_frame_equal(rates(later.frame), rates(first.frame))
    assert set(later.frame["site_asked_at"].dropna()) == {pd.Timestamp(NOW)}
    usage = cloud.calls()[USAGE]
    next_day = taken(cloud, later.frame, NOW + 24 * HOUR)
    assert (next_day.requested, cloud.calls()[USAGE]) == (SITES, usage + 1)
    assert set(next_day.frame["site_asked_at"].dropna()) == {pd.Timestamp(NOW + 24 * HOUR)}


def contract_of_each(fleet: Fleet, down_mbps: float | None = 50.0) -> list[Contract]:
    empty: dict[str, Any] = dict.fromkeys(Contract.__dataclass_fields__)
    return [
        Contract(
            **{
                **empty,
                "site_id": gateway.site_id,
                "port_id": port.port_id,
                "bandwidth_down_mbps": down_mbps,
                "line": 2,
            }
        )
        for gateway in fleet.gateways
        for port in gateway.wan_ports
    ]


def test_nothing_is_requested_where_every_port_is_contracted(cloud: Cloud, fleet: Fleet) -> None:
    found = taken(cloud, contracts=contract_of_each(fleet))
    assert (found.requested, call_counts(cloud)) == (0, (0, 0))
    assert USAGE not in cloud.calls()
    assert found.frame["site_asked_at"].isna().all()


def test_one_port_without_a_contracted_rate_is_enough(cloud: Cloud, fleet: Fleet) -> None:
    first, *others = contract_of_each(fleet)
    found = taken(cloud, contracts=others)
    assert (found.requested, call_counts(cloud)) == (1, (1, 1))
    requested = found.frame[found.frame["site_asked_at"].notna()]
    assert set(requested["site_id"]) == {first.site_id}
    none_has_a_rate = taken(cloud, contracts=contract_of_each(fleet, down_mbps=None))
    assert none_has_a_rate.requested == SITES


def test_sites_requested_longest_ago_come_first_and_the_reserve_is_left(fleet: Fleet) -> None:
    """Forty calls an hour: the inventory and the use leave some; the next hour goes on."""
    with serve(fleet, now=NOW, hourly_limit=40) as cloud:
        first = taken(cloud, reserve=15)
        spent = sum(cloud.calls().values())
        assert spent <= 25
        assert 0 < first.requested < SITES
        [(why, left)] = first.left.items()
        assert "used up" in why
        assert "15 are reserved for live polls" in why
        assert left == SITES - first.requested
        first_sites = set(first.frame[first.frame["site_asked_at"].notna()]["site_id"])
        assert len(first_sites) == first.requested
        cloud.clock.advance_to(NOW + HOUR)
        second = taken(cloud, first.frame, NOW + HOUR, reserve=15)
        newly = second.frame["site_asked_at"] == NOW + HOUR
        assert second.requested > 0
        assert not set(second.frame[newly]["site_id"]) & first_sites


def changed(frame: pd.DataFrame) -> pd.DataFrame:
    """Rates of another snapshot, so that stored values differ from received ones."""
    older = frame.copy()
    for name in ("variable_down_mbps", "variable_up_mbps", "tested_down_mbps", "tested_up_mbps"):
        older[name] = older[name].where(older[name].isna(), older[name] + 1000)
    return older


@pytest.mark.parametrize(
    ("path", "own_column", "new_column"),
    [
        (SETTING, "variable_down_mbps", "tested_down_mbps"),
        (TESTS, "tested_down_mbps", "variable_down_mbps"),
    ],
)
def test_a_passing_failure_keeps_what_was_and_is_requested_again(
    cloud: Cloud, path: str, own_column: str, new_column: str
) -> None:
    first = taken(cloud)
    older = changed(first.frame)
    cloud.misbehave(path, "503", times=LASTING * SITES)
    found = taken(cloud, older, NOW + 24 * HOUR)
    [(why, sites)] = found.left.items()
    assert (found.requested, sites) == (0, SITES)
    assert "Mist failed" in why
    assert set(found.frame["site_asked_at"].dropna()) == {pd.Timestamp(NOW)}
    pd.testing.assert_series_equal(found.frame[own_column], older[own_column])
    assert (found.frame[new_column].dropna() < 1000).all()
    assert older[own_column].notna().any()
    assert older[new_column].notna().any()
    again = taken(cloud, found.frame, NOW + 25 * HOUR)
    assert (again.requested, again.left) == (SITES, {})
    assert (again.frame[own_column].dropna() < 1000).all()


def test_what_the_token_may_not_read_is_not_requested_of_every_site(cloud: Cloud) -> None:
    cloud.misbehave(TESTS, "403", times=8)
    found = taken(cloud)
    [(why, sites)] = found.left.items()
    assert "no right to read" in why
    assert call_counts(cloud)[0] == SITES
    assert call_counts(cloud)[1] <= 8
    assert (found.requested, sites) == (SITES, SITES)
    assert found.frame["variable_down_mbps"].notna().any()


@pytest.mark.proof
@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("path", [USAGE, SETTING, TESTS])
def test_a_bad_answer_never_keeps_the_snapshot_back(cloud: Cloud, path: str, how: str) -> None:
    whole = taken(cloud)
    cloud.misbehave(path, how, times=1, seconds=1.5)
    found = taken(cloud)
    assert len(found.frame) == len(whole.frame)
    assert all(why.endswith(".") and "\n" not in why for why in found.left)
    assert how not in HARMLESS or not found.left
    at_once = taken(cloud, found.frame, NOW + HOUR)
    requested_again = SITES - found.requested
    assert at_once.requested == requested_again
    next_day = taken(cloud, at_once.frame, NOW + 25 * HOUR)
    assert (next_day.requested, next_day.left) == (SITES, {})
    pd.testing.assert_frame_equal(
        rates(next_day.frame), rates(taken(cloud, at=NOW + 25 * HOUR).frame)
    )


def test_with_the_contract_file_only_uncontracted_lines_cost_calls(
    cloud: Cloud, fleet: Fleet, contracts: list[Contract]
) -> None:
    contracted = {(c.gateway_mac, c.port_id) for c in fleet.contracts}
    lacking = {
        gateway.site_id
        for gateway in fleet.gateways
        for port in gateway.wan_ports
        if (gateway.mac, port.port_id) not in contracted
    }
    found = taken(cloud, contracts=contracts)
    assert 0 < len(lacking) < SITES
    assert (found.requested, call_counts(cloud)) == (len(lacking), (len(lacking), len(lacking)))
