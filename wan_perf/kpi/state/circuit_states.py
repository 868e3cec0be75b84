"""The state of a circuit as intervals: up, down, disabled, standby, no_telemetry or unknown.

Belongs here: how the state follows from members, provider and peer paths, and its transitions. Most
circuits have one member.
Keep out: the state of a member (`member_states`), when a circuit is not needed (`standby`), when it
carries its site's traffic (`activity`).

At each instant the first rule that applies decides. An aggregated interface counts only where its
members do not decide, since it changes after them:

1. every member's link is down: down, cause port;
2. a member is in an open telemetry gap and none is up: no_telemetry;
3. an ARP or DHCP failure of its provider is open: down, cause isp;
4. all its peer paths are dead (`paths`): down, cause path;
5. a member is up, or its aggregate is: up;
6. its aggregate is down: down, cause port;
7. a member is in a closed telemetry gap without an outcome: no_telemetry;
8. a member is unknown: unknown;
9. a member's gateway had no power: down, cause gateway; its lines were cut: down, cause wan;
10. a person switched it off: disabled.

A failure of the provider is open from its event to the next one of the same protocol, 24 hours at
most. No_telemetry, unknown, disabled and standby are neither up nor down.

A transition is a change between up and down with at most 20 minutes of other states between; its
instant is the start of the second state. DOWN precedes UP at the same instant.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.in_service import in_service
from wan_perf.kpi.hour.port_history import member_history
from wan_perf.kpi.hour.traffic import idle_intervals
from wan_perf.kpi.state.activity import constant_use, with_activity
from wan_perf.kpi.state.evidence import Evidence, collect_evidence
from wan_perf.kpi.state.evidence_window import (
    HOUR_US,
    SAMPLE_REACH,
    evidence_readings,
    members_in_hour,
    microseconds,
)
from wan_perf.kpi.state.interval_overlay import kind_intervals, overlay_intervals
from wan_perf.kpi.state.member_states import MEMBER_KINDS, member_states, open_intervals
from wan_perf.kpi.state.quiet_circuits import (
    other_evidence,
    quiet_circuits,
    quiet_intervals,
    steady_states,
)
from wan_perf.kpi.state.standby import with_standby
from wan_perf.schema.columns import COLUMNS
from wan_perf.schema.tables import CIRCUIT_STATE

CAUSES = COLUMNS["down_cause"].one_of
_PROTOCOLS = ("arp", "dhcp")


def circuit_states(
    raw_port_sample: ir.Table,
    raw_port_history: ir.Table,
    raw_path_sample: ir.Table,
    circuit_poll: ir.Table,
    raw_gateway_event: ir.Table,
    gateway_silence: ir.Table,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
    circuit_port: ir.Table,
    dim_hour: ir.Table,
) -> ir.Table:
    """The states of every circuit in service in the hours of `dim_hour` (CIRCUIT_STATE)."""
    circuits = in_service(dim_site, dim_circuit, dim_hour)
    members = members_in_hour(circuits, circuit_port)
    evidence = collect_evidence(
        evidence_readings(raw_port_sample, members),
        member_history(raw_port_history, members),
        *(raw_path_sample, circuit_poll, raw_gateway_event, gateway_silence, circuits, members),
    )
    return states_of(circuits, members, evidence).select(*CIRCUIT_STATE.columns)


def states_of(circuits: ir.Table, members: ir.Table, evidence: Evidence) -> ir.Table:
    """State intervals within the hour, for the time in which the circuit has a member port.

    Columns: circuit_id, site_id, site_kind, role_rank, started_at, ended_at, state, down_cause,
    activity, is_link_up, evidence, turned_to.
    """
    quiet = quiet_circuits(members, evidence)
    by_rule = ibis.union(
        quiet_intervals(quiet),
        _rule_intervals(members.anti_join(quiet, "circuit_hour"), other_evidence(evidence, quiet)),
    )
    decisive = _with_decisive_idleness(by_rule, circuits)
    idle = _idle_intervals(members.semi_join(decisive, "circuit_hour"), evidence.readings)
    polls = evidence.polls
    steady = steady_states(quiet.anti_join(decisive, "circuit_hour"), constant_use(polls), polls)
    by_need = with_standby(by_rule, circuits, idle)
    others = _with_transitions(by_need).anti_join(steady, "circuit_hour")
    used = with_activity(others, circuits, polls.anti_join(steady, "circuit_hour"), idle)
    turning = _with_transitions(used)
    states = ibis.union(
        turning, steady.mutate(turned_to=ibis.null("string")).select(*turning.columns)
    )
    inside = states.filter((states.from_us < HOUR_US) & (states.to_us > 0))
    whose = circuits.select(
        *("circuit_hour", "hour", "circuit_id", "site_id", "site_kind", "role_rank")
    )
    rows = inside.inner_join(whose, "circuit_hour")
    known = rows.outcome.isin(("up", "disabled", "standby", *CAUSES))
    is_down = rows.outcome.isin(CAUSES)
    start, end = ibis.greatest(rows.from_us, 0), ibis.least(rows.to_us, HOUR_US)
    return rows.mutate(
        started_at=rows.hour + start.as_interval("us"),
        ended_at=rows.hour + end.as_interval("us"),
        state=ibis.ifelse(is_down, "down", rows.outcome.fill_null("unknown")),
        down_cause=ibis.ifelse(is_down, rows.outcome, ibis.null("string")),
        is_link_up=rows.linked,
        state_evidence=ibis.cases(
            (known & rows.settled, "settled"),
            (known & rows.recalled, "history"),
            (known, "observed"),
        ),
        turned_to=ibis.ifelse(rows.from_us >= 0, rows.turned_to, ibis.null("string")),
    )


def _rule_intervals(members: ir.Table, evidence: Evidence) -> ir.Table:
    """States by the rules above, without standby: from_us, to_us, outcome, and its evidence.

    outcome: up, the cause of a down (`CAUSES`), no_telemetry, disabled, or NULL if unknown.
    """
    words = member_states(members, evidence)
    failures = ibis.union(
        _provider_failures(members, evidence),
        kind_intervals(evidence.dead, "circuit_hour", "from_us", "to_us", "path"),
    )
    seen = overlay_intervals(
        "circuit_hour", ibis.union(words, failures), (*MEMBER_KINDS, "isp", "path")
    )
    other = seen.up | seen.open | seen.unknown | seen.unsettled | seen.restarted | seen.cut
    outcome = ibis.cases(
        (seen.down & ~other, "port"),
        (seen.open & ~seen.up, "no_telemetry"),
        (seen.isp, "isp"),
        (seen.path, "path"),
        (seen.up | seen.aggregate_up, "up"),
        (seen.aggregate_down, "port"),
        (seen.unsettled, "no_telemetry"),
        (seen.unknown, ibis.null("string")),
        (seen.restarted, "gateway"),
        (seen.cut, "wan"),
        (seen.down, "port"),
        (seen.disabled, "disabled"),
        else_=ibis.null("string"),
    )
    return seen.select(
        *("circuit_hour", "from_us", "to_us", "linked", "settled", "recalled"), outcome=outcome
    )


def _with_decisive_idleness(intervals: ir.Table, circuits: ir.Table) -> ir.Table:
    """The circuits whose state or use depends on whether they are idle: circuit_hour.

    Circuits on demand (`standby`), and those of a lower rank where a circuit of their site's first
    rank is down (`activity`): few.
    """
    down = intervals.filter(intervals.outcome.isin(CAUSES))
    first = circuits.filter(circuits.role_rank == 1).semi_join(down, "circuit_hour")
    lower = circuits.filter(circuits.role_rank > 1).semi_join(first, ["hour", "site_id"])
    on_demand = circuits.filter(circuits.is_on_demand)
    return ibis.union(lower.select("circuit_hour"), on_demand.select("circuit_hour"), distinct=True)


def _idle_intervals(members: ir.Table, readings: ir.Table) -> ir.Table:
    """When the circuits of these members were idle: circuit_hour, from_us, to_us."""
    return idle_intervals(readings.semi_join(members, "port_hour"), members)


def _provider_failures(members: ir.Table, evidence: Evidence) -> ir.Table:
    """Intervals in which a failure of the circuit's provider is open, on any of its members."""
    owner = members.select("port_hour", "circuit_hour")
    of_circuit = evidence.events.inner_join(owner, "port_hour")
    events = of_circuit.select("circuit_hour", "at_us", "event_kind").distinct()
    failures = [
        open_intervals(events, "circuit_hour", f"{name}_unresolved", (f"{name}_resolved",), "isp")
        for name in _PROTOCOLS
    ]
    return ibis.union(*failures)


def _with_transitions(intervals: ir.Table) -> ir.Table:
    """Adds turned_to: up or down where the interval begins with a transition, else NULL."""
    known = intervals.filter(intervals.outcome.isin(("up", *CAUSES)))
    states = known.select("circuit_hour", "from_us", "to_us", is_up=known.outcome == "up")
    along = ibis.window(group_by=states.circuit_hour, order_by=states.from_us)
    pairs = states.mutate(
        was_up=states.is_up.lag().over(along), until_us=states.to_us.lag().over(along)
    )
    turns = pairs.filter(
        (pairs.is_up != pairs.was_up)
        & (pairs.from_us - pairs.until_us <= microseconds(SAMPLE_REACH))
    ).select("circuit_hour", "from_us", turned_to=pairs.is_up.ifelse("up", "down"))
    old = intervals.drop("turned_to") if "turned_to" in intervals.columns else intervals
    joined = old.left_join(turns, ["circuit_hour", "from_us"])
    return joined.drop("circuit_hour_right", "from_us_right")
