"""Variables in templates: resolved by the site's own, requested once a day, never fatal."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pandas as pd
import pytest

from wan_perf.inventory.site_variables import SiteVariables, site_variables
from wan_perf.inventory.snapshot import estate_of, snapshot, templates_of_sites
from wan_perf.inventory.template_variables import resolve, unusable, variables_in
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import RealClock
from wan_perf.mist.endpoints.records.configuration import Template
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_INVENTORY
from wan_perf.simulator import Cloud, Fleet, serve
from wan_perf_tests.support.mist.estates import TAKEN_AT, estate, rows_of

START = datetime.fromisoformat("2026-03-01")
NOW = START + timedelta(hours=12)
SETTING = "/api/v1/sites/{site_id}/setting"
CONFIG: dict[str, Any] = {
    "{{wan1_port}}": {
        "usage": "wan",
        "name": "{{wan1_name}}",
        "disabled": "{{wan1_disabled}}",
        "traffic_shaping": {"enabled": "{{shaped}}", "max_tx_kbps": "{{wan1_upload_kbps}}"},
        "vpn_paths": {"east": {"preference": "{{wan1_preference}}"}},
    },
    "ge-0/0/1": {"usage": "wan", "name": "lte", "lte_backup": True},
    "ge-0/0/{{lan}}": {"usage": "lan", "name": "{{lan_name}}"},
}
PATHS = {"p": {"paths": [{"type": "wan", "name": n} for n in ("{{wan1_name}}", "lte")]}}
VALUES = {
    "wan1_port": "ge-0/0/0",
    "wan1_name": "fibre",
    "wan1_disabled": "false",
    "shaped": "true",
    "wan1_upload_kbps": "20500",
    "wan1_preference": "10",
}


def template() -> Template:
    row = {"id": "T", "port_config": CONFIG, "path_preferences": PATHS}
    return msgspec.convert(row, Template)


def test_the_variables_of_wan_ports_matter_and_no_others() -> None:
    assert variables_in(template()) == VALUES.keys()


def test_a_template_is_resolved_by_the_sites_variables() -> None:
    plain = resolve(template(), VALUES)
    port = plain.port_configs["ge-0/0/0"]
    assert (port.wan_name, port.is_disabled) == ("fibre", False)
    assert (port.shaping.is_enabled, port.shaping.transmit_kbps) == (True, 20500)
    assert port.vpn_paths["east"].vpn_preference == 10
    assert plain.path_preferences["p"].paths[0].path_name == "fibre"
    assert unusable(template(), VALUES) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("wan1_upload_kbps", "fast", id="words for a number"),
        pytest.param("wan1_upload_kbps", "inf", id="no finite number"),
        pytest.param("wan1_preference", "1.5", id="a fraction for a whole number"),
        pytest.param("wan1_disabled", "perhaps", id="no switch"),
        pytest.param("shaped", None, id="not defined"),
        pytest.param("wan1_port", "{{other}}", id="a variable for a variable"),
    ],
)
def test_a_variable_without_a_usable_value_is_unknown_and_named(
    name: str, value: str | None
) -> None:
    values = VALUES | {name: value}
    assert unusable(template(), values).get(name, value) == value
    assert unusable(template(), values)


def columns_of(values: dict[str, str | None]) -> list[dict[str, Any]]:
    owned = estate(
        templates=[{"id": "T", "port_config": CONFIG, "path_preferences": PATHS}],
        gateways=[],
        ports=[],
    )
    frame, _ = snapshot(owned, TAKEN_AT, [], {"s1": values})
    known: Any = frame.astype(object).where(frame.notna(), None)
    return known.to_dict("records")


def test_templates_with_variables_keep_role_shaping_and_path_order() -> None:
    fibre, lte = columns_of(dict(VALUES))
    assert (fibre["port_id"], fibre["wan_name"], fibre["shaped_up_mbps"]) == (
        *("ge-0/0/0", "fibre", 20.5),
    )
    assert (fibre["vpn_preference"], fibre["path_order"], fibre["is_disabled"]) == (10, 1, False)
    assert (lte["wan_name"], lte["path_order"], lte["is_lte_backup"]) == ("lte", 2, True)


def test_a_number_without_value_is_all_that_is_unknown() -> None:
    """The case of a template generator: max_tx_kbps is a variable that the site lacks."""
    fibre, lte = columns_of(VALUES | {"wan1_upload_kbps": None})
    assert (fibre["wan_name"], fibre["shaped_up_mbps"], fibre["vpn_preference"]) == (
        *("fibre", None, 10),
    )
    assert lte["path_order"] == 2


def test_unresolved_names_are_no_names() -> None:
    owned = estate(templates=[{"id": "T", "port_config": CONFIG}], gateways=[], ports=[])
    assert [(row["port_id"], row["wan_name"]) for row in rows_of(owned)] == [("ge-0/0/1", "lte")]


@dataclass(frozen=True)
class At(RealClock):
    """A clock that stands."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@pytest.fixture(scope="module")
