"""What the retailer builds and buys: regions, store types, models, line kinds. Names are invented.

Belongs here: the fixed vocabulary that the seed chooses from.
Keep out: the choosing.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class City:
    """Where a store can stand."""

    name: str
    timezone: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class LineKind:
    """A kind of line that a store type buys for one WAN slot.

    Attributes:
        wan_type: Mist's word for it; MPLS has none of its own and is configured as broadband.
        rates_mbps: (down, up) on offer.
        one_figure_share: share of contracts that name the download figure only.
        load: lowest and highest daily peak as a share of the provisioned rate.
        max_tx_kbps: the template's transmit cap, at least the fastest upload on offer. [kbit/s]
    """

    medium: str
    wan_type: str
    rates_mbps: tuple[tuple[int, int], ...]
    one_figure_share: float
    load: tuple[float, float]
    providers: tuple[tuple[str, str], ...]
    max_tx_kbps: int | None = None


@dataclass(frozen=True)
class WanSlot:
    """One WAN port as a gateway template configures it; the order in the store type is the rank.

    Attributes:
        members: the physical ports of an aggregate; empty where the port is one itself.
        logical: the interface over it that carries addresses (reth0, ae0, pp0); "" for itself.
        unit: the provider's VLAN, or 0.
        is_lit: False where it is configured and nothing was ever plugged in.
        gateway: which of the store's gateways has it.
    """

    port_id: str
    wan_name: str
    kind: LineKind
    members: tuple[str, ...] = ()
    logical: str = ""
    unit: int = 0
    is_lit: bool = True
    gateway: int = 0

    @property
    def names_one_port(self) -> bool:
        """Say whether its port_id names it at its site and on the wire alike."""
        return not self.members and not self.logical and not self.gateway


@dataclass(frozen=True)
class StoreType:
    """A store type: its gateway model and the WAN ports that its template configures.

    Attributes:
        layout: which shape of the type; each has a template of its own. "" for the type's name.
        is_ha: a gateway of two nodes.
        gateways: how many gateways a store has that know nothing of each other.
    """

    name: str
    model: str
    version: str
    wan: tuple[WanSlot, ...]
    layout: str = ""
    is_ha: bool = False
    gateways: int = 1

    def __post_init__(self) -> None:
        """Name the layout after the type where it has no name of its own."""
        object.__setattr__(self, "layout", self.layout or self.name)


_CABLE = (
    ("Northline Cable", "AS64601"),
    ("Bluewater Broadband", "AS64602"),
    ("Prairie Fiber", "AS64603"),
)
_CARRIERS = (("Meridian Carrier Services", "AS64621"), ("Summit Private Networks", "AS64622"))
BROADBAND = LineKind(
    "cable", "broadband", ((100, 10), (200, 20), (300, 30), (500, 50)), 0.1, (0.1, 0.6), _CABLE
)
DSL = LineKind(
    "dsl",
    "dsl",
    ((25, 5), (50, 10)),
    0.3,
    (0.1, 0.6),
    (("Copperline Telecom", "AS64611"), ("Valley Telephone", "AS64612")),
    max_tx_kbps=10_000,
)
MPLS = LineKind(
    "mpls",
    "broadband",
    ((20, 20), (50, 50), (100, 100)),
    0.5,
    (0.1, 0.6),
    _CARRIERS,
    max_tx_kbps=100_000,
)
# A backup line that nobody needs carries little more than its keepalives.
LTE = LineKind(
    "lte",
    "lte",
    ((30, 10), (50, 20)),
    0.0,
    (0.01, 0.03),
    (("Skyband Mobile", "AS64631"), ("Relay Wireless", "AS64632")),
)

STORE_TYPES = {
    "Express": StoreType(
        "Express", "SRX320", "23.4R2-S3.9", (WanSlot("ge-0/0/0", "wan0", BROADBAND),)
    ),
    "Market": StoreType(
        "Market",
        "SRX345",
        "23.4R2-S3.9",
        (WanSlot("ge-0/0/0", "wan0", BROADBAND), WanSlot("ge-0/0/7", "wan1", DSL)),
    ),
    "Supercenter": StoreType(
        "Supercenter",
        "SSR120",
        "6.3.4-7.r2",
        (
            WanSlot("ge-0/0/0", "broadband", BROADBAND),
            WanSlot("ge-0/0/3", "mpls", MPLS),
            WanSlot("cl-1/0/0", "lte", LTE),
        ),
    ),
}
STORE_TYPE_HAND = ["Express"] * 2 + ["Market"] * 15 + ["Supercenter"] * 3
"""Twenty stores: 10 % with one WAN port, 75 % with two, 15 % with three."""

LAN_PORTS = ("ge-0/0/1", "ge-0/0/2")

REGIONS = {
    "West": (
        City("Los Angeles", "America/Los_Angeles", 34.05, -118.24),
        City("Seattle", "America/Los_Angeles", 47.61, -122.33),
        City("Denver", "America/Denver", 39.74, -104.99),
        City("Phoenix", "America/Phoenix", 33.45, -112.07),
    ),
    "Central": (
        City("Chicago", "America/Chicago", 41.88, -87.63),
        City("Minneapolis", "America/Chicago", 44.98, -93.27),
        City("Kansas City", "America/Chicago", 39.10, -94.58),
    ),
    "South": (
        City("Houston", "America/Chicago", 29.76, -95.37),
        City("Atlanta", "America/New_York", 33.75, -84.39),
        City("Miami", "America/New_York", 25.76, -80.19),
    ),
    "East": (
        City("Boston", "America/New_York", 42.36, -71.06),
        City("Philadelphia", "America/New_York", 39.95, -75.17),
        City("Charlotte", "America/New_York", 35.23, -80.84),
    ),
}
