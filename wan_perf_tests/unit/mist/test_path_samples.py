"""Which rows of a path are samples, of which port, and which figures are possible."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pandas as pd
import pytest

from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.instants import epoch
from wan_perf.mist.endpoints.path_samples import path_samples
from wan_perf.mist.endpoints.records.statistics import Gateway, Path
from wan_perf.schema.tables import RAW_PATH_SAMPLE
from wan_perf.simulator import Fleet, serve
from wan_perf.simulator.api.peers import interface_of
from wan_perf_tests.support.mist.scripted import START

PASS_AT = datetime.fromisoformat("2026-03-01T12:10")
LAST_SEEN = 1772366940  # 2026-03-01 12:09:00 UTC
FIGURES = {"latency": 23.5, "jitter": 0.6, "loss": 0.1, "mos": 4.3, "uptime": 600}


def path(mac: str, peer: str | None, port: str = "ge-0/0/0", far: str = "xe-0/0/1", **more: Any):
    known = {"mac": mac, "port_id": port, "site_id": f"site-{mac}", "last_seen": LAST_SEEN}
    ends = {"peer_mac": peer, "peer_router_name": f"router-{peer}", "peer_port_id": far}
    ends |= {"vpn_name": "hubs", "up": True}
    return msgspec.convert({**known, **ends, **more}, Path)


def both_ends(store: str, hub: str) -> list[Path]:
    return [path(store, hub), path(hub, store, port="xe-0/0/1", far="ge-0/0/0")]


def ends(paths: list[Path]) -> list[tuple[str, str | None]]:
    frame = path_samples(paths, [], PASS_AT)
    return list(frame[["gateway_mac", "peer_mac"]].itertuples(index=False, name=None))


def test_a_row_has_what_its_end_reported() -> None:
    reported = path("s1", "h1", port="ge-0/0/0.0", is_active=False, **FIGURES)
    frame = path_samples([reported], [], PASS_AT)
    assert list(frame.columns) == list(RAW_PATH_SAMPLE.columns)
    assert frame.iloc[0].to_dict() == {
        "pass_at": PASS_AT,
        "gateway_mac": "s1",
        "port_id": "ge-0/0/0",
        "site_id": "site-s1",
        "peer_mac": "h1",
        "peer_name": "router-h1",
        "peer_port_id": "xe-0/0/1",
        "path_name": "hubs",
        "sampled_at": datetime.fromisoformat("2026-03-01T12:09"),
        "is_up": True,
        "is_active": False,
        "latency_ms": 23.5,
        "jitter_ms": 0.6,
        "loss_pct": 0.1,
        "mos": 4.3,
        "path_uptime_seconds": 600,
        "impossible_figures": None,
    }


def test_what_is_absent_is_unknown_and_never_zero() -> None:
    bare = msgspec.convert({"mac": "s1", "port_id": "ge-0/0/0"}, Path)
    row = path_samples([bare], [], PASS_AT).iloc[0]
    assert row[row.notna()].to_dict() == {
        "pass_at": PASS_AT,
        "gateway_mac": "s1",
        "port_id": "ge-0/0/0",
    }


@pytest.mark.parametrize(
    ("given_figures", "column", "stored"),
    [
        pytest.param({"latency": -1}, "latency_ms", None, id="negative delay"),
        pytest.param({"latency": 0}, "latency_ms", 0, id="no delay is possible"),
        pytest.param({"jitter": -0.1}, "jitter_ms", None, id="negative jitter"),
        pytest.param({"loss": 100}, "loss_pct", 100, id="all is lost"),
        pytest.param({"loss": 100.5}, "loss_pct", None, id="more than all is lost"),
        pytest.param({"mos": 5.1}, "mos", None, id="better than perfect"),
        pytest.param({"uptime": 1527128046}, "path_uptime_seconds", None, id="an instant"),
    ],
)
def test_an_impossible_figure_is_unknown_and_reported_and_its_row_stays(
    given_figures: dict[str, float], column: str, stored: float | None
) -> None:
    frame = path_samples([path("s1", "h1", **{**FIGURES, **given_figures})], [], PASS_AT)
    assert (None if pd.isna(frame[column][0]) else frame[column][0]) == stored
    [value] = given_figures.values()
    assert frame["impossible_figures"][0] == (f"{column}={value:g}" if stored is None else None)
    others = set(RAW_PATH_SAMPLE.columns) - {column, "is_active", "impossible_figures"}
    assert frame[list(others)].notna().all(axis=None)


@pytest.mark.parametrize(
    ("reported", "of_gateway", "expected"),
    [
        pytest.param("hub-north", "renamed", "hub-north", id="the path's own row comes first"),
        pytest.param(None, "hub-north", "hub-north", id="an IPsec row may not name it"),
        pytest.param("", "hub-north", "hub-north", id="an empty name is none"),
        pytest.param(None, None, None, id="nobody names it"),
    ],
)
def test_the_peer_has_the_name_in_the_paths_row_or_its_own(
    reported: str | None, of_gateway: str | None, expected: str | None
) -> None:
    gateways = [
        msgspec.convert({"mac": mac, "name": name}, Gateway)
        for mac, name in (("h1", of_gateway), ("h2", "another"))
    ]
    [row] = path_samples([path("s1", "h1", peer_router_name=reported)], gateways, PASS_AT).to_dict(
        "records"
    )
    assert row["peer_name"] == expected


def test_without_a_peer_there_is_no_name() -> None:
    nameless = msgspec.convert({"mac": "g1", "name": "store"}, Gateway)
    frame = path_samples([path("s1", None, peer_router_name=None)], [nameless], PASS_AT)
    assert frame["peer_name"].tolist() == [None]


def test_a_hubs_rows_are_left_out_where_the_stores_report_the_same_paths() -> None:
    paths = [row for store in ("s1", "s2", "s3") for row in both_ends(store, "h1")]
    assert ends(paths) == [("s1", "h1"), ("s2", "h1"), ("s3", "h1")]


def test_a_path_that_only_its_hub_reports_stays() -> None:
    paths = [row for store in ("s1", "s2", "s3") for row in both_ends(store, "h1")]
    assert ends(paths[:5]) == [("s1", "h1"), ("s2", "h1"), ("s3", "h1")]
    assert ends(paths[1:]) == [("h1", "s1"), ("s2", "h1"), ("s3", "h1")]


def test_where_nothing_identifies_the_hub_both_ends_stay() -> None:
    assert ends(both_ends("s1", "h1")) == [("s1", "h1"), ("h1", "s1")]
    assert ends([path("s1", None)]) == [("s1", None)]


def test_two_hubs_keep_the_path_between_them() -> None:
    paths = [row for s in ("s1", "s2", "s3") for h in ("h1", "h2") for row in both_ends(s, h)]
    between = both_ends("h1", "h2")
    assert set(ends([*paths, *between])) - set(ends(paths)) == {("h1", "h2"), ("h2", "h1")}


def test_of_two_rows_of_a_path_the_newer_stays_and_another_far_end_is_another_path() -> None:
    old, new = path("s1", "h1", last_seen=LAST_SEEN - 60, loss=9), path("s1", "h1", loss=1)
    undated = path("s1", "h1", last_seen=None, loss=5)
    other = path("s1", "h1", far="xe-0/0/2", loss=7)
    frame = path_samples([old, new, undated, other], [], PASS_AT)
    assert frame["loss_pct"].tolist() == [1, 7]


@pytest.mark.parametrize(
    ("interfaces", "port_id"),
    [
        pytest.param([], "ge-0/0/5", id="nothing else is known"),
        pytest.param(["ge-0/0/5.130"], "ge-0/0/5", id="the port's only WAN unit"),
        pytest.param(["ge-0/0/5.130", "ge-0/0/5.140"], "ge-0/0/5.130", id="one of two"),
    ],
)
def test_the_port_is_named_as_the_samples_of_ports_name_it(interfaces, port_id: str) -> None:
    stats = {name: {"port_usage": "wan"} for name in (*interfaces, "ge-0/0/1")}
    gateway = msgspec.convert({"mac": "s1", "if_stat": {**stats, "ge-0/0/5.7": {}}}, Gateway)
    frame = path_samples([path("s1", "h1", port="ge-0/0/5.130")], [gateway], PASS_AT)
    assert frame["port_id"].tolist() == [port_id]


def test_no_paths_give_an_empty_frame_of_the_declared_types() -> None:
    empty, full = path_samples([], [], PASS_AT), path_samples([path("s", "h")], [], PASS_AT)
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


@pytest.fixture(scope="module")
def whole() -> Fleet:
    return Fleet.whole(7, 40, START, START + timedelta(days=1))


def passes(fleet: Fleet) -> dict[datetime, pd.DataFrame]:
    """The samples of a poll each half hour of the day, by its instant."""
    found = {}
    outages = fleet.api_outages
    with serve(fleet, now=START) as cloud:
        session = MistSession(
            host="api.mist.com", org_id=cloud.org_id, token=cloud.token, base_url=cloud.url
        )
        for nth in range(1, 48):
            at = START + nth * timedelta(minutes=30)
            if any(a <= epoch(at) < b for a, b in outages):
                continue
            cloud.clock.advance_to(at)
            found[at] = path_samples(list(session.rows(catalogue.PATHS)), [], at)
    return found


def test_a_day_of_passes_over_a_whole_fleet_is_its_truth(whole: Fleet) -> None:
    """Each path of a store that stands, once, from the store's end; up and quality as planted."""
    truth: Any = whole.truth(START, START + timedelta(hours=1))
    up = {(p["site_id"], p["port_id"], p["hub_mac"]): p["up"] for p in truth["paths"]}
    gateways = {gateway.mac: gateway for gateway in whole.gateways}
    seen: Counter[str] = Counter()
    for at, frame in passes(whole).items():
        rows = {(row.gateway_mac, row.peer_mac, row.port_id): row for row in frame.itertuples()}
        assert len(rows) == len(frame)
        for planted in whole.paths:
            life, hub = planted.life, planted.hub.holders[0][0]
            holders = [gateways[mac] for mac, _ in life.holders]
            [store] = [gateway for gateway in holders if gateway.is_assigned(epoch(at))]
            port = interface_of(store, planted).partition(".")[0]
            row = rows.pop((store.mac, hub, port))
            sampled_at = epoch(row.sampled_at)
            assert row.site_id == life.site_id
            assert row.peer_name == gateways[hub].name
            assert sampled_at <= epoch(at)
            is_up = any(a <= sampled_at < b for a, b in up[life.site_id, life.key, hub])
            assert row.is_up == is_up
            seen["up" if is_up else "down"] += 1
            quality = planted.quality(sampled_at)
            figures = [row.latency_ms, row.loss_pct, row.mos]
            expected = [quality.latency, quality.loss, quality.mos] if quality else [None] * 3
            assert [None if pd.isna(figure) else figure for figure in figures] == expected
            jitter = quality.jitter if quality and planted.has_jitter else None
            assert (None if pd.isna(row.jitter_ms) else row.jitter_ms) == jitter
            seen["without jitter"] += jitter is None and is_up
        assert rows == {}
    assert min(seen["up"], seen["down"], seen["without jitter"]) > 50