def clouds() -> Iterator[tuple[Cloud, Cloud]]:
    fleet = Fleet.whole(5, 12, START, NOW + timedelta(days=2), ())
    with (
        serve(fleet, now=NOW) as plain,
        serve(replace(fleet, has_variables=True), now=NOW) as generated,
    ):
        yield plain, generated


def session_of(cloud: Cloud) -> MistSession:
    return MistSession(
        host="api.mist.com",
        org_id=cloud.org_id,
        token=cloud.token,
        base_url=cloud.url,
        pause=lambda _: None,
    )


def taken(
    cloud: Cloud, newest: pd.DataFrame, at: datetime = NOW, reserve: int = 0
) -> tuple[SiteVariables, pd.DataFrame, list[str]]:
    session = session_of(cloud)
    owned = estate_of(session)
    found = site_variables(session, templates_of_sites(owned), newest, At(at), reserve)
    frame = found.put_on(snapshot(owned, at, [], found.by_site)[0])
    return found, frame, session.rejections.sentences


NONE = conform([], RAW_INVENTORY)
OWN = ["site_variables", "variables_requested_at"]


def test_an_estate_of_templates_with_variables_is_the_same_estate(
    clouds: tuple[Cloud, Cloud],
) -> None:
    plain, generated = clouds
    _, expected, _ = taken(plain, NONE)
    found, frame, sentences = taken(generated, NONE)
    pd.testing.assert_frame_equal(frame.drop(columns=OWN), expected.drop(columns=OWN))
    assert expected["shaped_up_mbps"].notna().any()
    assert expected["site_variables"].isna().all()
    assert sentences == []
    assert found.left.total() == 0


def calls_of(cloud: Cloud, take: Callable[[], Any]) -> int:
    before = cloud.calls().get(SETTING, 0)
    take()
    return cloud.calls().get(SETTING, 0) - before


def test_a_site_is_requested_once_a_day_and_only_where_a_template_needs_it(
    clouds: tuple[Cloud, Cloud],
) -> None:
    plain, generated = clouds
    assert calls_of(plain, lambda: taken(plain, NONE)) == 0
    found, first, _ = taken(generated, NONE)
    sites = len(found.by_site)
    assert 0 < sites <= 12
    assert calls_of(generated, lambda: taken(generated, NONE)) == sites
    soon, late = NOW + timedelta(hours=6), NOW + timedelta(hours=24)
    assert calls_of(generated, lambda: taken(generated, first, soon)) == 0
    assert calls_of(generated, lambda: taken(generated, first, late)) == sites
    _, again, _ = taken(generated, first, soon)
    pd.testing.assert_frame_equal(again.drop(columns="taken_at"), first.drop(columns="taken_at"))


@pytest.mark.parametrize("how", ["503", "403", "404", "half JSON", "wrong JSON type"])
def test_a_site_that_fails_has_its_values_of_before(clouds: tuple[Cloud, Cloud], how: str) -> None:
    _, generated = clouds
    known, first, _ = taken(generated, NONE)
    generated.misbehave(SETTING, how, times=60)
    found, again, _ = taken(generated, first, NOW + timedelta(days=1))
    while generated.illness.next(SETTING):
        pass
    assert found.left.total() >= 1
    assert found.by_site == known.by_site
    left_out = ["taken_at", "variables_requested_at"]
    pd.testing.assert_frame_equal(again.drop(columns=left_out), first.drop(columns=left_out))


def test_without_calls_left_nothing_is_requested_and_the_inventory_is_taken(
    clouds: tuple[Cloud, Cloud],
) -> None:
    _, generated = clouds
    assert calls_of(generated, lambda: taken(generated, NONE, reserve=5000)) == 0
    found, frame, _ = taken(generated, NONE, reserve=5000)
    assert found.left.total() > 0
    assert frame["gateway_mac"].notna().any()


def test_only_values_that_a_template_needs_are_stored(clouds: tuple[Cloud, Cloud]) -> None:
    """Other variables of a site may be secrets."""
    _, generated = clouds
    _, frame, _ = taken(generated, NONE)
    stored = " ".join(frame["site_variables"].dropna())
    assert "wan1_port" in stored
    assert "_down_mbps" not in stored
