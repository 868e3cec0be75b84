"""Telemetry that is missing, late, or of a wrong clock.

Belongs here: circuits without telemetry, the share of unknown minutes, instants far from their
pass.
Keep out: what a sample far from its pass counts for (`kpi.state.evidence_window`,
`kpi.state.circuit_polls`).
"""

from datetime import timedelta
from functools import partial

import ibis
import ibis.expr.types as ir

from wan_perf.checks.declaration import Check, Tables
from wan_perf.kpi.state.evidence_window import SAMPLE_REACH, fresh
from wan_perf.policy.thresholds import Policy
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_PORT,
    RAW_GATEWAY_EVENT,
    RAW_PATH_SAMPLE,
    RAW_PORT_HISTORY,
    RAW_PORT_SAMPLE,
)

AHEAD = timedelta(minutes=5)
"""Polls are requested within five minutes of being due: a later instant is of a wrong clock."""
_AHEAD_S = AHEAD // timedelta(seconds=1)
_BEHIND_S = SAMPLE_REACH // timedelta(seconds=1)
_PORT = ("gateway_mac", "port_id")


def _without_telemetry(tables: Tables, _: Policy) -> ir.Table:
    """Circuits in service in the newest hour without any row of telemetry.

    Mist repeats the last statistics of a disconnected gateway, and reports the disconnection as an
    event: neither is telemetry of its circuits.
    """
    hours = tables["circuit_hour"]
    newest = hours.aggregate(hour=hours.hour.max())
    in_service = hours.semi_join(newest, "hour").select("hour", "circuit_id", "site_id")
    seen = _hours_of_ports(tables).semi_join(newest, "hour").select(*_PORT).distinct()
    events = tables["raw_gateway_event"]
    of_gateway = events.filter(
        events.port_id.isnull() & (events.event_kind != "gateway_disconnected")
    ).select("gateway_mac", hour=events.event_at.truncate("h"))
    gateways = of_gateway.semi_join(newest, "hour").select("gateway_mac").distinct()
    ports = tables["circuit_port"]
    names = ibis.union(
        ports.select("circuit_id", *_PORT),
        ports.select("circuit_id", "gateway_mac", port_id=ports.interface),
    )
    with_telemetry = ibis.union(
        names.semi_join(seen, _PORT).select("circuit_id"),
        names.semi_join(gateways, "gateway_mac").select("circuit_id"),
    )
    return in_service.anti_join(with_telemetry, "circuit_id")


def _hours_of_ports(tables: Tables) -> ir.Table:
    """Hours in which a port has a sample, a path, history or an event."""
    samples, paths = tables["raw_port_sample"], tables["raw_path_sample"]
    history, events = tables["raw_port_history"], tables["raw_gateway_event"]
    of_ports, of_paths = fresh(samples), fresh(paths)
    had = history.filter((history.covered_minutes > 0) | history.up_through_from.notnull())
    return ibis.union(
        of_ports.select(*_PORT, hour=of_ports.pass_at.truncate("h")),
        of_paths.select(*_PORT, hour=of_paths.pass_at.truncate("h")),
        had.select(*_PORT, hour=had.hour.truncate("h")),
        events.select(*_PORT, hour=events.event_at.truncate("h")),
    )


def _unknown_share(tables: Tables, policy: Policy) -> ir.Table:
    """The circuits with unknown minutes, where their share in the slice is over the limit.

    Standby is expected and counts as known. The hour of the newest pass is still in progress: what
    comes in it nobody can know yet.
    """
    hours, samples = tables["circuit_hour"], tables["raw_port_sample"]
    newest = samples.aggregate(in_progress=samples.pass_at.max().truncate("h"))
    over = hours.cross_join(newest)
    over = over.filter((over.hour < over.in_progress).fill_null(True))
    judged = over.select(
        *("circuit_id", "site_id"),
        lacking=ibis.greatest(over.unknown_minutes - over.standby_minutes.fill_null(0), 0),
    )
    minutes = (60.0 * judged.count()).nullif(0)
    whole = judged.aggregate(share_pct=100.0 * judged.lacking.sum() / minutes)
    circuits = judged.group_by("circuit_id", "site_id").aggregate(
        unknown_minutes=judged.lacking.sum(), hours=judged.count()
    )
    worst = circuits.filter(circuits.unknown_minutes > 0).cross_join(whole)
    return worst.filter(worst.share_pct > policy.unknown_minutes_pct).rename(
        share_of_all_pct="share_pct"
    )


def _skewed(tables: Tables, _: Policy, name: str) -> ir.Table:
    """Gateways whose samples lie over 5 minutes after or over 20 before their pass, by hour."""
    rows = tables[name]
    far = rows.filter(
        (rows.sampled_at > _later(rows.pass_at, _AHEAD_S))
        | (rows.sampled_at < _later(rows.pass_at, -_BEHIND_S))
    )
    off = far.mutate(off_s=far.sampled_at.delta(far.pass_at, unit="second"))
    return off.group_by("site_id", "gateway_mac", hour=off.pass_at.truncate("h")).aggregate(
        rows=off.count(), least_ahead_s=off.off_s.min(), most_ahead_s=off.off_s.max()
    )


def _later(instant: ir.TimestampValue, seconds: int) -> ir.TimestampValue:
    return instant + ibis.interval(seconds=seconds)


def _skew_of(table: Table) -> Check:
    return Check(
        "instants_are_near_their_pass",
        "Samples are at most 5 minutes after and 20 before their pass: else a clock is wrong, or "
        "a gateway is not connected and its old statistics are repeated.",
        of=table,
        offending=partial(_skewed, name=table.name),
        order=lambda t: (t.hour, t.gateway_mac),
    )


NO_TELEMETRY = Check(
    "circuits_have_telemetry_in_the_newest_hour",
    "Of every circuit in service there is a sample, a history or an event in the newest hour.",
    of=CIRCUIT_HOUR,
    beside=(RAW_PORT_SAMPLE, RAW_PATH_SAMPLE, RAW_PORT_HISTORY, RAW_GATEWAY_EVENT, CIRCUIT_PORT),
    offending=_without_telemetry,
    order=lambda t: (t.site_id, t.circuit_id),
)
UNKNOWN_SHARE = Check(
    "unknown_minutes_are_few",
    "The share of unknown minutes in the slice, standby aside, is at most the policy's "
    "unknown_minutes_pct.",
    of=CIRCUIT_HOUR,
    beside=(RAW_PORT_SAMPLE,),
    ahead=timedelta(hours=1),
    offending=_unknown_share,
    order=lambda t: (t.unknown_minutes.desc(), t.circuit_id),
)
SKEWED_SAMPLES, SKEWED_PATHS = _skew_of(RAW_PORT_SAMPLE), _skew_of(RAW_PATH_SAMPLE)
