"""Quiet circuits: one member whose link stays up, and no other evidence that could decide.

Belongs here: which circuits are quiet in an hour, what the rules come to for them.
Keep out: the rules (`member_states`, `circuit_states`, `activity`).

Nearly all circuits are quiet in nearly all hours, and overlaying their few intervals is most of the
work of a day. What is written here is what the overlays come to: a proof computes ragged estates
both ways and compares every row.
"""

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.state.evidence import Evidence
from wan_perf.kpi.state.evidence_window import HOUR_US
from wan_perf.kpi.state.port_states import is_long_ago

_OTHER_EVIDENCE = ("gateway_events", "past")
"""A telemetry gap has events of its gateway."""


def quiet_circuits(members: ir.Table, evidence: Evidence) -> ir.Table:
    """Circuits of one member port whose link is known to be up in one interval, and nothing else.

    An event of its link long ago decides nothing where the link is up in one interval: either that
    is all of the hour, or the event contradicts the readings and the time around them is unknown.

    Columns: circuit_hour, port_hour, member_from_us, up_from_us, up_to_us, member_to_us, in the
    order of time.
    """
    one = members.group_by("circuit_hour").aggregate(
        count=members.count(),
        is_aggregate=members.is_aggregate.fill_null(False).ifelse(1, 0).max(),
        **{name: members[name].max() for name in ("port_hour", "member_from_us", "member_to_us")},
    )
    one = one.filter((one["count"] == 1) & (one.is_aggregate == 0))
    for table in _OTHER_EVIDENCE:
        one = one.anti_join(getattr(evidence, table), "port_hour")
    one = one.anti_join(evidence.dead, "circuit_hour")
    events = evidence.events
    one = one.anti_join(events.filter(~is_long_ago(events)), "port_hour")
    links = evidence.links
    of_port = links.group_by("port_hour").aggregate(
        interval_count=links.count(),
        up_count=links.is_up.ifelse(1, 0).sum(),
        up_from_us=links.from_us.min(),
        up_to_us=links.to_us.max(),
    )
    linked = one.inner_join(of_port, "port_hour")
    return linked.filter(
        (linked.interval_count == 1)
        & (linked.up_count == 1)
        & (linked.member_from_us <= linked.up_from_us)
        & (linked.up_from_us < linked.up_to_us)
        & (linked.up_to_us <= linked.member_to_us)
    ).select(
        *("circuit_hour", "port_hour"),
        *("member_from_us", "up_from_us", "up_to_us", "member_to_us"),
    )


def other_evidence(evidence: Evidence, quiet: ir.Table) -> Evidence:
    """The evidence on the members of circuits that are not quiet."""
    return replace(evidence, links=evidence.links.anti_join(quiet, "port_hour"))


def quiet_intervals(quiet: ir.Table) -> ir.Table:
    """States of quiet circuits by the rules: up while the link is, unknown before and after.

    Columns: circuit_hour, from_us, to_us, linked, settled, recalled, outcome.
    """
    parts = ibis.union(
        *(
            quiet.select(
                "circuit_hour",
                from_us=quiet[start],
                to_us=quiet[end],
                linked=ibis.literal(is_up),
                settled=ibis.literal(False),
                recalled=ibis.literal(False),
                outcome=ibis.literal("up") if is_up else ibis.null("string"),
            )
            for start, end, is_up in (
                ("member_from_us", "up_from_us", False),
                ("up_from_us", "up_to_us", True),
                ("up_to_us", "member_to_us", False),
            )
        )
    )
    return parts.filter(parts.from_us < parts.to_us)


def steady_states(quiet: ir.Table, same_use: ir.Table, polls: ir.Table) -> ir.Table:
    """The one state of quiet circuits that are up all hour and whose polls all report one use.

    Args:
        quiet: Quiet circuits without those on demand, and without those that could have taken over.
        same_use: circuit_hour, from_us, to_us, is_active (1, 0) of constant polls, see `activity`.
        polls: All polls: without any the use is unknown.

    Returns:
        circuit_hour, from_us, to_us, linked, settled, recalled, outcome, activity.
    """
    up = quiet.filter((quiet.up_from_us <= 0) & (quiet.up_to_us >= HOUR_US))
    polled = up.select("circuit_hour").inner_join(
        same_use.filter((same_use.from_us <= 0) & (same_use.to_us >= HOUR_US)), "circuit_hour"
    )
    unpolled = up.select("circuit_hour").anti_join(polls, "circuit_hour")
    use = ibis.union(
        polled.select(
            "circuit_hour", activity=(polled.is_active == 1).ifelse("active", "inactive")
        ),
        unpolled.mutate(activity=ibis.null("string")),
    )
    return use.select(
        "circuit_hour",
        from_us=ibis.literal(0, "int64"),
        to_us=ibis.literal(HOUR_US, "int64"),
        linked=ibis.literal(True),
        settled=ibis.literal(False),
        recalled=ibis.literal(False),
        outcome=ibis.literal("up"),
        activity=use.activity,
    )
