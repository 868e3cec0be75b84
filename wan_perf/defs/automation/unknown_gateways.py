"""Gateways that a poll has at a site and the inventory has not: a replaced one, a new store's.

Belongs here: which gateways these are, and the sensor that takes an inventory because of them.
Keep out: the usual cadence of the inventory (`conditions`).

Until an inventory knows it, a store with a replaced gateway is that of the old one, of which there
is no telemetry any more: for up to six hours it would look unreachable.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import dagster as dg

from wan_perf.defs.automation.run_queues import HISTORY, lane
from wan_perf.mist.collect.clock import Clock, floored
from wan_perf.schema.tables import RAW_GATEWAY_STATUS, RAW_INVENTORY
from wan_perf.warehouse import Warehouse, Window

_HOUR = timedelta(hours=1)
_LOOK_BACK = 12 * _HOUR
"""Twice the time between two inventories: whoever was polled before the newest one is no news."""


def unknown_gateways(warehouse: Warehouse, now: datetime) -> list[str]:
    """MACs of gateways that the newest poll has at a site and the newest inventory has not.

    The inventory may have them elsewhere, or as spares. They were first polled there since: one
    that an inventory has left out, for whatever reason, is not named after it. In order; none where
    there is no inventory.
    """
    inventory = warehouse.lazy(RAW_INVENTORY)
    newest = inventory.filter(inventory.taken_at == inventory.taken_at.max())
    hour = floored(now, _HOUR)
    polled = warehouse.lazy(RAW_GATEWAY_STATUS, Window(hour - _LOOK_BACK, hour + _HOUR))
    seen = polled.group_by("gateway_mac", "site_id").aggregate(
        first_at=polled.pass_at.min(), last_at=polled.pass_at.max()
    )
    present = seen.filter(seen.last_at == seen.last_at.max())
    taken = newest.aggregate(taken_at=newest.taken_at.max())
    rows = present.cross_join(taken).anti_join(newest, ["gateway_mac", "site_id"])
    found = warehouse.query(rows.filter(rows.first_at > rows.taken_at).select("gateway_mac"))
    return sorted(found["gateway_mac"])


def unknown_gateway_sensor(job: str, *, is_running: bool) -> dg.SensorDefinition:
    """The sensor that runs the inventory's job once for the same unknown gateways in a day."""

    @dg.sensor(
        name="unknown_gateways",
        job_name=job,
        minimum_interval_seconds=300,
        default_status=(
            dg.DefaultSensorStatus.RUNNING if is_running else dg.DefaultSensorStatus.STOPPED
        ),
        description="An inventory, where polls have a gateway that the newest one has not.",
    )
    def unknown(
        clock: dg.ResourceParam[Clock], warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = clock.now()
        found = unknown_gateways(warehouse, now)
        if not found:
            yield dg.SkipReason("The inventory has every gateway that is polled.")
            return
        yield dg.RunRequest(run_key=f"{now:%Y-%m-%d} {' '.join(found)}", tags=lane(HISTORY))

    return unknown
