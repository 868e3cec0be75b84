"""Through Dagster: frames and expressions between assets and the warehouse, by partition."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import ibis
import ibis.expr.types as ir
import pandas as pd
import pytest

from wan_perf.defs.assets.declared import declared
from wan_perf.defs.checks import checks_of
from wan_perf.defs.io_manager import warehouse_io_manager
from wan_perf.defs.partitions import daily, hourly
from wan_perf.kpi.events.threshold_runs import threshold_pieces
from wan_perf.kpi.rollups.period_sums import circuit_days
from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HOUR, CIRCUIT_POLL, FAILOVER_PIECE
from wan_perf.warehouse import Warehouse
from wan_perf_tests.support.warehouse.dying import opened
from wan_perf_tests.support.warehouse.rows import HOUR, circuit_hours, stored, window

MIDNIGHT = datetime(2026, 3, 7)
HOURS, DAYS = hourly(MIDNIGHT), daily(MIDNIGHT)
SINGLE = dg.BackfillPolicy.single_run()


@dg.asset(**declared(CIRCUIT_HOUR), partitions_def=HOURS, backfill_policy=SINGLE)
def circuit_hour(context: dg.AssetExecutionContext) -> pd.DataFrame:
    """Two circuits an hour; the bytes tell the hour."""
    start, end = (at.replace(tzinfo=None) for at in context.partition_time_window)
    return circuit_hours(
        *(
            {
                "hour": hour.to_pydatetime(),
                "circuit_id": circuit,
                "rx_bytes": 10**9 * (hour.hour + 9),
                "utilization_pct": 100 * (hour.hour + 9) / 45,
            }
            for hour in pd.date_range(start, end, freq="h", inclusive="left")
            for circuit in ("c1", "c2")
        )
    )


def days_of(hours: ir.Table) -> ir.Table:
    """Days of nothing but hours: no paths, no failovers."""
    nothing = hours.filter(ibis.literal(False))
    absent = (FAILOVER_PIECE, CIRCUIT_POLL)
    empty = [nothing.select(**{n: ibis.null(t) for n, t in a.schema.items()}) for a in absent]
    return circuit_days(hours, threshold_pieces(hours), *empty)


@dg.asset(**declared(CIRCUIT_DAY), partitions_def=DAYS, backfill_policy=SINGLE)
def circuit_day(circuit_hour: ir.Table) -> ir.Table:
    return days_of(circuit_hour)


@dg.asset(
    **declared(CIRCUIT_HOUR),
    partitions_def=HOURS,
    ins={
        "circuit_hour": dg.AssetIn(
            partition_mapping=dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)
        )
    },
)
def broken_hour(circuit_hour: ir.Table) -> ir.Table:
    """The rows of the hour before, with a flap count that no row may have."""
    later = circuit_hour.hour + ibis.interval(hours=1)
    return circuit_hour.mutate(hour=later, flap_count=ibis.literal(-1))


broken_hour = broken_hour.map_asset_specs(lambda spec: spec.replace_attributes(key="circuit_hour"))


@dg.asset(ins={"circuit_hour": dg.AssetIn()}, partitions_def=DAYS)
def seen(context: dg.AssetExecutionContext, circuit_hour: pd.DataFrame) -> dg.MaterializeResult:
    hours = sorted({f"{hour:%d %H}" for hour in circuit_hour["hour"]})
    return dg.MaterializeResult(metadata={"first": hours[0], "last": hours[-1], "n": len(hours)})


def run(
    warehouse: Warehouse,
    asset: Any,
    first: datetime,
    last: datetime | None = None,
    checks: Sequence[dg.AssetChecksDefinition] = (),
) -> Any:
    """One run over the partition of `first`, or over those up to the one of `last`."""
    is_hourly = asset.key == circuit_hour.key
    form = "%Y-%m-%d-%H:00" if is_hourly else "%Y-%m-%d"
    chosen: dict[str, Any] = {"partition_key": f"{first:{form}}"}
    if last is not None:
        ends = {"start": f"{first:{form}}", "end": f"{last:{form}}"}
        chosen = {"tags": {f"dagster/asset_partition_range_{k}": v for k, v in ends.items()}}
    assets = [asset] if is_hourly else [asset, circuit_hour]
    return dg.materialize(
        [*assets, *checks],
        selection=[asset] if not checks else None,
        resources={"io_manager": warehouse_io_manager(warehouse), "warehouse": warehouse},
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        **chosen,
    )


@pytest.fixture(
    scope="module", params=["duckdb", pytest.param("snowflake", marks=pytest.mark.proof)]
)
def two_days(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """An engine and the folder of a warehouse with the hours of two days, of one run; no copy."""
    folder = tmp_path_factory.mktemp(request.param)
    with opened(request.param, folder) as warehouse:
        assert run(warehouse, circuit_hour, MIDNIGHT, MIDNIGHT + 47 * HOUR).success
    return request.param, folder


@pytest.fixture
def loaded(two_days: tuple[str, Path], tmp_path: Path) -> Iterator[Warehouse]:
    """The warehouse with the hours of two days: a copy for each test."""
    engine, folder = two_days
    copied = shutil.copytree(folder, tmp_path / "loaded")
    with opened(engine, copied) as warehouse:
        yield warehouse


@pytest.mark.proof
def test_a_range_and_single_runs_in_any_order_store_the_same(loaded: Warehouse) -> None:
    ranged = stored(loaded, CIRCUIT_HOUR)
    assert len(ranged) == 2 * 48
    for hours in (47, 5, 0, 5):
        assert run(loaded, circuit_hour, MIDNIGHT + hours * HOUR).success
    assert stored(loaded, CIRCUIT_HOUR) == ranged


@pytest.mark.proof
def test_a_day_is_computed_from_its_own_24_hours(loaded: Warehouse) -> None:
    """No day sees an hour of its neighbours: bytes of 0:00 to 23:00 sum to (9 + .. + 32) GB."""
    two = MIDNIGHT + timedelta(days=1)
    assert run(loaded, circuit_day, MIDNIGHT, two).success
    ranged = stored(loaded, CIRCUIT_DAY)
    named = [dict(zip(CIRCUIT_DAY.columns, row, strict=True)) for row in ranged]
    assert [(row["day"], row["circuit_id"]) for row in named] == [
        (day.date(), circuit) for day in (MIDNIGHT, two) for circuit in ("c1", "c2")
    ]
    assert {row["hour_count"] for row in named} == {24}
    assert {row["rx_bytes"] for row in named} == {sum(range(9, 33)) * 10**9}
    for day in (two, MIDNIGHT):
        assert run(loaded, circuit_day, day).success
    again = [
        dict(zip(CIRCUIT_DAY.columns, row, strict=True)) for row in stored(loaded, CIRCUIT_DAY)
    ]
    # Whether a day is whole is seen from the hour after it, which this graph does not load.
    assert [row | {"is_whole": None} for row in again] == [
        row | {"is_whole": None} for row in named
    ]


def test_a_frame_input_holds_the_upstream_partitions(loaded: Warehouse) -> None:
    result = run(loaded, seen, MIDNIGHT + timedelta(days=1))
    [event] = result.asset_materializations_for_node("seen")
    metadata = {name: value.value for name, value in event.metadata.items()}
    assert metadata == {"first": "08 00", "last": "08 23", "n": 24}


def test_a_materialization_says_how_many_rows(warehouse: Warehouse) -> None:
    result = run(warehouse, circuit_hour, MIDNIGHT, MIDNIGHT + 2 * HOUR)
    events = result.asset_materializations_for_node("circuit_hour")
    assert {event.metadata["dagster/partition_row_count"].value for event in events} == {6}


@pytest.mark.proof
def test_a_rule_broken_by_an_expression_fails_the_run_and_keeps_the_hour(loaded: Warehouse) -> None:
    before = stored(loaded, CIRCUIT_HOUR)
    result = run(loaded, broken_hour, MIDNIGHT + HOUR)
    assert not result.success
    failures = [event.step_failure_data.error for event in result.get_step_failure_events()]
    message = "".join(f"{error.message} {error.cause}" for error in failures)
    assert "circuit_hour: 2 rows break amounts_are_not_negative" in message
    assert stored(loaded, CIRCUIT_HOUR) == before


def test_every_declared_rule_is_reported_by_its_name(warehouse: Warehouse) -> None:
    result = run(warehouse, circuit_hour, MIDNIGHT, checks=[checks_of(CIRCUIT_HOUR, HOURS)])
    passed = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
    assert passed == {"key_is_unique": True} | {rule.name: True for rule in CIRCUIT_HOUR.rules}


def test_rows_that_came_another_way_are_reported_by_hour(warehouse: Warehouse) -> None:
    """A run over three hours stores good rows; then somebody breaks two of them by hand."""
    ends = MIDNIGHT, MIDNIGHT + 2 * HOUR
    assert run(warehouse, circuit_hour, *ends).success
    with warehouse.session() as session:
        session.run(
            "UPDATE circuit_hour SET down_minutes = 11 WHERE hour > '2026-03-07 00:00:00' "
            "AND circuit_id = 'c1'"
        )
        session.run(
            "INSERT INTO circuit_hour SELECT * FROM circuit_hour "
            "WHERE hour = '2026-03-07 02:00:00' AND circuit_id = 'c2'"
        )
    checks = dg.define_asset_job("checks", dg.AssetSelection.all_asset_checks())
    definitions = dg.Definitions(
        assets=[circuit_hour],
        asset_checks=[checks_of(CIRCUIT_HOUR, HOURS)],
        jobs=[checks],
        resources={"io_manager": warehouse_io_manager(warehouse), "warehouse": warehouse},
    )
    keys = [f"{at:%Y-%m-%d-%H:00}" for at in ends]
    result = definitions.resolve_job_def("checks").execute_in_process(
        tags={
            "dagster/asset_partition_range_start": keys[0],
            "dagster/asset_partition_range_end": keys[1],
        },
        raise_on_error=False,
    )
    broken = {
        check.check_name: check
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }
    assert set(broken) == {
        "key_is_unique",
        "down_minutes_is_60_minus_up_minutes",
        "known_down_and_unknown_make_down",
    }
    down = broken["down_minutes_is_60_minus_up_minutes"].metadata
    assert down["rows_broken"].value == 2
    assert down["failed_partitions"].value == ["2026-03-07-01:00", "2026-03-07-02:00"]
    assert broken["key_is_unique"].metadata["failed_partitions"].value == ["2026-03-07-02:00"]
    lines = str(down["rows_by_partition"].value).splitlines()[2:]
    assert [line.split("|")[1].strip() for line in lines] == [
        "2026-03-07 01:00:00",
        "2026-03-07 02:00:00",
    ]
    assert [line.split("|")[2].strip() for line in lines] == ["1", "1"]
    assert broken["key_is_unique"].metadata["rows_broken"].value == 1
    assert "2026-03-07 02:00:00" in str(broken["key_is_unique"].metadata["rows_by_partition"].value)


def test_no_upstream_partition_is_no_row_and_not_the_whole_table(warehouse: Warehouse) -> None:
    """The day before has no partition upstream of the first hour."""
    before = dg.TimeWindowPartitionMapping(
        start_offset=-24, end_offset=-24, allow_nonexistent_upstream_partitions=True
    )

    @dg.asset(partitions_def=HOURS, ins={"circuit_hour": dg.AssetIn(partition_mapping=before)})
    def day_before(circuit_hour: pd.DataFrame) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"rows": len(circuit_hour)})

    warehouse.store(CIRCUIT_HOUR, circuit_hours({"hour": MIDNIGHT}), window(MIDNIGHT))
    result = dg.materialize(
        [day_before, circuit_hour],
        selection=[day_before],
        partition_key=f"{MIDNIGHT:%Y-%m-%d-%H:00}",
        resources={"io_manager": warehouse_io_manager(warehouse)},
    )
    [event] = result.asset_materializations_for_node("day_before")
    assert event.metadata["rows"].value == 0
