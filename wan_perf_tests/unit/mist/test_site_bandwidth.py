"""Which rates a site's variables and speed tests give to which port."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from wan_perf.inventory.site_bandwidth import apply_speed_tests, apply_variables
from wan_perf.mist.client.rejected_rows import Rejections
from wan_perf.mist.endpoints.instants import epoch
from wan_perf.mist.endpoints.records.speed_tests import SpeedTest
from wan_perf_tests.support.mist.estates import MAC, TAKEN_AT

DAY = timedelta(days=1)


def row(port_id: str = "ge-0/0/0", wan_name: str | None = "wan0", **more: Any) -> dict[str, Any]:
    given = {"interface": None, "gateway_mac": MAC, **more}
    return {
        "site_id": "s1",
        "site_name": "Store 0001",
        "port_id": port_id,
        "wan_name": wan_name,
        **given,
    }


@pytest.mark.parametrize(
    ("variables", "rates"),
    [
        pytest.param({"wan0_down_mbps": "200", "wan0_up_mbps": "20.5"}, (200, 20.5), id="both"),
        pytest.param({"wan0_down_mbps": "200"}, (200, None), id="one"),
        pytest.param({"wan0_down_mbps": 200}, (200, None), id="a number in place of text"),
        pytest.param({"wan1_down_mbps": "200"}, (None, None), id="of another WAN"),
        pytest.param({"ge-0/0/0_down_mbps": "200"}, (None, None), id="a port's name is none"),
        pytest.param({"WAN0_down_mbps": "200"}, (None, None), id="names are exact"),
        pytest.param({"RADIUS_SECRET": "x", "wan0": "200"}, (None, None), id="other variables"),
        pytest.param({}, (None, None), id="none"),
    ],
)
def test_a_variable_belongs_to_the_wan_of_its_name(
    variables: dict[str, Any], rates: tuple[float | None, float | None]
) -> None:
    wan = row(variable_down_mbps=1.0, variable_up_mbps=1.0)
    assert apply_variables([wan], variables) == []
    assert (wan["variable_down_mbps"], wan["variable_up_mbps"]) == rates


@pytest.mark.parametrize(
    "message", ["fast", "0", "-5", "nan", "inf", "1_000", "", "{{rate}}", True, [200], 0]
)
def test_a_value_that_is_no_positive_number_is_rejected_and_reported_once(message: Any) -> None:
    ports = [row(), row("ge-0/0/1")]
    [sentence] = apply_variables(ports, {"wan0_down_mbps": message, "wan0_up_mbps": "20"})
    assert [(p["variable_down_mbps"], p["variable_up_mbps"]) for p in ports] == [(None, 20)] * 2
    assert sentence.startswith("Site 'Store 0001': variable wan0_down_mbps is ")
    assert sentence.endswith("no positive number of Mbit/s; correct it in the site's settings.")


def test_a_wan_without_name_has_no_variable() -> None:
    wan = row(wan_name=None)
    apply_variables([wan], {"None_down_mbps": "200", "_down_mbps": "200"})
    assert wan["variable_down_mbps"] is None


def speed_test(**given: Any) -> SpeedTest:
    fields = {
        "mac": MAC,
        "port_id": "ge-0/0/0",
        "timestamp": epoch(TAKEN_AT - DAY),
        "failed": False,
        "rx_mbps": 180,
        "tx_mbps": 18,
        **given,
    }
    return msgspec.convert(fields, SpeedTest)


GOOD = speed_test()


@pytest.mark.parametrize(
    ("tests", "rates"),
    [
        pytest.param([GOOD], (180, 18), id="one"),
        pytest.param(
            [speed_test(rx_mbps=90, tx_mbps=30), GOOD], (180, 18), id="that received fastest"
        ),
        pytest.param(
            [speed_test(tx_mbps=25), GOOD], (180, 25), id="of two as fast that which sent faster"
        ),
        pytest.param([speed_test(rx_mbps=900, failed=True), GOOD], (180, 18), id="one failed"),
        pytest.param([speed_test(failed=True)], (None, None), id="all failed"),
        pytest.param([speed_test(failed=None)], (180, 18), id="not said to have failed"),
        pytest.param(
            [speed_test(timestamp=epoch(TAKEN_AT - 30 * DAY))], (180, 18), id="30 days old"
        ),
        pytest.param(
            [speed_test(timestamp=epoch(TAKEN_AT - 30 * DAY) - 1)], (None, None), id="older"
        ),
        pytest.param([speed_test(rx_mbps=0, tx_mbps=0)], (None, None), id="measured nothing"),
        pytest.param([speed_test(rx_mbps=0)], (None, 18), id="received nothing"),
        pytest.param([speed_test(rx_mbps=-1, tx_mbps=None)], (None, None), id="no rate"),
        pytest.param([speed_test(mac="bb")], (None, None), id="of another gateway"),
        pytest.param([speed_test(port_id="ge-0/0/1")], (None, None), id="of another port"),
        pytest.param([speed_test(port_id=None)], (None, None), id="of no port"),
        pytest.param([speed_test(port_id="ge-0/0/0.0")], (180, 18), id="with unit 0"),
        pytest.param([speed_test(port_id="ge-0/0/0.100")], (180, 18), id="with a unit"),
        pytest.param([], (None, None), id="none"),
    ],
)
def test_the_best_test_of_a_port_counts(
    tests: list[SpeedTest], rates: tuple[float | None, float | None]
) -> None:
    port = row(tested_down_mbps=1.0, tested_up_mbps=1.0)
    rejections = Rejections()
    apply_speed_tests([port], tests, TAKEN_AT, rejections)
    assert (port["tested_down_mbps"], port["tested_up_mbps"]) == rates
    assert rejections.sentences == []


def test_a_unit_that_is_a_circuit_of_its_own_has_its_own_test() -> None:
    ports = [row("ge-0/0/0.130"), row("ge-0/0/0.140")]
    apply_speed_tests(ports, [speed_test(port_id="ge-0/0/0.140")], TAKEN_AT, Rejections())
    assert [port["tested_down_mbps"] for port in ports] == [None, 180]


def test_a_test_over_an_interface_is_of_the_ports_behind_it() -> None:
    ports = [row("ge-0/0/4", interface="ae0"), row("ge-0/0/7")]
    apply_speed_tests(ports, [speed_test(port_id="ae0")], TAKEN_AT, Rejections())
    assert [port["tested_down_mbps"] for port in ports] == [180, None]


def test_tests_without_an_instant_or_with_one_to_come_are_rejected_and_reported() -> None:
    port, rejections = row(), Rejections()
    odd = [speed_test(timestamp=None), speed_test(timestamp=epoch(TAKEN_AT + DAY))]
    apply_speed_tests([port], odd, TAKEN_AT, rejections)
    assert port["tested_down_mbps"] is None
    undated, ahead = sorted(rejections.sentences, key=lambda sentence: "future" in sentence)
    assert undated == ("1 row of synthetic_test/search rejected: they do not say when they were.")
    assert "their instant lies in the future" in ahead
