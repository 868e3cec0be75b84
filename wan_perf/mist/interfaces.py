"""Names of a gateway's interfaces.

Belongs here: what counts as one port, and how configuration names several at once.
Keep out: what the ports carry.
"""

import re
from collections import Counter
from collections.abc import Iterable

from wan_perf.mist.names import CELLULAR_PREFIXES, WAN_USAGE

_RANGE = re.compile(r"(?P<stem>.*/)(?P<first>\d{1,3})-(?P<last>\d{1,3})")


def is_wan(usage: str | None, port: str) -> bool:
    """Whether a port faces a provider: by its usage, or by its name where it is cellular."""
    return usage == WAN_USAGE or port.lower().startswith(CELLULAR_PREFIXES)


def base_port(port: str) -> str:
    """The port without its unit."""
    return port.partition(".")[0]


def without_unit_0(port: str) -> str:
    """The port without its unit if that is 0, which says nothing."""
    return port.removesuffix(".0")


def port_ids(interfaces: Iterable[str]) -> dict[str, str]:
    """The port that each WAN interface of one gateway stands for.

    Unit 0 is the port itself. Another unit is the port too where it is the port's only WAN unit
    (a VLAN of the provider); where a port has several, each is a circuit of its own and keeps it.
    """
    named = sorted(set(interfaces))
    units = Counter(base_port(name) for name in named)
    return {
        name: base_port(name) if units[base_port(name)] == 1 else without_unit_0(name)
        for name in named
    }


def expanded(ports: str) -> list[str]:
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
