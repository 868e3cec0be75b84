"""The fleet: everything that exists and everything that will happen to it, from one seed.

Belongs here: putting estate, contracts and faults together; replaying a recording.
Keep out: how each is drawn, and what the cloud says about it.
"""

import pathlib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from wan_perf.simulator import estate
from wan_perf.simulator.circuit_life import Life
from wan_perf.simulator.contracts import Contract, bought_lines, contract_csv, contracts
from wan_perf.simulator.estate import Site, Spare
from wan_perf.simulator.faults import Fault, plant, strike
from wan_perf.simulator.field import field
from wan_perf.simulator.incidents import KINDS
from wan_perf.simulator.instants import DAY, Interval, epoch
from wan_perf.simulator.paths import Path, paths
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.seeding import identifier
from wan_perf.simulator.traffic import RecordedFlow
from wan_perf.simulator.truth import truth


@dataclass(frozen=True)
class Fleet:
    """Stores, gateways and faults over [start, end); equal seeds and arguments give equal fleets.

    Attributes:
        start: naive UTC; faults and events begin here, gateways booted weeks before.
        end: naive UTC; nothing is planted from here on, physics goes on.
        sites: stores, then hubs.
        gateways: one a site, in the order of `sites`, but where there are two or a replacement.
        lives: what befalls each circuit of a whole fleet; empty in a plain one.
        has_variables: templates name WAN ports, rates and orders by variables of the sites.
    """

    seed: int
    org_id: str
    start: datetime
    end: datetime
    sites: tuple[Site, ...]
    gateways: tuple[Gateway, ...]
    spares: tuple[Spare, ...]
    contracts: tuple[Contract, ...]
    faults: tuple[Fault, ...]
    lives: tuple[Life, ...] = ()
    has_variables: bool = False

    @classmethod
    def whole(
        cls,
        seed: int,
        sites: int,
        start: datetime,
        end: datetime,
        kinds: Collection[str] = KINDS,
    ) -> "Fleet":
        """Draw a fleet of every layout with two hubs, and incidents of some kinds, naive UTC.

        Raises:
            ValueError: no sites, an end that is not after the start, or a kind that is none.
        """
        if unknown := set(kinds) - KINDS:
            raise ValueError(f"no kinds of fault: {', '.join(sorted(unknown))}")
        first, last = _window(sites, start, end)
        drawn = field(seed, sites, (first, last), frozenset(kinds))
        spares = range(-(-sites // estate.SITES_PER_SPARE))
        return cls(
            seed=seed,
            org_id=identifier(seed, "org"),
            start=start,
            end=end,
            sites=tuple(place.site for place in drawn.premises),
            gateways=drawn.gateways,
            spares=tuple(estate.spare(seed, index) for index in spares),
            contracts=contracts(seed, drawn.bought()),
            faults=drawn.faults,
            lives=drawn.lives,
        )

    @classmethod
    def seeded(
        cls, seed: int, sites: int, start: datetime, end: datetime, faults: bool = True
    ) -> "Fleet":
        """Draw a plain fleet of `sites` stores over [start, end), naive UTC.

        One gateway a site, one port a circuit, every circuit with traffic of its own, no hubs.

        Raises:
            ValueError: no sites, or an end that is not after the start.
        """
        first, last = _window(sites, start, end)
        stores = tuple(estate.site(seed, index, first) for index in range(sites))
        healthy = tuple(
            estate.gateway(seed, index, store, first) for index, store in enumerate(stores)
        )
        planted = plant(seed, healthy, first, last) if faults else ()
        spares = range(-(-sites // estate.SITES_PER_SPARE))
        return cls(
            seed=seed,
            org_id=identifier(seed, "org"),
            start=start,
            end=end,
            sites=stores,
            gateways=_stricken(seed, healthy, planted),
            spares=tuple(estate.spare(seed, index) for index in spares),
            contracts=contracts(seed, bought_lines(stores, healthy)),
            faults=planted,
        )

    def replaying(self, file: pathlib.Path, site_name: str, port_id: str) -> "Fleet":
        """Give this fleet with a recorded series on one WAN port.

        The CSV has the columns timestamp (naive UTC) and value (bytes received in the interval
        that ends there). The gateway then reports exactly at the recorded timestamps and suffers
        no faults; its other ports keep their daily waves.

        Raises:
            KeyError: no such site, or no such WAN port at it.
            ValueError: the file is no usable series, or the fleet is not a plain one.
        """
        if self.lives:
            raise ValueError("only a plain fleet can replay a recording")
        flow = RecordedFlow.read(file)
        index = next((i for i, site in enumerate(self.sites) if site.name == site_name), None)
        if index is None or port_id not in [p.port_id for p in self.gateways[index].wan_ports]:
            raise KeyError(f"no WAN port {port_id} at {site_name!r}")
        gateway = self.gateways[index]
        boots = (min(gateway.boots[0], int(flow.edges[0]) - 7 * DAY),)
        ports = tuple(
            replace(port, boots=boots, downs=(), flow=flow)
            if port.port_id == port_id
            else replace(port, boots=boots, downs=())
            for port in gateway.ports
        )
        calm = replace(
            gateway,
            boots=boots,
            telemetry_gaps=(),
            recorded_reports=flow.edges[1:],
            ports=ports,
        )
        return replace(
            self,
            gateways=(*self.gateways[:index], calm, *self.gateways[index + 1 :]),
            faults=tuple(fault for fault in self.faults if fault.gateway_mac != gateway.mac),
        )

    @property
    def has_dated_ports(self) -> bool:
        """Whether rows of port statistics carry `timestamp`.

        The API's description has no such field, so those of a whole fleet do not; live rows may
        well carry it, and those of a plain fleet do.
        """
        return not self.lives

    @cached_property
    def site_of(self) -> dict[str, Site]:
        """The sites by their identifier."""
        return {site.site_id: site for site in self.sites}

    @cached_property
    def gateways_at(self) -> dict[str, list[Gateway]]:
        """The gateways that ever stood at each site."""
        found: dict[str, list[Gateway]] = {}
        for gateway in self.gateways:
            found.setdefault(gateway.site_id, []).append(gateway)
        return found

    @cached_property
    def contracts_at(self) -> dict[str, list[Contract]]:
        """The contracts on file for each site."""
        found: dict[str, list[Contract]] = {}
        for contract in self.contracts:
            found.setdefault(contract.site_id, []).append(contract)
        return found

    @cached_property
    def lives_at(self) -> dict[str, list[Life]]:
        """The lives of each site's circuits, in order of preference."""
        found: dict[str, list[Life]] = {}
        for life in self.lives:
            found.setdefault(life.site_id, []).append(life)
        return found

    @cached_property
    def life_of(self) -> dict[tuple[str, str], Life]:
        """The lives of circuits by gateway and circuit; both gateways of a replacement have it."""
        return {(mac, life.key): life for life in self.lives for mac, _ in life.holders}

    @cached_property
    def paths(self) -> list[Path]:
        """The overlay paths of store circuits to hubs."""
        hubs = [life for life in self.lives if self.site_of[life.site_id].is_hub]
        stores = (life for life in self.lives if not self.site_of[life.site_id].is_hub)
        return paths(self.seed, stores, hubs)

    @cached_property
    def api_outages(self) -> tuple[Interval, ...]:
        """When every API request is answered 503."""
        return tuple((f.start, f.end) for f in self.faults if f.kind == "api_outage")

    def contracts_csv(self) -> str:
        """Write the operator's contract file."""
        return contract_csv(self.contracts)

    def truth(self, start: datetime, end: datetime) -> dict[str, object]:
        """Say what physically happens in the hours that [start, end) touches, as plain JSON."""
        return truth(self, epoch(start), epoch(end))


def _window(sites: int, start: datetime, end: datetime) -> Interval:
    if sites < 1 or end <= start:
        raise ValueError("a fleet needs at least one site and an end after its start")
    return int(epoch(start)), int(epoch(end))


def _stricken(
    seed: int, healthy: tuple[Gateway, ...], planted: tuple[Fault, ...]
) -> tuple[Gateway, ...]:
    by_gateway: dict[str | None, list[Fault]] = defaultdict(list)
    for fault in planted:
        by_gateway[fault.gateway_mac].append(fault)
    return tuple(strike(seed, gateway, by_gateway[gateway.mac]) for gateway in healthy)
