"""Up, down, unknown: what is known of a circuit in an hour, why it was down, and its transitions.

Belongs here: what a circuit's members, its provider, its gateway and its site's other circuits say
of it. One member each has most circuits.
Keep out: how a port's link is known (`state`), what settles a silence (`silences`).

A member of a circuit, at an instant, where the first that applies counts:

1. its gateway is not heard, and that is not over yet: unheard;
2. its link is down: down, or disabled where a person switched it off;
3. its gateway was not heard then: up, restarted or cut as what followed settled it, else unknown;
4. its link is up, or the history proves it (the port was up when its statistics were last seen,
   since it last flapped; or every bucket of the hour shows traffic): up;
5. otherwise: unknown.

A circuit, where the first that applies counts. An aggregated interface is asked only where its
members leave it open, since it turns after them:

1. every member's link is down: down, cause port;
2. a member is unheard and none is up: unknown;
3. an ARP or DHCP failure of its provider is open: down, cause isp;
4. all its peer paths are dead (`paths`): down, cause path;
5. a member is up, or its aggregate is: up;
6. its aggregate is down: down, cause port;
7. a member is unknown: unknown;
8. a member's gateway had no power: down, cause gateway; its lines were cut: down, cause wan;
9. a person switched it off: unknown, and counted as disabled.

A failure of the provider is open from its event to the next one of the same protocol, 24 hours at
most. A circuit on demand that is not up, or idle, while a better circuit of its site is up, is in
standby: unknown, and counted as standby. Where ranks are not known, circuits that are not on demand
are the better ones.

A transition is a change between up and down with at most 20 minutes of unknown time between; it
belongs to the instant at which the second begins. DOWN comes before UP at one instant.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from wan_perf.columns import COLUMNS
from wan_perf.kpi.nearness import (
    EVENT_REACH_BACK,
    HOUR_US,
    SAMPLE_REACH,
    microseconds,
)
from wan_perf.kpi.sweep import overlap_us, spans, swept

CAUSES = COLUMNS["down_cause"].one_of
_OF_PORT = (
    *("held", "up", "down", "proven", "disabled", "unheard", "over"),
    *("carried", "restarted", "cut"),
)
_OF_MEMBER = ("up", "down", "disabled", "open", "unknown", "restarted", "cut")
_OF_AGGREGATE = ("aggregate_up", "aggregate_down")
_OF_CIRCUIT = (*_OF_MEMBER, *_OF_AGGREGATE, "linked", "isp", "path")
_PROTOCOLS = ("arp", "dhcp")


@dataclass(frozen=True)
class Evidence:
    """What may be known of the hours, each table with its own copy for each port_hour.

    Attributes:
        gap: Stretches of the port's link, see `state.gaps`.
        events: port_hour, at_us, event_kind of events that name the port.
        gateway_events: The same of events of the gateway.
        silences: port_hour, from_us, to_us, port_id, outcome of silences that are over.
        past: port_hour, up_from_us, up_to_us, is_carrying of the history.
        idle: port_hour, from_us, to_us of stretches in which next to nothing was carried.
        dead: circuit_hour, from_us, to_us of stretches in which all peer paths were dead.
    """

    gap: ir.Table
    events: ir.Table
    gateway_events: ir.Table
    silences: ir.Table
    past: ir.Table
    idle: ir.Table
    dead: ir.Table


def circuit_states(circuits: ir.Table, members: ir.Table, evidence: Evidence) -> ir.Table:
    """Per circuit_hour: up_us, down_us, link_up_us, standby_us, disabled_us, cause, flap_count."""
    stretches = circuit_stretches(circuits, members, evidence)

    def spent(where: ir.BooleanValue) -> ir.IntegerValue:
        within = overlap_us(stretches.from_us, stretches.to_us, 0, HOUR_US)
        return ibis.ifelse(where, within, 0).sum()

    is_down = stretches.outcome.isin(CAUSES)
    sums = stretches.group_by("circuit_hour").aggregate(
        up_us=spent(stretches.outcome == "up"),
        down_us=spent(is_down),
        link_up_us=spent(stretches.linked),
        standby_us=spent(stretches.outcome == "standby"),
        disabled_us=spent(stretches.outcome == "disabled"),
        **{f"{cause}_us": spent(stretches.outcome == cause) for cause in CAUSES},
    )
    most = ibis.greatest(*(sums[f"{cause}_us"] for cause in CAUSES))
    caused = sums.mutate(
        down_cause=ibis.cases(
            *(((most > 0) & (sums[f"{cause}_us"] == most), cause) for cause in CAUSES),
        )
    ).drop(*(f"{cause}_us" for cause in CAUSES))
    counted = caused.left_join(_flap_counts(stretches), "circuit_hour")
    return counted.drop("circuit_hour_right").mutate(flap_count=counted.flap_count.fill_null(0))


def circuit_stretches(circuits: ir.Table, members: ir.Table, evidence: Evidence) -> ir.Table:
    """Per circuit_hour, stretch by stretch: from_us, to_us, outcome, linked.

    outcome: up, the cause of a down (`CAUSES`), standby, disabled, or NULL where nothing is known.
    linked: a member's link is up, whatever lies behind it.
    """
    plain = _stretches(members, evidence)
    on_demand = circuits.filter(circuits.is_on_demand.fill_null(False))
    relieved = plain.semi_join(on_demand, "circuit_hour")
    return ibis.union(
        plain.anti_join(on_demand, "circuit_hour"),
        _with_standby(relieved, plain, circuits, members, evidence.idle),
    )


def _flap_counts(stretches: ir.Table) -> ir.Table:
    known = stretches.filter(stretches.outcome.isin(("up", *CAUSES)))
    told = known.select("circuit_hour", "from_us", "to_us", is_up=known.outcome == "up")
    along = ibis.window(group_by=told.circuit_hour, order_by=told.from_us)
    pairs = told.mutate(was_up=told.is_up.lag().over(along), until_us=told.to_us.lag().over(along))
    turns = pairs.filter(
        (pairs.is_up != pairs.was_up)
        & (pairs.from_us - pairs.until_us <= microseconds(SAMPLE_REACH))
        & (pairs.from_us >= 0)
        & (pairs.from_us < HOUR_US)
    )
    return turns.group_by("circuit_hour").aggregate(flap_count=turns.count())


def _stretches(members: ir.Table, evidence: Evidence) -> ir.Table:
    """The stretches of every circuit, without regard to standby."""
    of_members = _of_members(members, evidence)
    beyond = ibis.union(
        _provider(members, evidence),
        spans(evidence.dead, "circuit_hour", "from_us", "to_us", "path"),
    )
    seen = swept("circuit_hour", ibis.union(of_members, beyond), _OF_CIRCUIT)
    other = seen.up | seen.open | seen.unknown | seen.restarted | seen.cut
    outcome = ibis.cases(
        (seen.down & ~other, "port"),
        (seen.open & ~seen.up, ibis.null("string")),
        (seen.isp, "isp"),
        (seen.path, "path"),
        (seen.up | seen.aggregate_up, "up"),
        (seen.aggregate_down, "port"),
        (seen.unknown, ibis.null("string")),
        (seen.restarted, "gateway"),
        (seen.cut, "wan"),
        (seen.down, "port"),
        (seen.disabled, "disabled"),
        else_=ibis.null("string"),
    )
    return seen.select("circuit_hour", "from_us", "to_us", outcome=outcome, linked=seen.linked)


def _of_members(members: ir.Table, evidence: Evidence) -> ir.Table:
    """What each member says of its circuit, as intervals of the kinds of a circuit."""
    seen = swept("port_hour", _of_ports(members, evidence), _OF_PORT)
    held = seen.filter(seen.held)
    is_open = held.unheard & ~held.over
    said = ibis.cases(
        (is_open, "open"),
        (held.down & held.disabled, "disabled"),
        (held.down, "down"),
        (held.unheard & held.carried, "up"),
        (held.unheard & held.restarted, "restarted"),
        (held.unheard & held.cut, "cut"),
        (held.unheard, "unknown"),
        (held.up | held.proven, "up"),
        else_="unknown",
    )
    linked = ~is_open & ~held.down & ((held.up | held.proven) & ~held.unheard | held.carried)
    owner = members.select("port_hour", "circuit_hour", "is_aggregate")
    told = held.mutate(said=said, is_linked=linked).inner_join(owner, "port_hour")
    of_aggregate = ibis.cases(
        (told.said == "up", "aggregate_up"), (told.said == "down", "aggregate_down")
    )
    kind = ibis.ifelse(told.is_aggregate.fill_null(False), of_aggregate, told.said)
    states = told.select("circuit_hour", "from_us", "to_us", kind=kind)
    return ibis.union(
        states.filter(states.kind.notnull()),
        spans(told.filter(told.is_linked), "circuit_hour", "from_us", "to_us", "linked"),
    )


def _of_ports(members: ir.Table, evidence: Evidence) -> ir.Table:
    """All that is known of each member, as intervals."""
    gap, past = evidence.gap, evidence.past
    halves = ibis.union(
        gap.select("port_hour", "from_us", to_us=gap.turn_us, is_up=gap.state_before == 1),
        gap.select("port_hour", "to_us", from_us=gap.turn_us, is_up=gap.state_after == 1),
    )
    links = halves.filter(halves.is_up.notnull())
    kind = ibis.ifelse(links.is_up, "up", "down")
    carrying = past.filter(past.is_carrying.fill_null(False)).mutate(
        from_us=ibis.literal(0, "int64"), to_us=ibis.literal(HOUR_US, "int64")
    )
    key = "port_hour"
    return ibis.union(
        spans(members, key, "held_from_us", "held_to_us", "held"),
        links.select(key, "from_us", "to_us", kind=kind),
        spans(past.filter(past.up_to_us.notnull()), key, "up_from_us", "up_to_us", "proven"),
        spans(carrying, key, "from_us", "to_us", "proven"),
        _open(evidence.events, key, "port_disabled", ("port_up", "port_down"), "disabled"),
        _open(
            evidence.gateway_events,
            key,
            "gateway_disconnected",
            ("gateway_connected",),
            "unheard",
        ),
        _settled(evidence.silences),
    )


def _settled(silences: ir.Table) -> ir.Table:
    said = silences.filter(silences.outcome.notnull())
    return ibis.union(
        spans(silences.filter(silences.port_id.isnull()), "port_hour", "from_us", "to_us", "over"),
        said.select("port_hour", "from_us", "to_us", kind=said.outcome),
    )


def _provider(members: ir.Table, evidence: Evidence) -> ir.Table:
    """When a failure of the circuit's provider is open, whichever member it was told of."""
    owner = members.select("port_hour", "circuit_hour")
    told = evidence.events.inner_join(owner, "port_hour")
    events = told.select("circuit_hour", "at_us", "event_kind").distinct()
    failures = [
        _open(events, "circuit_hour", f"{name}_unresolved", (f"{name}_resolved",), "isp")
        for name in _PROTOCOLS
    ]
    return ibis.union(*failures)


