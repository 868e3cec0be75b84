"""Closed hours to recompute although their samples did not change.

Belongs here: hours computed with a bandwidth, circuit, rank or levels that are no longer in force,
and hours within a telemetry gap that has ended.
Keep out: recomputing them (`defs.automation.late_data`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.in_service import changed_bandwidth, has_hourly_rows
from wan_perf.kpi.dimensions.validity import in_force
from wan_perf.kpi.hour.severities import LEVELS, with_levels
from wan_perf.kpi.state.evidence_window import EVENT_REACH_BACK

_RATES = ("bandwidth_mbps", "bandwidth_up_mbps")
_A_BIT_MBPS = 1e-6


def corrected_hours(circuit_hour: ir.Table, dim_circuit: ir.Table) -> ir.Table:
    """Hours with a row of `corrected_rows`: hour."""
    return corrected_rows(circuit_hour, dim_circuit).select("hour").distinct()


def corrected_rows(circuit_hour: ir.Table, dim_circuit: ir.Table) -> ir.Table:
    """Circuit-hours whose stored row differs from the dimension: hour, circuit_id.

    Their bandwidth differs; or the circuit has no version in that hour; or a circuit in service has
    no row beside others of its site, since a contract gives it another id from a date on.

    A correction of a contract is dated, so it changes closed hours. An imported bandwidth stays as
    long as the dimension has none. Rates that differ by less than 1 bit/s are equal: the last digit
    of a mean of floats may differ between runs.

    Only the given rows of `circuit_hour` are read; the days that can have changed are found without
    them (`defs.automation.changed_days`).

    Args:
        circuit_hour: Stored hours, of any range.
        dim_circuit: Versions of circuits as they are now.
    """
    key = ["hour", "circuit_id"]
    found = (
        _with_another_rate(circuit_hour, dim_circuit),
        _without_version(circuit_hour, dim_circuit),
        _without_row(circuit_hour, dim_circuit),
    )
    return ibis.union(*(rows.select(*key) for rows in found), distinct=True)


def rows_in_zone(
    circuit_hour: ir.Table, dim_site: ir.Table, time_zone: str, hours: Sequence[datetime]
) -> ir.Table:
    """Circuit-hours of some hours at the sites that were in a time zone then: hour, circuit_id."""
    wanted = [ibis.literal(hour, "timestamp(6)") for hour in hours]
    stored = circuit_hour.filter(circuit_hour.hour.isin(wanted))
    sites = dim_site.filter(dim_site.time_zone == time_zone)
    is_there = [
        stored.site_id == sites.site_id,
        in_force(sites, stored.hour + ibis.interval(hours=1)),
    ]
    return stored.semi_join(sites, is_there).select("hour", "circuit_id")


def _with_another_rate(circuit_hour: ir.Table, dim_circuit: ir.Table) -> ir.Table:
    stored = circuit_hour.select("hour", "circuit_id", "bandwidth_source", *_RATES)
    now = dim_circuit.filter(has_hourly_rows(dim_circuit))
    now = now.select("circuit_id", "valid_from", "valid_to", *_RATES)
    key = ["hour", "circuit_id"]
    means = changed_bandwidth(stored.select(*key), dim_circuit)
    mean = {"bandwidth_mbps_now": "mean_down", "bandwidth_up_mbps_now": "mean_up"}
    changing = stored.inner_join(means.select(*key, **mean), key)
    changing = changing.semi_join(now, _in_hour(changing, now))
    described = stored.join(now, _in_hour(stored, now), rname="{name}_now").drop("circuit_id_now")
    # Few hours differ, and in few the bandwidth changed: only those are joined.
    differing = described.filter(_differs(described)).anti_join(means, key)
    return ibis.union(
        differing.select(*key), changing.filter(_differs(changing)).select(*key), distinct=True
    )


def _without_version(circuit_hour: ir.Table, dim_circuit: ir.Table) -> ir.Table:
    stored = circuit_hour.select("hour", "circuit_id")
    return stored.anti_join(dim_circuit, _in_hour(stored, dim_circuit))


def _without_row(circuit_hour: ir.Table, dim_circuit: ir.Table) -> ir.Table:
    sites = circuit_hour.select("hour", "site_id").distinct()
    now = dim_circuit.filter(has_hourly_rows(dim_circuit))
    now = now.select("circuit_id", "site_id", "valid_from", "valid_to")
    in_hour = [
        sites.site_id == now.site_id,
        in_force(now, sites.hour + ibis.interval(hours=1)),
    ]
    expected = sites.join(now, in_hour).select("hour", "circuit_id")
    return expected.anti_join(circuit_hour, ["hour", "circuit_id"])


def _in_hour(hours: ir.Table, versions: ir.Table) -> list[ir.BooleanValue]:
    """The circuit's version at the end of the hour."""
    end = hours.hour + ibis.interval(hours=1)
    return [hours.circuit_id == versions.circuit_id, in_force(versions, end)]


