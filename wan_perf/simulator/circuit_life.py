"""What physically happens to one circuit, as intervals.

Belongs here: the record.
Keep out: how it comes about (`site_life`), what it carries (`port_traffic`).
"""

from dataclasses import dataclass
from functools import cached_property

from wan_perf.simulator.faults import Fault
from wan_perf.simulator.instants import Interval
from wan_perf.simulator.premises import Circuit
from wan_perf.simulator.spans import FOREVER, union, without

EVER = (FOREVER,)


@dataclass(frozen=True)
class Life:
    """What physically happens to one circuit, as intervals; it outlives a replaced gateway.

    Attributes:
        holders: the gateways that have it, each with the interval.
        link_down: its interface is down while its gateway runs: unplugged, disabled, on standby.
        arp_dead: the link is up and the provider's gateway answers no ARP.
        dhcp_dead: the link is up and the lease is lost.
        off: its gateway has no power or is booting.
        usable: powered, link up, provider there.
        active: it carries the site's traffic.
        quality: when its paths are bad, and in what.
    """

    site_id: str
    key: str
    circuit: Circuit
    holders: tuple[tuple[str, Interval], ...]
    link_down: tuple[Interval, ...]
    arp_dead: tuple[Interval, ...]
    dhcp_dead: tuple[Interval, ...]
    off: tuple[Interval, ...]
    usable: tuple[Interval, ...]
    active: tuple[Interval, ...]
    quality: tuple[Fault, ...]

    @cached_property
    def degraded_by(self) -> tuple[tuple[Interval, ...], ...]:
        """What degraded the link, by cause; of several at an instant the first.

        The causes: link down, no ARP, no lease, loss, jitter, latency.
        """
        quality = (
            union(span(fault) for fault in self.quality if fault.detail == metric)
            for metric in ("loss", "jitter", "latency")
        )
        found: list[tuple[Interval, ...]] = []
        for when in (self.link_down, self.arp_dead, self.dhcp_dead, *quality):
            found.append(without(when, union(*found)))
        return tuple(found)


def span(fault: Fault) -> Interval:
    """Give a fault's interval."""
    return fault.start, fault.end
