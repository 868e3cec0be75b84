"""What is due: the inventory, and which hours a range or the poll of now is made of.

Belongs here: when an inventory is old, the hours of each run, whether a range is stored already.
Keep out: running it (`runs`), saying only what would be requested (`dry_run`).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import dagster as dg

from wan_perf.cli.arguments import resolved
from wan_perf.cli.final_hours import is_stored
from wan_perf.cli.jobs import Jobs
from wan_perf.cli.ranges import HOUR, ceiled, check_range
from wan_perf.defs.assets.inventory import FILES, TAKEN_AT
from wan_perf.defs.automation.unknown_gateways import unknown_gateways
from wan_perf.defs.resources import PolicyFile, files_digest
from wan_perf.errors import UsageError
from wan_perf.mist.collect.cadence import PASS_EVERY, reach_back
from wan_perf.mist.collect.clock import floored
from wan_perf.mist.collect.polls import EVENT_RETENTION
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_PORT,
    DIM_CIRCUIT,
    DIM_CONTRACT,
    DIM_POLICY,
    DIM_SITE,
    RAW_INVENTORY,
    RAW_PORT_SAMPLE,
)
from wan_perf.time_argument import TimeArgument

CHUNK = EVENT_RETENTION
"""Hours of a run: all that Mist keeps, since a port's history takes two calls for any number."""
INVENTORY_EVERY = timedelta(hours=6)
FROM_INVENTORY = (DIM_CONTRACT, DIM_SITE, DIM_CIRCUIT, CIRCUIT_PORT, DIM_POLICY)
"""What a run of the inventory stores after the snapshot; hours without it lack their levels."""


class DueJobs(Jobs):
    """Jobs, and what of them is due by the clock of these settings."""

    def resolved(self, given: TimeArgument | None) -> datetime | None:
        """The instant that a person gave, by the clock of these settings; naive UTC."""
        is_relative = given is not None and given.at is None
        return resolved(given, self.clock.now() if is_relative else None)

    def hours_to_collect(
        self, start: datetime | None, end: datetime | None
    ) -> tuple[datetime, datetime, datetime]:
        """The whole hours of a range, without a range the hour of the poll that is due; and now.

        Raises:
            UsageError: the range is empty, has no start, or cannot be collected; or a simulator's
                clock, moved to its end, is still before the newest poll.
        """
        if start is None and end is not None:
            raise UsageError("--end is given without --start; give both, or neither.")
        now = self.clock.now()
        due = floored(now, PASS_EVERY)
        latest = now if self.settings.clock == "real" else None
        wanted = (start or due, end or due + PASS_EVERY)
        first, last = check_range(*wanted, HOUR, self.settings.start, latest)
        if self.settings.clock == "simulator":
            self._refuse_earlier_clock(now, last)
        return first, last, now

    def _refuse_earlier_clock(self, now: datetime, last: datetime) -> None:
        """Refuse what a simulator that was started again answers before the newest poll."""
        newest = self._ends(RAW_PORT_SAMPLE, "pass_at")[1]
        if newest is not None and max(now, last) < newest:
            raise UsageError(
                f"The simulator's clock ({now:%Y-%m-%d %H:%M} UTC) is before the newest poll "
                f"({newest:%Y-%m-%d %H:%M}): it was started again. Start it with a later --start, "
                "or collect into another home (WAN_PERF_HOME)."
            )

    def earliest(self, now: datetime) -> datetime:
        """The first hour of which Mist still has events, where partitions begin before it."""
        return max(floored(self.settings.start, HOUR), ceiled(now - EVENT_RETENTION, HOUR))

    def chunks(
        self, first: datetime, last: datetime, now: datetime, *, due_only: bool
    ) -> Iterator[tuple[datetime, datetime]]:
        """The hours of each run of a range: each begins early, see `collect`."""
        early = reach_back(floored(now, PASS_EVERY)) if due_only else HOUR
        while first < last:
            until = min(first + CHUNK, last)
            yield max(first - early, min(self.earliest(now), first)), until
            first = until

    def oldest_hour(self) -> datetime | None:
        """The oldest stored circuit-hour; None where there is none."""
        return self._ends(CIRCUIT_HOUR, "hour")[0]

    @property
    def score_hours(self) -> timedelta:
        """How far back a range requests Mist's site scores."""
        return timedelta(hours=self.settings.score_hours)

    @property
    def instance(self) -> dg.DagsterInstance:
        """Where runs are recorded; opened, and the home made, if need be."""
        return self._instance

    def is_stored(self, first: datetime, last: datetime, now: datetime) -> bool:
        """Whether a range is stored and final; without a warehouse no home is opened for it."""
        if not self.warehouse.holds(CIRCUIT_HOUR):
            return False
        return is_stored(self._instance, self.warehouse, first, last, now, self.windows_from())

    def windows_from(self) -> datetime:
        """The oldest hour of which trailing windows are computed, by the policy."""
        age = PolicyFile(self.settings).read().windows.age
        return floored(self.clock.now() - age, HOUR)

    def inventory_is_due(self, now: datetime) -> bool:
        """Whether the newest inventory is old, of other files, newer than what is made of it.

        Or lacks a gateway that was polled since.
        """
        newest = self._ends(RAW_INVENTORY, "taken_at")[1]
        if newest is None or newest < now - INVENTORY_EVERY:
            return True
        recorded = self._recorded_inventory()
        # Dagster's disk may be full when the warehouse's is not; then the dimensions, made of the
        # inventory before, look as if they were made of the newest.
        if recorded.get(TAKEN_AT, f"{newest}") != f"{newest}":
            return True
        # A file may be corrected within the minutes of one poll: its content says so, not its time.
        if recorded and recorded.get(FILES) != files_digest(self.settings):
            return True
        return self._dimensions_are_behind() or bool(unknown_gateways(self.warehouse, now))

    def _recorded_inventory(self) -> dict[str, object]:
        """What Dagster recorded of the newest inventory that it knows of; empty without one."""
        event = self._instance.get_latest_materialization_event(dg.AssetKey(RAW_INVENTORY.name))
        record = event and event.asset_materialization
        return {name: value.value for name, value in record.metadata.items()} if record else {}

    def _dimensions_are_behind(self) -> bool:
        """Whether a dimension is missing, empty, or older than the inventory that feeds it.

        A run that was killed between the two leaves a fresh inventory and dimensions that know
        nothing of it; so does a table that somebody dropped.
        """
        if not all(self.warehouse.holds(table) for table in FROM_INVENTORY):
            return True
        if self._ends(DIM_SITE, "valid_from")[0] is None:
            return True
        taken = self._stored_at(RAW_INVENTORY)
        return any(self._stored_at(table) < taken for table in FROM_INVENTORY) if taken else False

    def _stored_at(self, table: Table) -> float:
        """When this home's Dagster recorded the table last; 0 where it never did. [epoch s]"""
        event = self._instance.get_latest_materialization_event(dg.AssetKey(table.name))
        return event.timestamp if event else 0.0
