"""Speed tests that some sites ran over their WAN ports: what each measured, or why it failed.

Belongs here: which sites ran tests, when, and what came of them.
Keep out: filters and pages (`site_endpoints`).
"""

from wan_perf.simulator.api import Json
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.instants import DAY, epoch
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Line, Port
from wan_perf.simulator.seeding import draws

TYPES = ("arp", "curl", "dhcp", "dhcp6", "dns", "lan_connectivity", "radius", "speedtest")
SHARE_OF_SITES = 0.4
_BEFORE_START_S = 60 * DAY
_TESTS_OF_PORT = (2, 6)
_FAILING_SHARE = 0.2
_MEASURED_SHARE = (0.55, 0.97)
"""A test finds less than what was bought: others use the line at the time."""


def speed_tests(fleet: Fleet, site_id: str) -> list[Json]:
    """Give every test that a site ever runs, newest first; most sites run none."""
    if draws(fleet.seed, "speed tests", site_id).random() >= SHARE_OF_SITES:
        return []
    found = [
        row
        for gateway in fleet.gateways_at.get(site_id, [])
        for port in gateway.wan_ports
        for row in _of_port(fleet, gateway, port)
    ]
    return sorted(found, key=lambda row: (-row["timestamp"], row["mac"], row["port_id"]))


def _of_port(fleet: Fleet, gateway: Gateway, port: Port) -> list[Json]:
    line = port.line
    if line is None:
        return []
    chance = draws(fleet.seed, "speed tests", gateway.mac, port.port_id)
    first, last = epoch(fleet.start) - _BEFORE_START_S, epoch(fleet.end)
    instants = [
        round(chance.uniform(first, last), 3) for _ in range(chance.randint(*_TESTS_OF_PORT))
    ]
    tests = []
    for at in instants:
        failed = chance.random() < _FAILING_SHARE or not port.is_up(at)
        share, latency = chance.uniform(*_MEASURED_SHARE), chance.randint(8, 70)
        if gateway.is_assigned(at):
            measured = _failed_result() if failed else _measured_result(line, share, latency)
            tests.append(_test(gateway, port, at) | measured)
    return tests


def _test(gateway: Gateway, port: Port, at: float) -> Json:
    return {
        "by": "user",
        "device_type": "gateway",
        "mac": gateway.mac,
        "port_id": port.port_id,
        "timestamp": at,
        "type": "speedtest",
        **({"vlan_id": port.unit} if port.unit else {}),
    }


def _measured_result(line: Line, share: float, latency: int) -> Json:
    down, up = line.provisioned_mbps
    return {
        "failed": False,
        "latency": latency,
        "rx_mbps": max(1, round(down * share)),
        "tx_mbps": max(1, round(up * share)),
    }


def _failed_result() -> Json:
    return {
        "failed": True,
        "latency": 0,
        "reason": "interface not ready to perform test",
        "rx_mbps": 0,
        "tx_mbps": 0,
    }
