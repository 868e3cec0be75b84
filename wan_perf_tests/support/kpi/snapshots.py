"""Inventory snapshots of one site with a WAN port, or more."""

from datetime import datetime, timedelta
from typing import Any

from wan_perf_tests.support.kpi.rows import GATEWAY, PORT, Row

DAYS = [datetime(2026, 3, 1) + timedelta(days=n) for n in range(6)]


def wan_port(day: int, *, groups: str | None = None, port: str | None = PORT, **more: Any) -> Row:
    """A WAN port in the snapshot of that day."""
    return {
        "taken_at": DAYS[day],
        "site_id": "S1",
        "site_name": "Store 1",
        "site_groups": groups,
        "gateway_mac": GATEWAY,
        "gateway_name": "gw-a",
        "port_id": port,
        **more,
    }
