"""Names of a gateway's interfaces.

Belongs here: what counts as one port, and how configuration names several at once.
Keep out: what the ports carry.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from wan_perf.mist.endpoints.records.statistics import CELLULAR_PREFIXES, WAN_USAGE
from wan_perf.schema.port_names import base_port, without_unit_0

_RANGE = re.compile(r"(?P<stem>.*/)(?P<first>\d{1,3})-(?P<last>\d{1,3})")


def is_wan(usage: str | None, port: str) -> bool:
    """Whether a port faces a provider: by its usage, or by its name where it is cellular."""
    return usage == WAN_USAGE or port.lower().startswith(CELLULAR_PREFIXES)


def port_ids(
    interfaces: Iterable[str], over: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """The port id under which each WAN interface of one gateway is stored.

    The only interface over a port has the port's id: unit 0, a provider's VLAN, a PPPoE session.
    Where a port carries several, each is a circuit of its own under its interface name.

    Args:
        interfaces: Names of logical interfaces.
        over: The port under an interface, if the gateway reports it; else its name without unit.
    """
    named = sorted(set(interfaces))
    ports = {name: base_port(over.get(name) or name) for name in named}
    carried = Counter(ports.values())
    return {
        name: port if carried[port] == 1 else without_unit_0(name) for name, port in ports.items()
    }


def expand_ports(ports: str) -> list[str]:
    """Single ports of a configured name: one port, a range (ge-0/0/0-3), a list of either.

    A name with a variable ({{wan0}}) cannot be resolved from a template and gives none.
    """
    return [
        port
        for part in ports.split(",")
        if part.strip() and "{" not in part
        for port in _of_range(part.strip())
    ]


def _of_range(part: str) -> list[str]:
    found = _RANGE.fullmatch(part)
    if not found:
        return [without_unit_0(part)]
    first, last = int(found["first"]), int(found["last"])
    return [f"{found['stem']}{number}" for number in range(first, last + 1)]
