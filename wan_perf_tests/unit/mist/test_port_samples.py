"""What becomes a sample of which port."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pandas as pd
import pytest

from wan_perf.mist.client.rejected_rows import Rejections
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints import catalogue, port_samples
from wan_perf.mist.endpoints.interfaces import expand_ports, port_ids
from wan_perf.mist.endpoints.records.statistics import Gateway, Port
from wan_perf.schema.tables import RAW_PORT_SAMPLE

PASS_AT = datetime.fromisoformat("2026-03-01T12:05")
REPORTED_AT = 1772366640  # 2026-03-01 12:04:00 UTC
WAN: dict[str, Any] = {"port_usage": "wan", "up": True, "rx_bytes": 10, "tx_bytes": 20}


def samples(
    gateways: list[Gateway],
    ports: list[Port],
    pass_at: datetime,
    rejections: Rejections | None = None,
) -> pd.DataFrame:
    return port_samples.samples(gateways, ports, pass_at, rejections or Rejections())


def gateway(interfaces: dict[str, Any], **more: Any) -> Gateway:
    known = {"mac": "aa0000000001", "site_id": "s1", "last_seen": REPORTED_AT, "uptime": 500}
    return msgspec.convert({**known, "if_stat": interfaces, **more}, Gateway)


def port(port_id: str, **more: Any) -> Port:
    known = {"mac": "aa0000000001", "site_id": "s1", "timestamp": REPORTED_AT, "port_usage": "wan"}
    return msgspec.convert({**known, "port_id": port_id, **more}, Port)


def test_a_device_row_says_what_the_gateway_reported() -> None:
    frame = samples([gateway({"ge-0/0/0.0": WAN})], [], PASS_AT)
    (row,) = frame.to_dict("records")
    assert row["pass_at"] == PASS_AT
    assert row["sampled_at"] == datetime.fromisoformat("2026-03-01T12:04")
    assert (row["gateway_mac"], row["site_id"], row["port_id"]) == (
        "aa0000000001",
        "s1",
        "ge-0/0/0",
    )
    assert (row["counter_source"], row["is_up"], row["uptime_seconds"]) == ("device", True, 500)
    assert (row["rx_bytes_counter"], row["tx_bytes_counter"]) == (10, 20)
    assert pd.isna(row["is_active"])
    assert pd.isna(row["rx_bps"])


def test_a_counter_below_zero_is_unknown_and_reported_and_its_row_stays() -> None:
    reported = gateway({"ge-0/0/0": {**WAN, "rx_bytes": -1, "tx_bytes": 7}}, uptime=-5)
    [row] = samples([reported], [], PASS_AT).to_dict("records")
    assert row["impossible_figures"] == "rx_bytes_counter=-1, uptime_seconds=-5"
    assert pd.isna(row["rx_bytes_counter"])
    assert pd.isna(row["uptime_seconds"])
    assert (row["tx_bytes_counter"], row["is_up"]) == (7, True)


def test_a_port_row_has_rates_speed_and_last_flap() -> None:
    reported = port(
        "ge-0/0/0",
        up=False,
        active=True,
        rx_bps=7,
        tx_bps=8.5,
        speed=1000,
        last_flapped=REPORTED_AT - 0.25,
    )
    (row,) = samples([], [reported], PASS_AT).to_dict("records")
    assert (row["counter_source"], row["is_up"], row["is_active"]) == ("port", False, True)
    assert (row["rx_bps"], row["tx_bps"], row["port_speed_mbps"]) == (7, 8.5, 1000)
    assert row["last_flapped_at"] == datetime.fromisoformat("2026-03-01T12:03:59.750000")
    assert pd.isna(row["uptime_seconds"])
    assert pd.isna(row["rx_bytes_counter"])


def test_a_port_row_has_the_delay_and_loss_of_its_probes_where_it_reports_them() -> None:
    reported = [
        port("ge-0/0/0", latency=23.5, jitter=1.25, loss=0),
        port("ge-0/0/1", latency=-1, loss=130),
        port("ge-0/0/2"),
    ]
    rows = samples([], reported, PASS_AT)[["latency_ms", "jitter_ms", "loss_pct"]]
    assert [[None if pd.isna(v) else v for v in row] for row in rows.to_numpy()] == [
        [23.5, 1.25, 0],
        [None, None, None],
        [None, None, None],
    ]


@pytest.mark.parametrize(
    ("port_heard", "uptime"),
    [
        pytest.param(REPORTED_AT, 500, id="same report: the gateway's uptime"),
        pytest.param(REPORTED_AT + 60, None, id="another report: a boot may lie between"),
        pytest.param(None, None, id="no instant: unknown which report"),
    ],
)
def test_uptime_of_a_port_row(port_heard: float | None, uptime: float | None) -> None:
    frame = samples([gateway({})], [port("ge-0/0/0", timestamp=port_heard)], PASS_AT)
    assert [None if pd.isna(u) else u for u in frame["uptime_seconds"]] == [uptime]


@pytest.mark.parametrize(
    ("first", "second", "counters"),
    [
        pytest.param(
            {"ge-0/0/0.0": WAN},
            {"ge-5/0/0.0": {**WAN, "rx_bytes": 30}},
            {"ge-0/0/0": 10, "ge-5/0/0": 30},
            id="each node's port",
        ),
        pytest.param(
            {"reth0.0": {**WAN, "port_id": "reth0"}},
            {"reth0.0": {**WAN, "port_id": "reth0", "rx_bytes": 30}},
            {"reth0": 10},
            id="reported by both nodes: the first counts",
        ),
        pytest.param(
            {"pp0.0": {**WAN, "port_id": "ge-0/0/0"}}, None, {"ge-0/0/0": 10}, id="PPPoE: the port"
        ),
        pytest.param(
            {"ge-0/0/0.0": {"port_usage": "lan"}}, {"ge-5/0/0.0": {}}, {}, id="no WAN, no sample"
        ),
    ],
)
def test_samples_of_both_nodes_and_of_sessions(
    first: dict[str, Any], second: dict[str, Any] | None, counters: dict[str, int]
) -> None:
    frame = samples([gateway(first, if2_stat=second)], [], PASS_AT)
    assert dict(zip(frame["port_id"], frame["rx_bytes_counter"], strict=True)) == counters


@pytest.mark.parametrize("last_seen", [None, 0])
def test_what_nobody_dates_is_rejected_and_counted(last_seen: float | None) -> None:
    """It may be of any age: a gateway that was never seen again would look alive for ever."""
    rejections = Rejections()
    undated = gateway({"ge-0/0/0": WAN}, last_seen=last_seen)
    ports = [port(f"ge-0/0/{n}", timestamp=last_seen) for n in (0, 1)]
    assert samples([undated], ports, PASS_AT, rejections).empty
    assert rejections.sentences == [
        "1 row of stats/devices rejected: they do not say when the gateway was last seen, so they "
        "may be of any age, such as that of aa0000000001.",
        "2 rows of stats/ports/search rejected: neither they nor their gateways say when they are "
        "of, so they may be of any age, such as that of aa0000000001 ge-0/0/0.",
    ]


def test_a_port_row_without_an_instant_is_of_the_one_at_which_its_gateway_was_seen() -> None:
    """A gateway that was lost at 12:04 yesterday: its ports are no fresh samples of today."""
    lost = gateway({}, last_seen=REPORTED_AT - 86400)
    rejections = Rejections()
    rows = [port("ge-0/0/0", timestamp=None), port("ge-0/0/1", timestamp=REPORTED_AT)]
    frame = samples([lost], rows, PASS_AT, rejections)
    assert frame["sampled_at"].tolist() == [
        datetime.fromisoformat("2026-02-28T12:04"),
        datetime.fromisoformat("2026-03-01T12:04"),
    ]
    assert rejections.sentences == []


@pytest.mark.parametrize("speed", [0, -1, None])
def test_a_speed_that_is_none_is_unknown(speed: int | None) -> None:
    reported = msgspec.structs.replace(port("ge-0/0/0"), port_speed_mbps=speed)
    [row] = samples([], [reported], PASS_AT).to_dict("records")
    assert pd.isna(row["port_speed_mbps"])
    assert row["impossible_figures"] is None


def test_lan_ports_and_spare_gateways_are_left_out_and_lte_is_known_by_its_name() -> None:
    gateways = [
        gateway({"ge-0/0/1": {"port_usage": "lan"}, "ge-0/0/2": {}}),
        gateway({"ge-0/0/0": WAN}, mac="bb", site_id=None),
    ]
    ports = [
        port("ge-0/0/1", port_usage="lan"),
        port("cl-1/0/0", port_usage=None),
        port("ge-0/0/0", mac="bb", site_id=None),
    ]
    assert samples(gateways, ports, PASS_AT)["port_id"].tolist() == ["cl-1/0/0"]


def test_a_disconnected_gateway_gives_its_old_statistics_at_their_old_instant() -> None:
    old = gateway({"ge-0/0/0": WAN}, last_seen=REPORTED_AT - 86400, status="disconnected")
    frame = samples([old], [], PASS_AT)
    assert frame["sampled_at"].tolist() == [datetime.fromisoformat("2026-02-28T12:04")]


def test_of_two_rows_of_a_port_the_newer_stays() -> None:
    rows = [
        port("ge-0/0/0", timestamp=REPORTED_AT, rx_bytes=2),
        port("ge-0/0/0", timestamp=REPORTED_AT - 9),
    ]
    assert samples([], rows, PASS_AT)["rx_bytes_counter"].tolist() == [2]


@pytest.mark.parametrize(
    ("interfaces", "ports"),
    [
        pytest.param(["ge-0/0/0.0"], ["ge-0/0/0"], id="unit 0 says nothing"),
        pytest.param(["ge-0/0/5.130"], ["ge-0/0/5"], id="the only WAN unit is the port"),
        pytest.param(
            ["ge-0/0/5.130", "ge-0/0/5.140"],
            ["ge-0/0/5.130", "ge-0/0/5.140"],
            id="two units are two circuits",
        ),
        pytest.param(
            ["ge-0/0/5.0", "ge-0/0/5.140"], ["ge-0/0/5", "ge-0/0/5.140"], id="unit 0 and another"
        ),
        pytest.param(["ge-0/0/1.7", "ge-0/0/10.7"], ["ge-0/0/1", "ge-0/0/10"], id="1 is not 10"),
    ],
)
def test_port_of_an_interface(interfaces: list[str], ports: list[str]) -> None:
    assert [port_ids(interfaces)[name] for name in interfaces] == ports


@pytest.mark.parametrize(
    ("configured", "ports"),
    [
        pytest.param("ge-0/0/3", ["ge-0/0/3"], id="one port"),
        pytest.param("ge-0/0/0-2", ["ge-0/0/0", "ge-0/0/1", "ge-0/0/2"], id="range"),
        pytest.param("ge-0/0/0, ge-7/0/0", ["ge-0/0/0", "ge-7/0/0"], id="list"),
        pytest.param("cl-1/0/0,ge-0/0/4-5", ["cl-1/0/0", "ge-0/0/4", "ge-0/0/5"], id="both"),
        pytest.param("{{wan0}}", [], id="a variable names no port"),
    ],
)
def test_ports_of_a_configured_name(configured: str, ports: list[str]) -> None:
    assert expand_ports(configured) == ports


def test_no_gateways_give_an_empty_frame_of_the_declared_types() -> None:
    empty, full = samples([], [], PASS_AT), samples([gateway({"ge-0/0/0": WAN})], [], PASS_AT)
    assert list(empty.columns) == list(RAW_PORT_SAMPLE.columns)
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert str(empty.dtypes["sampled_at"]) == "datetime64[us]"
    assert str(empty.dtypes["rx_bytes_counter"]) == "Int64"
    assert str(empty.dtypes["is_up"]) == "boolean"
    assert str(empty.dtypes["rx_bps"]) == "float64"


def test_counters_beyond_53_bits_stay_exact() -> None:
    counter = 2**53 + 1
    frame = samples([gateway({"ge-0/0/0": {**WAN, "rx_bytes": counter}})], [], PASS_AT)
    assert frame["rx_bytes_counter"].tolist() == [counter]


def test_a_pass_over_the_simulator_has_every_wan_port_once_per_source(
    simulated: MistSession, quiet_noon: datetime
) -> None:
    gateways = list(simulated.rows(catalogue.GATEWAYS))
    with_ports = samples(gateways, list(simulated.rows(catalogue.PORTS)), quiet_noon)
    without = samples(gateways, [], quiet_noon)
    assert not with_ports.duplicated(list(RAW_PORT_SAMPLE.key)).any()
    sources = dict(iter(with_ports.groupby("counter_source")))
    identity = ["gateway_mac", "port_id", "site_id", "sampled_at", "is_up", "rx_bytes_counter"]
    device, port_rows = (
        sources[name][identity].sort_values(identity[:2]).reset_index(drop=True)
        for name in ("device", "port")
    )
    pd.testing.assert_frame_equal(device, port_rows)
    assert device["gateway_mac"].nunique() == 40
    assert sources["port"]["uptime_seconds"].notna().all()
    assert set(without["counter_source"]) == {"device"}
    age = quiet_noon - with_ports["sampled_at"]
    assert (age >= timedelta(0)).all()
