"""Ragged lives of circuits: several members, providers that fail, gateways with telemetry gaps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from wan_perf_tests.support.kpi.member_reference import Member, Raw
from wan_perf_tests.support.kpi.ragged import instants, lives
from wan_perf_tests.support.kpi.rows import HOUR, H, Row, event, path

GATEWAYS = ("0000000000aa", "0000000000bb")
_OTHER = ("arp_unresolved", "arp_resolved", "dhcp_unresolved", "dhcp_resolved", "port_disabled")
_SHAPES = (
    (Member(GATEWAYS[0], "ge-0/0/0"),),
    (Member(GATEWAYS[0], "ge-0/0/1", interface="pp0"),),
    (
        Member(GATEWAYS[0], "reth0", is_aggregate=True),
        Member(GATEWAYS[0], "ge-0/0/2", interface="reth0"),
        Member(GATEWAYS[0], "ge-5/0/2", interface="reth0"),
    ),
    (
        Member(GATEWAYS[0], "ge-0/0/3", until=HOUR + timedelta(minutes=20)),
        Member(GATEWAYS[1], "ge-0/0/3", since=HOUR + timedelta(minutes=20)),
    ),
)


_BACKUPS = (
    (Member(GATEWAYS[0], "cl-1/0/0"),),
    (Member(GATEWAYS[0], "cl-1/0/0"), Member(GATEWAYS[0], "cl-1/1/0")),
)


@dataclass(frozen=True)
class Site:
    """A site's circuits by rank, each with its members; the last one is on demand."""

    circuits: tuple[tuple[Member, ...], ...]
    raw: Raw


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """A circuit of some shape, and an LTE backup of one or two links that comes after it."""
    circuits = (draw(st.sampled_from(_SHAPES)), draw(st.sampled_from(_BACKUPS)))
    samples: list[Row] = []
    events: list[Row] = []
    for member in dict.fromkeys(m for members in circuits for m in members):
        of_port, port_events = draw(lives(member.port))
        samples += [{**row, "gateway_mac": member.gateway} for row in of_port]
        events += [{**row, "gateway_mac": member.gateway} for row in port_events]
        events += draw(_more(member))
    gateway_events, gaps = draw(_gaps())
    paths = draw(_paths([member for members in circuits for member in members]))
    return Site(circuits, Raw(samples, [*events, *gateway_events], gaps, paths))


@st.composite
def _more(draw: st.DrawFn, member: Member) -> list[Row]:
    names = [name for name in (member.port, member.interface) if name]
    when = st.one_of(instants(HOUR - H, HOUR + 2 * H), instants(HOUR - 25 * H, HOUR))
    return [
        event(
            instant,
            draw(st.sampled_from(_OTHER)),
            port=draw(st.sampled_from(names)),
            gateway=member.gateway,
            detail=f"more {n}",
        )
        for n, instant in enumerate(draw(st.lists(when, max_size=3)))
    ]


@st.composite
def _paths(draw: st.DrawFn, members: list[Member]) -> list[Row]:
    """Passes over the paths of the ports to two hubs, often down, some words old or without hub."""
    late = st.sampled_from([0, 0, 30, 240, 1200, 1201, -40, -1200, -1201, None])
    word = st.sampled_from([False, False, False, True, None])
    elsewhere = "0000000000cc"
    found: dict[tuple, Row] = {}
    dues = st.lists(instants(HOUR - H, HOUR + 2 * H), max_size=12, unique=True)
    near = draw(st.sampled_from(["all", "some", "none"]))
    for nth in range(18) if near == "all" else []:
        due = HOUR - H + nth * timedelta(minutes=10)
        for member in members:
            found[due, member.gateway, member.port, "hub1"] = _path(
                due,
                draw(late),
                up=draw(st.sampled_from([False] * 9 + [True])),
                port=member.port,
                gateway=member.gateway,
            )
        found[due, elsewhere, "", "hub1"] = path(due, polled=due, gateway=elsewhere)
    for due in draw(dues) if near == "some" else []:
        for member in members:
            for hub in draw(st.lists(st.sampled_from(["hub1", "hub2", None]), unique=True)):
                found[due, member.gateway, member.port, hub] = _path(
                    due,
                    draw(late),
                    up=draw(word),
                    hub=hub,
                    port=member.port,
                    gateway=member.gateway,
                )
        for hub in draw(st.lists(st.sampled_from(["hub1", "hub2"]), unique=True)):
            found[due, elsewhere, "", hub] = path(due, hub=hub, polled=due, gateway=elsewhere)
    return list(found.values())


@st.composite
def _gaps(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Events of gateways lost and found, and what settled some of the telemetry gaps between."""
    events: list[Row] = []
    gaps: list[Row] = []
    for gateway in GATEWAYS:
        edges = sorted(set(draw(st.lists(instants(HOUR - 2 * H, HOUR + 3 * H), max_size=4))))
        words = ("gateway_disconnected", "gateway_connected")
        for nth, instant in enumerate(edges):
            gateway_event = event(instant, words[nth % 2], gateway=gateway, detail="gateway")
            events.append({**gateway_event, "port_id": None})
        for start, end in zip(edges[::2], edges[1::2], strict=False):
            row = {"gateway_mac": gateway, "started_at": start, "ended_at": end, "port_id": None}
            gaps.append({**row, "outcome": draw(st.sampled_from([None, "restarted"]))})
            ports = ("ge-0/0/0", "ge-0/0/1", "ge-0/0/2", "ge-5/0/2", "ge-0/0/3")
            ports += ("cl-1/0/0", "cl-1/1/0")
            gaps += [
                {**row, "port_id": port, "outcome": draw(st.sampled_from([None, "carried", "cut"]))}
                for port in ports
            ]
    return events, gaps


def _path(due: datetime, late: int | None, **more: Any) -> Row:
    """A path so many seconds before its pass, or without an instant of its own."""
    row = path(due - timedelta(seconds=late or 0), polled=due, **more)
    return row if late is not None else {**row, "sampled_at": None}
