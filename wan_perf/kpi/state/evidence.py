"""All evidence on an hour, collected once.

Belongs here: the kinds of evidence, each with its own copy for each hour.
Keep out: what any of it means (`port_states`, `member_states`, `circuit_states`).
"""

from dataclasses import dataclass

import ibis.expr.types as ir

from wan_perf.kpi.state.circuit_polls import evidence_polls, of_paths
from wan_perf.kpi.state.evidence_window import (
    evidence_events,
    evidence_gateway_events,
    evidence_telemetry_gaps,
)
from wan_perf.kpi.state.peer_paths import dead_paths
from wan_perf.kpi.state.port_states import link_intervals


@dataclass(frozen=True)
class Evidence:
    """The evidence on the hours, each table with its own copy for each port_hour.

    Attributes:
        links: When the port's link is up or down, see `state.link_intervals`.
        events: port_hour, at_us, event_kind of events that name the port.
        gateway_events: The same of events of the gateway.
        telemetry_gaps: port_hour, from_us, to_us, port_id, outcome of gaps that have ended.
        past: port_hour, up_from_us, up_to_us, is_carrying of the history.
        readings: port_hour and each reading of the port, repeated ones included, see
            `evidence_window.evidence_readings`.
        dead: circuit_hour, from_us, to_us of intervals in which all peer paths were dead.
        polls: what each new poll of the peer paths reports, see `circuit_polls.evidence_polls`.
    """

    links: ir.Table
    events: ir.Table
    gateway_events: ir.Table
    telemetry_gaps: ir.Table
    past: ir.Table
    readings: ir.Table
    dead: ir.Table
    polls: ir.Table


def collect_evidence(
    readings: ir.Table,
    past: ir.Table,
    raw_path_sample: ir.Table,
    circuit_poll: ir.Table,
    raw_gateway_event: ir.Table,
    gateway_silence: ir.Table,
    circuits: ir.Table,
    members: ir.Table,
) -> Evidence:
    """All evidence on the state of these circuits and members in their hours."""
    events = evidence_events(raw_gateway_event, members)
    return Evidence(
        links=link_intervals(readings, events, members),
        events=events,
        gateway_events=evidence_gateway_events(raw_gateway_event, members),
        telemetry_gaps=evidence_telemetry_gaps(gateway_silence, members),
        past=past,
        readings=readings,
        dead=dead_paths(raw_path_sample, members, events),
        polls=evidence_polls(of_paths(circuit_poll), circuits),
    )
