"""What weeks follow: their days, and not the hours that both read.

Three tables stand for those of the graph, under their names. The clock stands at the Monday after
a week of which one hour, its day and the week are stored.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from wan_perf.defs.automation.conditions import follows_periods
from wan_perf.defs.automation.run_queues import HISTORY, lane
from wan_perf_tests.support.memory import memory

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@dg.asset(partitions_def=dg.HourlyPartitionsDefinition(start_date=MONDAY, timezone="UTC"))
def circuit_hour() -> None:
    pass


@dg.asset(
    partitions_def=dg.DailyPartitionsDefinition(start_date=MONDAY, timezone="UTC"),
    deps=[circuit_hour],
)
def circuit_day() -> None:
    pass


@dg.asset(
    partitions_def=dg.WeeklyPartitionsDefinition(start_date=MONDAY, day_offset=1, timezone="UTC"),
    deps=[circuit_hour, circuit_day],
    automation_condition=follows_periods(),
)
def circuit_week() -> None:
    pass


ALL = dg.Definitions(assets=[circuit_hour, circuit_day, circuit_week])
KEYS = {circuit_hour: f"{MONDAY:%Y-%m-%d-%H:00}"} | dict.fromkeys(
    (circuit_day, circuit_week), f"{MONDAY:%Y-%m-%d}"
)


def test_a_week_follows_its_days_and_not_their_hours():
    """An hour that is stored again requests nothing; the day that follows it requests the week."""
    now, cursor = MONDAY + timedelta(days=8), None
    requested: list[set[Any]] = []
    with memory() as instance:
        for changed in ((circuit_hour, circuit_day, circuit_week), (circuit_hour,), (circuit_day,)):
            for asset in changed:
                ALL.resolve_implicit_global_asset_job_def().execute_in_process(
                    instance=instance,
                    asset_selection=[asset.key],
                    partition_key=KEYS[asset],
                    tags=lane(HISTORY),
                )
            now += timedelta(seconds=30)
            found = dg.evaluate_automation_conditions(
                ALL, instance=instance, evaluation_time=now, cursor=cursor
            )
            cursor = found.cursor
            requested.append({*found.get_requested_partitions(circuit_week.key)})
    assert requested == [set(), set(), {KEYS[circuit_week]}]
