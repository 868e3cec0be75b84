"""Rows of the dimensions: one site with circuits on the ports of one gateway."""

from datetime import datetime
from typing import Any

from wan_perf.policy.local_calendar import local_hours
from wan_perf.policy.policy_scopes import known_names, resolved
from wan_perf.policy.thresholds import Override, Policy
from wan_perf_tests.support.kpi.rows import GATEWAY, HOUR, PORT, H, Row

EVER = datetime(1970, 1, 1)


def site(**more: Any) -> Row:
    return {
        "site_id": "S1",
        "site_name": "Store 1",
        "region": "West",
        "store_type": "Express",
        "time_zone": "Europe/Berlin",
        "valid_from": EVER,
        **more,
    }


def circuit(circuit_id: str = "C1", **more: Any) -> Row:
    base = {"circuit_id": circuit_id, "site_id": "S1", "bandwidth_mbps": 8.0, "valid_from": EVER}
    return {**base, "bandwidth_source": "contract", **more}


def carried(circuit_id: str = "C1", port: str = PORT, gateway: str = GATEWAY, **more: Any) -> Row:
    return {
        "circuit_id": circuit_id,
        "gateway_mac": gateway,
        "port_id": port,
        "port_speed_mbps": 1000.0,
        "valid_from": EVER,
        **more,
    }


def hours(first: datetime = HOUR, count: int = 1) -> list[Row]:
    return local_hours(first, first + count * H, ["Europe/Berlin"], Policy().trading_hours)


def policy(*overrides: Override) -> list[Row]:
    """Levels of a policy with these overrides, whose names are those of the site and circuit."""
    names = known_names([site()], [circuit()])
    return resolved(Policy(override=overrides), names)[0].rows()


def tables(**given: Any) -> dict[str, list[Row]]:
    """The tables of the fact: one circuit C1 in the hour of 10:00, but for what is given."""
    plain = {
        "dim_site": [site()],
        "dim_circuit": [circuit()],
        "circuit_port": [carried()],
        "dim_hour": hours(),
        "dim_policy": policy(),
    }
    return {**plain, **given}
