"""Refuse before you replace: rows that break a declared rule leave the old slice as it was."""

from typing import Any

import pytest

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import RefusedRowsError, Warehouse
from wan_perf_tests.support.warehouse.rows import (
    H5,
    H6,
    as_expression,
    circuit_hours,
    stored,
    window,
)

BREACHES = [
    pytest.param([{}, {}], "key_is_unique", "circuit_id=c1", id="the key repeated"),
    pytest.param([{"circuit_id": None}], "required_values_are_present", "site_id=s1", id="no key"),
    pytest.param([{"site_id": None}], "required_values_are_present", "circuit_id=c1", id="no site"),
    pytest.param(
        [{"bandwidth_source": "guess"}],
        "words_are_known",
        "bandwidth_source=guess",
        id="an unknown word",
    ),
    pytest.param([{"flap_count": -1}], "amounts_are_not_negative", "flap_count=-1", id="negative"),
    pytest.param(
        [{"observed_minutes": 60.1, "utilization_pct": None}],
        "minutes_are_0_to_60",
        "observed_minutes=60.1",
        id="more than 60 minutes",
    ),
    pytest.param(
        [{"up_minutes": -0.1, "down_minutes": 60.1}],
        "minutes_are_0_to_60",
        "up_minutes=-0.1",
        id="less than no minutes",
    ),
    pytest.param(
        [{"down_minutes": 9.0, "known_down_minutes": 6.0}],
        "down_minutes_is_60_minus_up_minutes",
        "down_minutes=9.0",
        id="60 minus up",
    ),
    pytest.param(
        [{"known_down_minutes": 8.0}],
        "known_down_and_unknown_make_down",
        "known_down_minutes=8.0",
        id="known down and unknown",
    ),
    pytest.param(
        [{"status_hourly": "Down"}],
        "status_follows_up_minutes",
        "status_hourly=Down",
        id="down with minutes up",
    ),
    pytest.param(
        [{"utilization_pct": 21.0}],
        "utilization_follows_its_formula",
        "utilization_pct=21.0",
        id="another utilization than the formula's",
    ),
]


@pytest.mark.parametrize(("changes", "rule", "example"), BREACHES)
def test_a_broken_rule_replaces_nothing_and_is_named(
    warehouse: Warehouse, changes: list[dict[str, Any]], rule: str, example: str
) -> None:
    assert_refused(warehouse, circuit_hours(*changes, {"circuit_id": "good"}), rule, example)


def test_a_rule_broken_by_computed_rows_replaces_nothing_and_is_named(warehouse: Warehouse) -> None:
    """Rules see the staged rows, whichever way these came: one rule stands for all."""
    rows = circuit_hours({"flap_count": -1}, {"circuit_id": "good"})
    computed = as_expression(warehouse, CIRCUIT_HOUR, rows)
    assert_refused(warehouse, computed, "amounts_are_not_negative", "flap_count=-1")


def assert_refused(warehouse: Warehouse, rows: Any, rule: str, example: str) -> None:
    """The rows break that rule alone, once; the row that was stored before is the only one."""
    warehouse.store(CIRCUIT_HOUR, circuit_hours({"circuit_id": "old"}), window(H5))
    before = stored(warehouse, CIRCUIT_HOUR)
    with pytest.raises(RefusedRowsError) as refused:
        warehouse.store(CIRCUIT_HOUR, rows, window(H5))
    message = str(refused.value)
    assert message.startswith(f"circuit_hour: 1 row breaks {rule} (")
    assert "nothing was replaced" in message
    assert example in message.split("One of them: ")[1]
    assert stored(warehouse, CIRCUIT_HOUR) == before


def test_a_frame_with_a_row_outside_its_window_is_refused(warehouse: Warehouse) -> None:
    warehouse.store(CIRCUIT_HOUR, circuit_hours({}, {"hour": H6}), window(H5, 2))
    before = stored(warehouse, CIRCUIT_HOUR)
    rows = circuit_hours({"flap_count": 3}, {"hour": H6, "flap_count": 3})
    with pytest.raises(RefusedRowsError, match=r"within_the_window .*hour=2026-03-08 06:00"):
        warehouse.store(CIRCUIT_HOUR, rows, window(H5))
    assert stored(warehouse, CIRCUIT_HOUR) == before


def test_a_computed_row_without_its_hour_is_refused_and_not_lost(warehouse: Warehouse) -> None:
    rows = as_expression(warehouse, CIRCUIT_HOUR, circuit_hours({}, {"hour": None}))
    with pytest.raises(RefusedRowsError, match="1 row breaks required_values_are_present"):
        warehouse.store(CIRCUIT_HOUR, rows, window(H5))


def test_every_broken_rule_is_named(warehouse: Warehouse) -> None:
    rows = circuit_hours({"flap_count": -1}, {"circuit_id": "c2", "status_hourly": "Sideways"})
    with pytest.raises(RefusedRowsError) as refused:
        warehouse.store(CIRCUIT_HOUR, rows, window(H5))
    for rule in (
        "words_are_known",
        "amounts_are_not_negative",
        "status_follows_up_minutes",
    ):
        assert rule in str(refused.value)


def test_a_rule_that_only_warns_refuses_nothing(warehouse: Warehouse) -> None:
    burst = {"rx_bytes": 54_000_000_000, "utilization_pct": 120.0}
    warehouse.store(CIRCUIT_HOUR, circuit_hours(burst), window(H5))
    assert len(stored(warehouse, CIRCUIT_HOUR)) == 1


def test_a_value_of_another_type_replaces_nothing(warehouse: Warehouse) -> None:
    """A fault of ours, so the engine's own error is shown; the old rows stand all the same."""
    warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    before = stored(warehouse, CIRCUIT_HOUR)
    rows = circuit_hours({}).astype({"flap_count": object}).assign(flap_count="many")
    with pytest.raises(Exception, match="many"):
        warehouse.store(CIRCUIT_HOUR, rows, window(H5))
    assert stored(warehouse, CIRCUIT_HOUR) == before


def test_the_stage_is_gone_after_a_store_and_after_a_refusal(
    warehouse: Warehouse, statements: list[str]
) -> None:
    warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    with pytest.raises(RefusedRowsError):
        warehouse.store(CIRCUIT_HOUR, circuit_hours({}, {}), window(H5))
    stages = [sql.split()[3] for sql in statements if sql.startswith("CREATE TEMPORARY TABLE")]
    assert len(set(stages)) == 2
    for stage in stages:
        with warehouse.session() as session, pytest.raises(Exception, match=r"(?i)does not exist"):
            session.run(f"SELECT * FROM {stage}")
