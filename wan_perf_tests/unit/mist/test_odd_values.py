"""One odd value costs itself: the field, the entry or the row that it is the key of."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Raw

from wan_perf.mist.client.errors import MistAnswerError, MistTransientError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.catalogue import Endpoint
from wan_perf_tests.support.mist.scripted import ORG, Answer, ScriptedCloud

Script = Callable[..., ScriptedCloud]
MAC = "aa0000000001"


def ports(count: int, **odd: Any) -> list[dict[str, Any]]:
    """Good rows of port statistics, the last with other values."""
    good = [
        {"mac": MAC, "port_id": f"ge-0/0/{n}", "up": True, "speed": 1000, "rx_bytes": n}
        for n in range(count)
    ]
    return [*good[:-1], {**good[-1], **odd}]


def read(
    scripted: Script, endpoint: Endpoint[Any], rows: list[Any]
) -> tuple[list[Any], MistSession]:
    count = {"X-Page-Total": str(len(rows))}
    body = rows if endpoint.style == "list" else {"results": rows, "total": len(rows)}
    session = scripted(Answer(body, headers=count)).session()
    return list(session.rows(endpoint)), session


@pytest.mark.parametrize(
    ("field", "value", "ours"),
    [
        pytest.param("speed", "1g", "port_speed_mbps", id="speed in words"),
        pytest.param("speed", -1, "port_speed_mbps", id="speed of a virtual port"),
        pytest.param("rx_bytes", 2**64 - 1, "rx_bytes_counter", id="-1 without its sign"),
        pytest.param("tx_bytes", 1e30, "tx_bytes_counter", id="more than a counter can hold"),
        pytest.param("up", "true", "is_up", id="switch as text"),
        pytest.param("up", "{{wan1_enabled}}", "is_up", id="variable for a switch"),
        pytest.param("rx_bytes", "{{x}}", "rx_bytes_counter", id="variable for a number"),
        pytest.param("rx_bytes", [], "rx_bytes_counter", id="list for a number"),
        pytest.param("last_flapped", -1, "last_flapped_at", id="never flapped"),
        pytest.param("timestamp", 1e15, "sampled_at", id="an instant after the year 9999"),
        pytest.param("rx_bps", True, "rx_bps", id="switch for a number"),
        pytest.param("site_id", 7, "site_id", id="number for a name"),
        pytest.param("port_usage", {"a": 1}, "usage", id="object for a word"),
    ],
)
def test_a_thousand_rows_with_one_odd_value_are_a_thousand_rows(
    scripted: Script, field: str, value: Any, ours: str
) -> None:
    rows, session = read(scripted, catalogue.PORTS, ports(1000, **{field: value}))
    assert len(rows) == 1000
    assert getattr(rows[-1], ours) is None
    assert (rows[-1].gateway_mac, rows[-1].port_id) == (MAC, "ge-0/0/999")
    assert [row.rx_bytes_counter for row in rows[:-1]] == list(range(999))
    assert session.rejections.odd_by_field == {("stats/ports/search", field): 1}
    assert session.rejections.sentences == [
        f"1 odd value of stats/ports/search stored as unknown, such as {field} = "
        f"{json.dumps(value)} (mac {MAC}, port_id ge-0/0/999"
        + (", site_id 7)." if field == "site_id" else ").")
    ]


@pytest.mark.parametrize(
    "key", [{"port_id": ""}, {"port_id": None}, {"mac": 5}, {"mac": "{{m}}", "port_id": []}]
)
def test_a_row_whose_key_cannot_be_read_is_rejected_alone(
    scripted: Script, key: dict[str, Any]
) -> None:
    rows, session = read(scripted, catalogue.PORTS, ports(1000, **key))
    assert len(rows) == 999
    (sentence,) = session.rejections.sentences
    assert sentence.startswith("1 row of stats/ports/search rejected, as the key cannot be read")
    (example,) = session.rejections.examples
    assert example.value.costs_row


def test_a_row_that_is_no_record_or_lacks_its_key_is_rejected_alone(scripted: Script) -> None:
    keyless = [5, {"mac": MAC, "up": True}]
    rows, session = read(scripted, catalogue.PORTS, [*ports(3), *keyless])
    assert len(rows) == 3
    assert [example.value.value for example in session.rejections.examples] == ["5", "null"]


def gateway(**interfaces: Any) -> dict[str, Any]:
    good = {"port_usage": "wan", "up": True, "rx_bytes": 5, "servp_info": {"org": "Northline"}}
    return {"mac": MAC, "if_stat": {"ge-0/0/0.0": good, **interfaces}}


@pytest.mark.parametrize(
    ("interface", "left", "odd"),
    [
        pytest.param(None, None, ["if_stat.ge-0/0/9.0"], id="null interface"),
        pytest.param("down", None, ["if_stat.ge-0/0/9.0"], id="word for an interface"),
        pytest.param(
            {"up": "yes", "rx_bytes": 7, "servp_info": {"org": 5}},
            {"is_up": None, "rx_bytes_counter": 7},
            ["if_stat.ge-0/0/9.0.up", "if_stat.ge-0/0/9.0.servp_info.org"],
            id="odd values within",
        ),
    ],
)
def test_an_odd_interface_costs_itself(
    scripted: Script, interface: Any, left: dict[str, Any] | None, odd: list[str]
) -> None:
    (row,), session = read(scripted, catalogue.GATEWAYS, [gateway(**{"ge-0/0/9.0": interface})])
    assert row.interfaces["ge-0/0/0.0"].service_provider.provider == "Northline"
    found = row.interfaces.get("ge-0/0/9.0")
    assert (found is None) == (left is None)
    assert {name: getattr(found, name) for name in left or {}} == (left or {})
    assert sorted(e.value.place for e in session.rejections.examples) == sorted(odd)
    assert {field for _, field in session.rejections.odd_by_field} == {
        place.replace("ge-0/0/9.0", "*") for place in odd
    }


def test_variables_never_refuse_a_template(scripted: Script) -> None:
    """A template generator writes them into every template."""
    config = {
        "usage": "wan",
        "disabled": "{{wan1_disabled}}",
        "traffic_shaping": {"enabled": True, "max_tx_kbps": "{{wan1_upload_kbps}}"},
        "vpn_paths": {"hub": {"preference": "{{p}}"}},
    }
    templates = [{"id": f"T{n}", "port_config": {"ge-0/0/0": config}} for n in range(10)]
    rows, session = read(scripted, catalogue.TEMPLATES, templates)
    assert len(rows) == 10
    port = rows[0].port_configs["ge-0/0/0"]
    assert (port.usage, port.is_disabled) == ("wan", "{{wan1_disabled}}")
    assert (port.shaping.is_enabled, port.shaping.transmit_kbps) == (True, "{{wan1_upload_kbps}}")
    assert session.rejections.odd_count == 0  # a site's variables say whether they are


@pytest.mark.parametrize(
    ("odd", "of", "is_refused"),
    [
        pytest.param(3, 4, False, id="three are few at any share"),
        pytest.param(4, 4, True, id="all of four"),
        pytest.param(4, 80, False, id="5 %"),
        pytest.param(5, 80, True, id="over 5 %"),
        pytest.param(50, 1000, False, id="5 % of a page"),
        pytest.param(51, 1000, True, id="over 5 % of a page"),
    ],
)
def test_over_five_percent_odd_refuses_the_answer(
    scripted: Script, odd: int, of: int, is_refused: bool
) -> None:
    rows = [row | ({"up": "true"} if n < odd else {}) for n, row in enumerate(ports(of))]
    if is_refused:
        says = re.escape(
            f"stats/ports/search has not the known shape: {odd} of {of:,} rows have values of "
            'another kind, such as up = "true"'
        )
        with pytest.raises(MistAnswerError, match=says):
            read(scripted, catalogue.PORTS, rows)
    else:
        assert len(read(scripted, catalogue.PORTS, rows)[0]) == of


@pytest.mark.parametrize(("speed", "up"), [(-1, True), (1000, "{{up}}")])
def test_numbers_out_of_range_and_variables_may_be_everywhere(
    scripted: Script, speed: Any, up: Any
) -> None:
    rows = [{**row, "speed": speed, "up": up} for row in ports(100)]
    found, session = read(scripted, catalogue.PORTS, rows)
    assert len(found) == session.rejections.odd_count == 100


def test_odd_rows_of_all_pages_are_counted_together(scripted: Script) -> None:
    """Rows are sorted by time: those of one broken release may all be on one page."""
    pages = [ports(100), [{**row, "up": "true"} for row in ports(8)], ports(100)]
    answers = [
        Answer({"results": page, **({"next": f"/api/v1/orgs/{n}"} if n < 2 else {})})
        for n, page in enumerate(pages)
    ]
    session = scripted(*answers).session()
    assert len(list(session.rows(catalogue.PORTS))) == 208
    assert session.rejections.odd_count == 8


@pytest.mark.parametrize(
    "body",
    [
        {"results": {"a": 1}},
        {"results": None},
        {"rows": []},
        {"results": [], "total": "many"},
        {"results": [], "next": 5},
        "ok",
    ],
)
def test_an_odd_envelope_refuses_the_answer(scripted: Script, body: Any) -> None:
    with pytest.raises(MistAnswerError, match="stats/ports/search has not the known shape"):
        list(scripted(Answer(body)).session().rows(catalogue.PORTS))


@pytest.mark.parametrize(
    ("text", "up", "port_id"),
    [
        pytest.param(b'{"mac":"a","port_id":"x\xff"}', None, "x\ufffd", id="no UTF-8"),
        pytest.param(rb'{"mac":"a","port_id":"x\ud800y"}', None, "x?y", id="half a character"),
        pytest.param(b'{"mac":"a","port_id":"x","speed":1e999}', None, "x", id="beyond any number"),
        pytest.param(b'{"mac":"a","port_id":"x","speed":NaN,"up":true}', True, "x", id="NaN"),
    ],
)
def test_what_the_strict_decoder_cannot_read_costs_itself(
    scripted: Script, text: bytes, up: bool | None, port_id: str
) -> None:
    cloud = scripted(Answer(b'{"results":[' + text + b"]}"))
    (row,) = cloud.session().rows(catalogue.PORTS)
    assert (row.port_id, row.is_up, row.port_speed_mbps) == (port_id, up, None)


def test_half_an_answer_is_still_transient(scripted: Script) -> None:
    with pytest.raises(MistTransientError, match="not whole JSON"):
        list(scripted(Answer(b'{"results":[{"mac"')).session().rows(catalogue.PORTS))


def history(**series: Any) -> dict[str, Any]:
    rates = {name: [8.0] * 168 for name in ("rx_bps", "tx_bps", "max_rx_bps", "max_tx_bps")}
    return {"start": 1_772_323_200, "interval": 3600, **rates, **series}


def test_an_odd_bucket_of_history_costs_itself(scripted: Script) -> None:
    odd = history(rx_bps=[8.0, "n/a", None, -4.0, *[8.0] * 164])
    session = scripted(Answer(odd)).session()
    found = session.single(catalogue.PORT_HISTORY, "s1", "d1", "rx_bps")
    assert found.rx_bps_mean == [8.0, None, None, None, *[8.0] * 164]
    assert [e.value.place for e in session.rejections.examples] == ["rx_bps.1", "rx_bps.3"]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(history(start="yesterday"), id="start in words"),
        pytest.param(history(rx_bps="none"), id="word for a series"),
        pytest.param(history(rx_bps=["8"] * 168), id="a series of text"),
    ],
)
def test_history_whose_envelope_is_odd_is_refused(scripted: Script, odd: Any) -> None:
    """Its hours are stored for good, so that unknown must not be taken for what Mist knows."""
    session = scripted(Answer(odd)).session()
    with pytest.raises(MistAnswerError, match="has not the known shape"):
        session.single(catalogue.PORT_HISTORY, "s1", "d1", "rx_bps")


def test_an_odd_metric_of_the_registry_costs_itself(scripted: Script) -> None:
    kinds = {"1h": {"interval": 3600, "max_age": 1_209_600}}
    body = {"tx_bps": {"intervals": kinds}, "cpu": {"intervals": 5}, "x": "gone"}
    found = scripted(Answer(body)).session().single(catalogue.INSIGHT_METRICS)
    assert found.keys() == {"tx_bps"}


def test_an_odd_field_of_a_record_in_a_list_costs_itself(scripted: Script) -> None:
    """An answer that is one object with a list of records: they are read as rows of a page are."""
    rows: list[Any] = [
        {"gateway_mac": f"5c5b3500000{n}", "gateway_model": "SRX320"} for n in range(3)
    ]
    rows[1]["gateway_model"] = 320
    rows[2] = {"gateway_mac": None}
    session = scripted(Answer({"gateways": rows})).session()
    found = session.single(catalogue.SLE_GATEWAYS, "s1", "site", "s1", "gateway-health").rows
    assert [row.gateway_model for row in found] == ["SRX320", None]
    odd = {one.value.place: one.value.costs_row for one in session.rejections.examples}
    assert odd == {"gateways.1.gateway_model": False, "gateways.2.gateway_mac": True}


def test_rows_of_another_organization_are_no_odd_rows(scripted: Script) -> None:
    rows = [{**row, "org_id": ORG[::-1]} for row in ports(20)]
    found, session = read(scripted, catalogue.PORTS, [*ports(1, up="yes"), *rows])
    assert len(found) == 1
    assert session.rejections.odd_count == 1


def test_every_endpoint_reads_rows_by_the_same_mechanism() -> None:
    """No endpoint's rows may be raw text or a bare mapping, whose values nobody checks."""
    found = [e for e in vars(catalogue).values() if isinstance(e, Endpoint)]
    assert len(found) >= 11
    assert all(e.row is not Raw and hasattr(e.row, "__struct_fields__") for e in found)
