"""Mist's own ids of gateways, by which the history of a port is requested."""

from datetime import datetime, timedelta
from pathlib import Path

from wan_perf.defs.assets.port_history import _device_ids
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_INVENTORY
from wan_perf.warehouse import DuckDBWarehouse, Window

NOON = datetime.fromisoformat("2026-03-07T12:00")
HOUR = timedelta(hours=1)


def test_the_newest_snapshot_names_the_device_and_of_several_ids_the_last_counts(tmp_path: Path):
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb")
    rows = [
        {"taken_at": at, "site_id": "S1", "gateway_mac": "a", "port_id": port}
        | {"gateway_device_id": device}
        for at, port, device in [
            (NOON, "ge-0/0/0", "replaced"),
            (NOON + HOUR, "ge-0/0/0", "node 0"),
            (NOON + HOUR, "ge-0/0/1", "node 1"),
            (NOON + 2 * HOUR, "ge-0/0/0", None),
        ]
    ]
    for at in sorted({row["taken_at"] for row in rows}):
        taken = [row for row in rows if row["taken_at"] == at]
        warehouse.store(RAW_INVENTORY, conform(taken, RAW_INVENTORY), Window(at, at + HOUR))
    assert _device_ids(warehouse) == {"a": "node 1"}
