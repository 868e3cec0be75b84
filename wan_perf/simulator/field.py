"""The whole field from one seed: stores of every layout, hubs, and everything that befalls them.

Belongs here: putting premises, incidents and lives together.
Keep out: how each is drawn, and what the cloud says about it.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from wan_perf.simulator.circuit_life import Life
from wan_perf.simulator.contracts import Bought
from wan_perf.simulator.faults import Fault, order
from wan_perf.simulator.incidents import plant
from wan_perf.simulator.instants import Interval
from wan_perf.simulator.layouts import HUB_NAMES
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.premises import Premises, hub, store
from wan_perf.simulator.site_life import live, successor_mac


@dataclass(frozen=True)
class Field:
    """Every site of the field, stores first, with what happens there."""

    premises: tuple[Premises, ...]
    gateways: tuple[Gateway, ...]
    lives: tuple[Life, ...]
    faults: tuple[Fault, ...]

    def bought(self) -> list[Bought]:
        """List the lines that can have a contract: those that work."""
        return [
            Bought(place.site, place.gateways[circuit.gateway].mac, circuit.slot, circuit.line)
            for place in self.premises
            for circuit in place.circuits
            if circuit.is_lit
        ]


def field(seed: int, sites: int, window: Interval, kinds: Collection[str]) -> Field:
    """Draw the field over a window, with incidents of some kinds."""
    stores = [store(seed, index, window[0]) for index in range(sites)]
    hubs = [hub(seed, index, window[0]) for index in range(len(HUB_NAMES))]
    places = (*stores, *hubs)
    faults = plant(seed, stores, hubs, window, kinds) if kinds else []
    by_site: dict[str | None, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_site[fault.site_id].append(fault)
    gateways: list[Gateway] = []
    lives: list[Life] = []
    for place in places:
        there, circuits = live(seed, place, by_site[place.site.site_id])
        gateways += there
        lives += circuits
    return Field(places, tuple(gateways), tuple(lives), tuple(_rename_successors(faults)))


def _rename_successors(faults: Sequence[Fault]) -> list[Fault]:
    """Name the replacement in whatever happens after it came."""
    swapped = {f.gateway_mac: f.end for f in faults if f.kind == "replaced_gateway"}
    return sorted(
        (
            replace(fault, gateway_mac=successor_mac(str(fault.gateway_mac)))
            if fault.gateway_mac in swapped and fault.start >= swapped[fault.gateway_mac]
            else fault
            for fault in faults
        ),
        key=order,
    )
