"""Sites as they are built in the field: gateways and circuits of any layout, all of it healthy.

Belongs here: dealing layouts to stores, drawing lines and demand, placing hubs.
Keep out: what happens to them (`incidents`, `site_life`).
"""

from dataclasses import dataclass, replace

from wan_perf.simulator import estate
from wan_perf.simulator.catalogue import STORE_TYPES, StoreType, WanSlot
from wan_perf.simulator.demand import fit_to_capacity
from wan_perf.simulator.estate import BYTES_PER_MBIT, Site
from wan_perf.simulator.failover import Switching
from wan_perf.simulator.instants import DAY
from wan_perf.simulator.layouts import HANDS, HUB, HUB_NAMES, LAYOUTS
from wan_perf.simulator.physics import REPORT_EVERY_S, Gateway
from wan_perf.simulator.ports import Line, Port
from wan_perf.simulator.seeding import dealt, draws
from wan_perf.simulator.traffic import DailyFlow

DISABLED_SHARE = 0.04
"""Share of the stores with a second circuit on which it is administratively down."""
_FITS = 0.95
_BACKGROUND = (0.003, 0.012)
SECOND, SUCCESSOR, HUBS = 0x400000, 0x800000, 0xC00000
"""Where the numbers of second gateways, replacements and hubs begin in a MAC."""


@dataclass(frozen=True)
class Circuit:
    """One line of a site and the interface it ends on.

    Attributes:
        gateway: which of the site's gateways has it.
        background: what it carries whenever it is usable.
        demand: what it carries of the site's traffic while it is the one in use.
        on_demand: "" for always, else what its port does while nobody needs it: "down" or "idle".
        is_lit: False where nothing was ever plugged in.
    """

    slot: WanSlot
    line: Line
    gateway: int
    background: DailyFlow
    demand: DailyFlow
    on_demand: str = ""
    is_disabled: bool = False

    @property
    def is_lit(self) -> bool:
        """Say whether there is a line that can work."""
        return self.slot.is_lit and not self.is_disabled

    @property
    def key(self) -> str:
        """Name it at its gateway: the aggregate, or the physical port."""
        return self.slot.port_id


@dataclass(frozen=True)
class Premises:
    """A site with its gateways, whose ports are the LAN ones only, and its circuits by rank."""

    site: Site
    index: int
    gateways: tuple[Gateway, ...]
    circuits: tuple[Circuit, ...]
    switching: Switching

    def of_gateway(self, number: int) -> list[Circuit]:
        """List the circuits that end on one of the gateways."""
        return [circuit for circuit in self.circuits if circuit.gateway == number]


def store(seed: int, index: int, start: int) -> Premises:
    """Draw store number `index` (from 0) of a fleet that starts at `start` [epoch s]."""
    plain = estate.site(seed, index, start)
    hand = HANDS[plain.store_type]
    layout = LAYOUTS[dealt(seed, f"layout {plain.store_type}", hand, index)]
    return _premises(seed, index, replace(plain, layout=layout.layout), layout, start)


def hub(seed: int, index: int, start: int) -> Premises:
    """Draw hub number `index` (from 0)."""
    plain = estate.site(seed, HUBS + index, start)
    at = replace(plain, name=HUB_NAMES[index], store_type=estate.HUB_TYPE, region="", layout="Hub")
    return _premises(seed, HUBS + index, at, HUB, start)


def layout_of(site: Site) -> StoreType:
    """Give the layout of a store or hub."""
    return HUB if site.is_hub else LAYOUTS.get(site.layout, STORE_TYPES[site.store_type])


def gateway(seed: int, number: int, at: Site, layout: StoreType, boot: int, name: str) -> Gateway:
    """Draw a gateway with its LAN ports; `number` is the fleet's."""
    chance = draws(seed, "field gateway", number)
    mac = estate.device_mac(seed, "02", number)
    return Gateway(
        mac=mac,
        device_id=estate.device_id(mac),
        name=name,
        model=layout.model,
        serial=f"{layout.model[:3]}{chance.randrange(10**9):09d}",
        version=layout.version,
        site_id=at.site_id,
        ports=estate.lan_ports(seed, number, mac, 2 * len(layout.wan), (boot,)),
        boots=(boot,),
        report_phase_s=chance.randrange(REPORT_EVERY_S),
        is_ha=layout.is_ha,
    )


def wan_ports(gateway: Gateway, circuit: Circuit, taken: int) -> tuple[Port, ...]:
    """Draw the physical ports of a circuit on a gateway, numbered after the `taken` ones."""
    slot, line = circuit.slot, circuit.line
    speed = 100 if line.provisioned_mbps[0] <= 50 else 1000
    return tuple(
        Port(
            port_id=port_id,
            mac=estate.port_mac(gateway.mac, taken + number),
            if_index=515 + taken + number,
            speed_mbps=speed,
            flow=circuit.background,
            boots=gateway.boots,
            line=line,
            unit=slot.unit,
            logical=slot.logical,
            node=number if gateway.is_ha else 0,
            disabled=circuit.is_disabled,
        )
        for number, port_id in enumerate(slot.members or (slot.port_id,))
    )


def _premises(seed: int, index: int, at: Site, layout: StoreType, start: int) -> Premises:
    chance = draws(seed, "premises", index)
    name = f"{at.name.lower().replace(' ', '-')}-gw"
    gateways = []
    for number in range(layout.gateways):
        boot = start - chance.randrange(14 * DAY, 56 * DAY)
        called = name if layout.gateways == 1 else f"{name}{number + 1}"
        gateways.append(gateway(seed, index + number * SECOND, at, layout, boot, called))
    switching = Switching(chance.randrange(2, 31), chance.randrange(60, 121))
    return Premises(at, index, tuple(gateways), _circuits(seed, index, layout), switching)


def _circuits(seed: int, index: int, layout: StoreType) -> tuple[Circuit, ...]:
    chance = draws(seed, "site demand", index)
    is_cut = len(layout.wan) == 2 and layout.gateways == 1 and chance.random() < DISABLED_SHARE
    idle = chance.choice(("down", "idle"))
    demand: DailyFlow | None = None
    circuits = []
    for rank, slot in enumerate(layout.wan, start=1):
        own = draws(seed, "line", index, slot.port_id, slot.wan_name)
        line = estate.drawn_line(own, slot, rank)
        demand = demand or estate.wan_flow(own, slot, line)
        down, up = line.provisioned_mbps
        share = own.uniform(*_BACKGROUND)
        circuits.append(
            Circuit(
                slot=slot,
                line=line,
                gateway=slot.gateway,
                background=estate.flow_peaking(own, down * share, up * share),
                demand=fit_to_capacity(
                    demand, (down * _FITS * BYTES_PER_MBIT, up * _FITS * BYTES_PER_MBIT)
                ),
                on_demand=idle if line.wan_type == "lte" else "",
                is_disabled=is_cut and rank == 2,
            )
        )
    return tuple(circuits)