def _open(
    events: ir.Table, key: str, opening: str, closing: tuple[str, ...], kind: str
) -> ir.Table:
    """From each opening event to the next that opens or closes, as intervals of the kind."""
    chosen = events.filter(events.event_kind.isin((opening, *closing)))
    told = chosen.select(key, "at_us", opens=(chosen.event_kind == opening).ifelse(1, 0))
    along = ibis.window(group_by=told[key], order_by=[told.at_us, told.opens.desc()])
    timed = told.mutate(next_us=told.at_us.lead().over(along))
    latest = timed.at_us + microseconds(EVENT_REACH_BACK)
    opened = timed.mutate(to_us=ibis.least(timed.next_us.fill_null(latest), latest))
    return spans(opened.filter(opened.opens == 1), key, "at_us", "to_us", kind)


def _with_standby(
    relieved: ir.Table, plain: ir.Table, circuits: ir.Table, members: ir.Table, idle: ir.Table
) -> ir.Table:
    """The stretches of circuits on demand, of which some turn out to be standby."""
    whose = circuits.select("circuit_hour", "hour", "site_id", "role_rank", "is_on_demand")
    own = whose.filter(whose.is_on_demand.fill_null(False))
    pairs = own.inner_join(whose.view(), ["hour", "site_id"])
    by_rank = (pairs.role_rank_right < pairs.role_rank).fill_null(
        ~pairs.is_on_demand_right.fill_null(False)
    )
    better = pairs.filter(by_rank & (pairs.circuit_hour != pairs.circuit_hour_right)).select(
        "circuit_hour", other="circuit_hour_right"
    )
    works = plain.filter(plain.outcome == "up").select("from_us", "to_us", other="circuit_hour")
    owner = members.select("port_hour", "circuit_hour")
    resting = idle.inner_join(owner, "port_hour").semi_join(own, "circuit_hour")
    known = relieved.filter(relieved.outcome.notnull())
    kinds = ("up", "disabled", *CAUSES, "linked", "better", "idle")
    seen = swept(
        "circuit_hour",
        ibis.union(
            known.select("circuit_hour", "from_us", "to_us", kind=known.outcome),
            spans(relieved.filter(relieved.linked), "circuit_hour", "from_us", "to_us", "linked"),
            spans(better.inner_join(works, "other"), "circuit_hour", "from_us", "to_us", "better"),
            spans(resting, "circuit_hour", "from_us", "to_us", "idle"),
        ),
        kinds,
    )
    outcome = ibis.cases(
        (seen.better & (~seen.up | seen.idle), "standby"),
        *((seen[kind], kind) for kind in ("up", *CAUSES, "disabled")),
        else_=ibis.null("string"),
    )
    return seen.select("circuit_hour", "from_us", "to_us", outcome=outcome, linked=seen.linked)
