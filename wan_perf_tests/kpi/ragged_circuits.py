"""Ragged lives of circuits: several members, providers that fail, gateways that fall silent."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from wan_perf_tests.kpi.circuit_reference import Member, Raw
from wan_perf_tests.kpi.ragged import instants, lives
from wan_perf_tests.kpi.rows import HOUR, H, Row, event

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


@dataclass(frozen=True)
class Site:
    """A site's circuits by rank, each with its members; the last one is on demand."""

    circuits: tuple[tuple[Member, ...], ...]
    raw: Raw


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """A circuit of some shape, and an LTE backup that comes after it."""
    shape = draw(st.sampled_from(_SHAPES))
    circuits = (shape, (Member(GATEWAYS[0], "cl-1/0/0"),))
    samples: list[Row] = []
    events: list[Row] = []
    for member in {m for members in circuits for m in members}:
        of_port, told = draw(lives(member.port))
        samples += [{**row, "gateway_mac": member.gateway} for row in of_port]
        events += [{**row, "gateway_mac": member.gateway} for row in told]
        events += draw(_more(member))
    spoken, silences = draw(_silences())
    return Site(circuits, Raw(samples, [*events, *spoken], silences))


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
def _silences(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Events of gateways lost and found, and what settled some of the silences between."""
    events: list[Row] = []
    silences: list[Row] = []
    for gateway in GATEWAYS:
        edges = sorted(set(draw(st.lists(instants(HOUR - 2 * H, HOUR + 3 * H), max_size=4))))
        words = ("gateway_disconnected", "gateway_connected")
        for nth, instant in enumerate(edges):
            told = event(instant, words[nth % 2], gateway=gateway, detail="gateway")
            events.append({**told, "port_id": None})
        for start, end in zip(edges[::2], edges[1::2], strict=False):
            row = {"gateway_mac": gateway, "started_at": start, "ended_at": end, "port_id": None}
            silences.append({**row, "outcome": draw(st.sampled_from([None, "restarted"]))})
            ports = ("ge-0/0/0", "ge-0/0/1", "ge-0/0/2", "ge-5/0/2", "ge-0/0/3", "cl-1/0/0")
            silences += [
                {**row, "port_id": port, "outcome": draw(st.sampled_from([None, "carried", "cut"]))}
                for port in ports
            ]
    return events, silences
