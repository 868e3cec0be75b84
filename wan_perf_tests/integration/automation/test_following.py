"""What follows a change, whatever else came between two ticks of the sensor.

Three tables of hours stand for those of the graph: `found` follows `measured` and `drawn` follows
`found`, by the condition of facts. The clock stands 16 days after the first hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from wan_perf.defs.automation.conditions import (
    FACTS_SENSOR,
    due_every_six_hours,
    follows_hours,
    follows_inventory,
)
from wan_perf.defs.automation.run_queues import HISTORY, LIVE, REQUESTED_BY, lane
from wan_perf_tests.support.memory import memory

START = datetime(2026, 3, 2, tzinfo=UTC)
BROKEN: set[str] = set()
"""Tables whose runs fail."""
HOURS = dg.HourlyPartitionsDefinition(start_date=START, timezone="UTC")
AT_ONCE = dg.BackfillPolicy.single_run()


@dg.asset(partitions_def=HOURS, backfill_policy=AT_ONCE)
def measured() -> None:
    pass


@dg.asset(
    partitions_def=HOURS,
    backfill_policy=AT_ONCE,
    deps=[measured],
    automation_condition=follows_hours(),
)
def found() -> None:
    if "found" in BROKEN:
        raise dg.Failure("broken")


@dg.asset(
    partitions_def=HOURS,
    backfill_policy=AT_ONCE,
    deps=[found],
    automation_condition=follows_hours(),
)
def drawn() -> None:
    pass


ALL = dg.Definitions(assets=[measured, found, drawn])
SENSOR_TAGS = {**lane(HISTORY), REQUESTED_BY: FACTS_SENSOR}


def hour(n: int) -> str:
    return f"{START + timedelta(hours=n):%Y-%m-%d-%H:00}"


@dataclass
class Home:
    instance: dg.DagsterInstance
    now: datetime = START + timedelta(days=16)
    cursor: Any = None

    def run(self, *assets: Any, hours: range, tags: dict[str, str] | None = None) -> None:
        ends = {"start": hour(hours[0]), "end": hour(hours[-1])}
        between = {f"dagster/asset_partition_range_{end}": key for end, key in ends.items()}
        ALL.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=self.instance,
            asset_selection=[asset.key for asset in assets],
            raise_on_error=False,
            tags={**lane(HISTORY), **(tags or {}), **between},
        )

    def requested(self, asset: Any = found) -> set[str | None]:
        """Hours of one table that the sensor requests now."""
        return self.requested_of_each()[asset.key.to_user_string()]

    def requested_of_each(self) -> dict[str, set[str | None]]:
        self.now += timedelta(seconds=30)
        evaluated = dg.evaluate_automation_conditions(
            ALL, instance=self.instance, evaluation_time=self.now, cursor=self.cursor
        )
        self.cursor = evaluated.cursor
        return {
            asset.key.to_user_string(): {*evaluated.get_requested_partitions(asset.key)}
            for asset in (found, drawn)
        }


@pytest.fixture
def home() -> Iterator[Home]:
    with memory() as instance:
        home = Home(instance)
        home.run(measured, found, drawn, hours=range(3))
        assert home.requested() == set()
        yield home
    BROKEN.clear()


def test_what_changed_is_requested_once(home: Home):
    home.run(measured, hours=range(1, 3))
    assert home.requested() == {hour(1), hour(2)}
    assert home.requested() == set()


def test_what_was_followed_before_the_tick_is_not_requested(home: Home):
    home.run(measured, found, drawn, hours=range(3))
    home.run(measured, hours=range(1))
    home.run(found, drawn, hours=range(1))
    assert home.requested() == set()


def test_a_change_after_the_update_of_the_same_tick_is_not_lost(home: Home):
    home.run(found, drawn, hours=range(3))
    home.run(measured, hours=range(1, 2))
    assert home.requested() == {hour(1)}


def test_a_change_after_the_request_of_the_last_tick_is_not_lost(home: Home):
    home.run(measured, hours=range(2))
    assert home.requested() == {hour(0), hour(1)}
    home.run(measured, hours=range(1))
    assert home.requested() == {hour(0)}


def test_what_is_requested_together_is_no_cause_within(home: Home):
    home.run(measured, hours=range(2))
    assert home.requested(drawn) == {hour(0), hour(1)}
    home.run(found, hours=range(2), tags=SENSOR_TAGS)
    home.run(drawn, hours=range(2), tags=SENSOR_TAGS)
    assert home.requested(drawn) == set()


@pytest.mark.proof
def test_a_fortnight_that_was_requested_is_not_requested_again(home: Home):
    """Of more than a hundred hours of one tick Dagster does not report which were updated last."""
    home.run(measured, hours=range(336))
    assert len(home.requested()) == 336
    home.run(found, drawn, hours=range(336), tags=SENSOR_TAGS)
    assert home.requested_of_each() == {"found": set(), "drawn": set()}


@pytest.mark.proof
def test_a_persons_fortnight_is_requested_once_at_most(home: Home):
    home.run(measured, found, drawn, hours=range(336))
    home.requested()
    home.run(found, drawn, hours=range(336), tags=SENSOR_TAGS)
    assert home.requested_of_each() == {"found": set(), "drawn": set()}


def test_a_live_run_is_no_cause(home: Home):
    home.run(measured, hours=range(3), tags=lane(LIVE))
    assert home.requested() == set()


def test_what_follows_something_that_comes_alone_comes_too(home: Home):
    """Drawn is newer than found, but found is requested, and so drawn has to follow it again."""
    home.run(measured, hours=range(1))
    home.run(drawn, hours=range(1))
    assert home.requested_of_each() == {"found": {hour(0)}, "drawn": {hour(0)}}


def test_what_failed_is_requested_again_each_hour_until_it_succeeds(home: Home):
    home.run(measured, hours=range(1))
    both = {"found": {hour(0)}, "drawn": {hour(0)}}
    assert home.requested_of_each() == both
    BROKEN.add("found")
    for _ in range(2):
        home.run(found, drawn, hours=range(1), tags=SENSOR_TAGS)
        assert home.requested_of_each() == {"found": set(), "drawn": set()}
        home.now += timedelta(hours=1)
        assert home.requested_of_each() == both
    BROKEN.clear()
    home.run(found, drawn, hours=range(1), tags=SENSOR_TAGS)
    home.now += timedelta(hours=1)
    assert home.requested_of_each() == {"found": set(), "drawn": set()}


def test_an_inventory_that_failed_is_taken_again_within_the_hour(home: Home):
    """And so is what stands on it; the next regular one would be six hours later."""

    @dg.asset(automation_condition=due_every_six_hours())
    def listed() -> None:
        if BROKEN:
            raise dg.Failure("broken")

    @dg.asset(deps=[listed], automation_condition=follows_inventory())
    def known() -> None:
        if BROKEN:
            raise dg.Failure("broken")

    both = dg.Definitions(assets=[listed, known])
    cursor, now = None, home.now + timedelta(minutes=5)

    def requested_after(after: timedelta) -> int:
        nonlocal cursor, now
        now += after
        evaluated = dg.evaluate_automation_conditions(
            both, instance=home.instance, evaluation_time=now, cursor=cursor
        )
        cursor = evaluated.cursor
        return evaluated.total_requested

    def run(*assets: Any) -> None:
        both.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=home.instance,
            asset_selection=[asset.key for asset in assets],
            raise_on_error=False,
        )

    run(listed, known)
    assert requested_after(timedelta()) == 0
    BROKEN.add("known")
    run(known)
    assert requested_after(timedelta(minutes=1)) == 0
    assert requested_after(timedelta(hours=1)) == 1
    run(listed)
    assert requested_after(timedelta(hours=1)) == 2
    BROKEN.clear()
    run(listed, known)
    requested_after(timedelta(minutes=1))
    assert requested_after(timedelta(hours=1)) == 0
