"""Who is there: stores, access points, gateways and their ports, drawn from the seed.

Belongs here: the healthy estate, before anything is planted in it.
Keep out: faults, contracts, JSON.
"""

import random
from dataclasses import dataclass

from wan_perf.simulator.catalogue import (
    LAN_PORTS,
    REGIONS,
    STORE_TYPE_HAND,
    STORE_TYPES,
    StoreType,
    WanSlot,
)
from wan_perf.simulator.instants import DAY
from wan_perf.simulator.physics import REPORT_EVERY_S, Gateway
from wan_perf.simulator.ports import Line, Port
from wan_perf.simulator.seeding import dealt, draws, identifier
from wan_perf.simulator.traffic import DailyFlow, Wave

SITES_PER_SPARE = 20
BYTES_PER_MBIT = 125_000
HUB_TYPE = "Hub"
_LAN_MBPS = 40.0


@dataclass(frozen=True)
class Site:
    """A store, with the access point in its ceiling. `created_at` is in epoch seconds.

    Attributes:
        layout: which shape of its store type it has.
    """

    site_id: str
    name: str
    region: str
    store_type: str
    city: str
    timezone: str
    latitude: float
    longitude: float
    created_at: int
    access_point_mac: str
    layout: str

    @property
    def is_hub(self) -> bool:
        """Say whether it is a hub, to which the stores' paths lead."""
        return self.store_type == HUB_TYPE


@dataclass(frozen=True)
class Spare:
    """A gateway on the shelf: owned, assigned to no site."""

    mac: str
    device_id: str
    model: str
    serial: str


def site(seed: int, index: int, start: int) -> Site:
    """Draw store number `index` (from 0) of a fleet that starts at `start` [epoch s]."""
    chance = draws(seed, "site", index)
    region = dealt(seed, "region", list(REGIONS), index)
    city = chance.choice(REGIONS[region])
    return Site(
        site_id=identifier(seed, "site", index),
        name=f"Store {index + 1:04d}",
        region=region,
        store_type=(store_type := dealt(seed, "store type", STORE_TYPE_HAND, index)),
        city=city.name,
        timezone=city.timezone,
        latitude=round(city.latitude + chance.uniform(-0.4, 0.4), 4),
        longitude=round(city.longitude + chance.uniform(-0.4, 0.4), 4),
        created_at=start - chance.randrange(400, 1500) * DAY,
        access_point_mac=device_mac(seed, "06", index),
        layout=store_type,
    )


def gateway(seed: int, index: int, at: Site, start: int) -> Gateway:
    """Draw the healthy gateway of store number `index`; it booted weeks before `start`."""
    chance = draws(seed, "gateway", index)
    store_type = STORE_TYPES[at.store_type]
    boots = (start - chance.randrange(14 * DAY, 56 * DAY),)
    mac = device_mac(seed, "02", index)
    return Gateway(
        mac=mac,
        device_id=device_id(mac),
        name=f"{at.name.lower().replace(' ', '-')}-gw",
        model=store_type.model,
        serial=f"{store_type.model[:3]}{chance.randrange(10**9):09d}",
        version=store_type.version,
        site_id=at.site_id,
        ports=_ports(seed, index, mac, store_type, boots),
        boots=boots,
        report_phase_s=chance.randrange(REPORT_EVERY_S),
    )


def spare(seed: int, index: int) -> Spare:
    """Draw spare gateway number `index` (from 0)."""
    mac = device_mac(seed, "0a", index)
    model = STORE_TYPES[STORE_TYPE_HAND[index % len(STORE_TYPE_HAND)]].model
    serial = f"{model[:3]}{draws(seed, 'spare', index).randrange(10**9):09d}"
    return Spare(mac, device_id(mac), model, serial)


def device_id(mac: str) -> str:
    """Give the UUID that Mist derives from a device's MAC."""
    return f"00000000-0000-0000-1000-{mac}"


def _ports(
    seed: int, index: int, mac: str, store_type: StoreType, boots: tuple[int, ...]
) -> tuple[Port, ...]:
    ports = []
    for number, slot in enumerate(store_type.wan):
        chance = draws(seed, "line", index, slot.port_id)
        line = drawn_line(chance, slot, number + 1)
        # A port slower than its line could not carry what the wave says it carries.
        speed = 100 if line.provisioned_mbps[0] <= 50 else 1000
        flow = wan_flow(chance, slot, line)
        ports.append(
            Port(slot.port_id, port_mac(mac, number), 515 + number, speed, flow, boots, line)
        )
    return (*ports, *lan_ports(seed, index, mac, len(ports), boots))


def lan_ports(
    seed: int, index: int, mac: str, taken: int, boots: tuple[int, ...]
) -> tuple[Port, ...]:
    """Draw the LAN ports of a gateway, numbered after the `taken` WAN ports."""
    ports = []
    for number, port_id in enumerate(LAN_PORTS, start=taken):
        chance = draws(seed, "lan", index, port_id)
        flow = flow_peaking(
            chance, _LAN_MBPS * chance.uniform(0.05, 1), _LAN_MBPS * chance.uniform(0.05, 1)
        )
        ports.append(Port(port_id, port_mac(mac, number), 515 + number, 1000, flow, boots))
    return tuple(ports)


def drawn_line(chance: random.Random, slot: WanSlot, rank: int) -> Line:
    """Draw the line that was bought for a slot."""
    provider, asn = chance.choice(slot.kind.providers)
    down, up = chance.choice(slot.kind.rates_mbps)
    return Line(
        slot.wan_name, slot.kind.wan_type, slot.kind.medium, provider, asn, rank, (down, up)
    )


def wan_flow(chance: random.Random, slot: WanSlot, line: Line) -> DailyFlow:
    """Draw what a line of its kind usually carries."""
    down, up = line.provisioned_mbps
    load = slot.kind.load
    return flow_peaking(chance, down * chance.uniform(*load), up * chance.uniform(*load))


def flow_peaking(chance: random.Random, rx_peak_mbps: float, tx_peak_mbps: float) -> DailyFlow:
    """Draw a daily wave each direction, with a common phase and the peaks given. [Mbit/s]"""
    phase = chance.randrange(DAY)
    flat = [Wave(1.0, chance.uniform(0.1, 0.3), phase) for _ in range(2)]
    rx, tx = (
        wave.peaking_at(peak * BYTES_PER_MBIT)
        for wave, peak in zip(flat, (rx_peak_mbps, tx_peak_mbps), strict=True)
    )
    return DailyFlow(rx, tx)


def device_mac(seed: int, prefix: str, index: int) -> str:
    """Give the MAC of a fleet's device; prefix and index name it."""
    # The prefixes are locally administered: no vendor owns them.
    return f"{prefix}{draws(seed, 'mac').randrange(16**4):04x}{index:06x}"


def port_mac(mac: str, number: int) -> str:
    """Give the MAC of a device's port, counted from 0."""
    return f"{(int(mac, 16) + ((number + 1) << 44)):012x}"
