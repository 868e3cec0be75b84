"""How WAN ports are built in the field: pairs, aggregates, PPPoE, VLANs, clusters, two gateways.

Belongs here: the shapes that stores and hubs are dealt from.
Keep out: the dealing, and the shapes of the first, plain fleet (`catalogue`).
"""

from dataclasses import replace

from wan_perf.simulator.catalogue import (
    BROADBAND,
    DSL,
    LTE,
    MPLS,
    STORE_TYPES,
    StoreType,
    WanSlot,
)

_EXPRESS, _MARKET, _SUPERCENTER = (
    STORE_TYPES[name] for name in ("Express", "Market", "Supercenter")
)

LAYOUTS = {
    layout.layout: layout
    for layout in (
        _EXPRESS,
        replace(
            _EXPRESS,
            layout="Express PPPoE",
            wan=(WanSlot("ge-0/0/0", "wan0", DSL, logical="pp0"),),
        ),
        _MARKET,
        replace(
            _MARKET,
            layout="Market VLAN",
            wan=(
                WanSlot("ge-0/0/0", "wan0", BROADBAND, unit=130),
                WanSlot("ge-0/0/7", "wan1", DSL, logical="pp0"),
            ),
        ),
        replace(
            _MARKET,
            layout="Market Prepared",
            wan=(*_MARKET.wan, WanSlot("ge-0/0/6", "wan2", BROADBAND, is_lit=False)),
        ),
        replace(
            _MARKET,
            layout="Market Cluster",
            is_ha=True,
            wan=(
                WanSlot(
                    "reth0", "wan0", BROADBAND, members=("ge-0/0/0", "ge-5/0/0"), logical="reth0"
                ),
                WanSlot("reth1", "wan1", DSL, members=("ge-0/0/7", "ge-5/0/7"), logical="reth1"),
            ),
        ),
        _SUPERCENTER,
        replace(
            _SUPERCENTER,
            layout="Supercenter Aggregate",
            wan=(
                WanSlot(
                    "ae0", "broadband", BROADBAND, members=("ge-0/0/4", "ge-0/0/5"), logical="ae0"
                ),
                WanSlot("ge-0/0/3", "mpls", MPLS),
                WanSlot("cl-1/0/0", "lte", LTE),
            ),
        ),
        replace(
            _SUPERCENTER,
            layout="Supercenter Twin",
            gateways=2,
            wan=(
                WanSlot("ge-0/0/0", "broadband", BROADBAND),
                WanSlot("ge-0/0/0", "mpls", MPLS, gateway=1),
            ),
        ),
    )
}
HANDS = {
    "Express": ["Express"] * 3 + ["Express PPPoE"],
    "Market": [
        *["Market"] * 6,
        *["Market Cluster"] * 2,
        "Market VLAN",
        "Market Prepared",
    ],
    "Supercenter": ["Supercenter"] * 3 + ["Supercenter Aggregate", "Supercenter Twin"],
}
"""What a store of each type is dealt; a type's full hand holds its shares exactly."""

HUB = StoreType("Hub", "SRX1500", "23.4R2-S3.9", (WanSlot("xe-0/0/16", "transit", MPLS),))
HUB_NAMES = ("Hub East", "Hub West")