def _differs(rows: ir.Table) -> ir.BooleanValue:
    """True where the stored rates of an hour are not those of now."""
    down, up = rows.bandwidth_mbps_now, rows.bandwidth_up_mbps_now
    is_imported = (rows.bandwidth_source == "import").fill_null(False)
    same_down = ibis.ifelse(is_imported, down.isnull(), _is_same(rows.bandwidth_mbps, down))
    return ~(same_down & _is_same(rows.bandwidth_up_mbps, up))


def _is_same(one: ir.FloatingValue, other: ir.FloatingValue) -> ir.BooleanValue:
    """True where both rates [Mbit/s] are unknown, or equal to the bit per second."""
    both = (one - other).abs() < _A_BIT_MBPS
    return both.fill_null(one.isnull() & other.isnull())


def rows_at_other_levels(
    circuit_hour: ir.Table, dim_site: ir.Table, dim_policy: ir.Table
) -> ir.Table:
    """Circuit-hours whose levels are not those in force now: hour, circuit_id.

    A backdated override changes the levels of closed hours.

    Args:
        circuit_hour: Stored hours, of any range.
        dim_site: Sites as of the hours: a level may be that of their region or store type.
        dim_policy: Levels as they are now.
    """
    stored = circuit_hour.select(
        "hour", "circuit_id", "site_id", **{f"stored_{name}": name for name in LEVELS}
    )
    sites = dim_site.select("site_id", "region", "store_type", "valid_from", "valid_to")
    in_hour = [
        stored.site_id == sites.site_id,
        in_force(sites, stored.hour + ibis.interval(hours=1)),
    ]
    placed = stored.left_join(sites, in_hour).drop("site_id_right", "valid_from", "valid_to")
    now = with_levels(placed, dim_policy, circuit_hour)
    same = (now[name].identical_to(now[f"stored_{name}"]) for name in LEVELS)
    return now.filter(~ibis.and_(*same)).select("hour", "circuit_id")


def rows_of_another_rank(circuit_state: ir.Table, dim_circuit: ir.Table) -> ir.Table:
    """Circuit-hours whose states have another role_rank than their circuit: hour, circuit_id.

    Which circuit is primary decides standby, use and failovers of the hour.

    Args:
        circuit_state: Stored states, of any range.
        dim_circuit: Versions of circuits as they are now.
    """
    stored = circuit_state.select(
        "circuit_id", hour=circuit_state.started_at.truncate("h"), stored_rank="role_rank"
    ).distinct()
    now = dim_circuit.select("circuit_id", "role_rank", "valid_from", "valid_to")
    described = stored.join(now, _in_hour(stored, now))
    return described.filter(~described.role_rank.identical_to(described.stored_rank)).select(
        "hour", "circuit_id"
    )


def ended_telemetry_gaps(gateway_silence: ir.Table, since: datetime) -> ir.Table:
    """Telemetry gaps of gateways that ended after the instant: started_at, ended_at.

    A gap longer than the lookback of events is cut to it: hours before that do not change.
    """
    rows = gateway_silence.filter(gateway_silence.ended_at > ibis.literal(since, "timestamp(6)"))
    reach = ibis.interval(seconds=round(EVENT_REACH_BACK / timedelta(seconds=1)))
    started = ibis.greatest(rows.started_at, rows.ended_at - reach)
    return rows.select("ended_at", started_at=started).distinct()
