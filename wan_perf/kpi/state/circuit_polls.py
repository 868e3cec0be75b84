"""One sample of a circuit: what a poll reports of its peer paths, else of its ports.

Belongs here: which paths of a poll count, at which instant the sample was taken, whether it is new,
and the polls in an hour's evidence window.
Keep out: sums over an hour (`kpi.hour.quality`), which circuit was in use between polls
(`activity`).
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.state.evidence_window import (
    EPOCH,
    first_per_key,
    fresh,
    hour_copies,
    instant_us,
    since_1970_us,
)
from wan_perf.kpi.state.interval_overlay import overlay_intervals
from wan_perf.schema.formulas import VALUE_DECIMALS
from wan_perf.schema.tables import CIRCUIT_POLL

FIGURES = ("latency_ms", "jitter_ms", "loss_pct", "mos")
_EVER = "9999-01-01"
_UP, _IN_USE = 1, 2
_BEYOND_ANY_US = 2**60
"""Microseconds since 1970 stay below it for 36,000 years."""


def circuit_polls(
    raw_path_sample: ir.Table, raw_port_sample: ir.Table, circuit_port: ir.Table
) -> ir.Table:
    """One row per circuit and poll that reports something newer than the polls before it.

    From its peer paths; in an hour in whose polls the circuit has no path, from the probes of its
    ports. Both in one hour would mix the delay to a hub with that to a probe's target
    (CIRCUIT_POLL).

    Args:
        raw_path_sample: From an hour before the first poll on.
        raw_port_sample: The same.
        circuit_port: Member ports.
    """
    samples = _with_circuit(raw_path_sample, circuit_port)
    measured = _measured(raw_port_sample)
    probed = _probed(measured, circuit_port)
    paths = _paths_beside_probes(raw_path_sample, measured, circuit_port)
    with_paths = paths.select("circuit_id", hour=paths.pass_at.truncate("h")).distinct()
    without_paths = probed.mutate(hour=probed.pass_at.truncate("h")).anti_join(
        with_paths, ["circuit_id", "hour"]
    )
    return ibis.union(_polls_of_paths(samples), without_paths.select(*CIRCUIT_POLL.columns))


def of_paths(circuit_poll: ir.Table) -> ir.Table:
    """The polls of peer paths; those stored before ports counted have `measured_on` NULL."""
    return circuit_poll.filter(circuit_poll.measured_on.fill_null("paths") == "paths")


def _polls_of_paths(samples: ir.Table) -> ir.Table:
    """The polls of circuits with peer paths, from the samples of the paths (CIRCUIT_POLL).

    A sample of a circuit is the mean over its up and active paths of that poll, else over its up
    paths; a figure is the mean over those that have it. It was taken at the newest instant that the
    paths which count report. Only fresh samples of paths count (`evidence_window.fresh`).
    """
    is_up = samples.is_up.fill_null(False)
    in_use = is_up & samples.is_active.fill_null(False)
    rank = ibis.cases((in_use, _IN_USE), (is_up, _UP), else_=0)
    # The highest sum of both is the newest instant of the best paths: one aggregate, not three.
    best = (rank * _BEYOND_ANY_US + samples.reported_us).max()

    def mean(name: str, least: int) -> ir.FloatingScalar:
        return ibis.ifelse(rank >= least, samples[name], ibis.null("float64")).mean()

    sums = samples.group_by("pass_at", "circuit_id").aggregate(
        best=best,
        is_reported=samples.is_active.notnull().ifelse(1, 0).max(),
        **{f"{name}_in_use": mean(name, _IN_USE) for name in FIGURES},
        **{f"{name}_up": mean(name, _UP) for name in FIGURES},
    )
    reached = sums.best // _BEYOND_ANY_US
    polls = sums.select(
        "pass_at",
        "circuit_id",
        sampled_at=ibis.timestamp(EPOCH) + (sums.best % _BEYOND_ANY_US).as_interval("us"),
        is_up=reached >= _UP,
        is_active=ibis.cases((reached == _IN_USE, True), (sums.is_reported == 1, False)),
        **{
            name: ibis.ifelse(reached == _IN_USE, sums[f"{name}_in_use"], sums[f"{name}_up"]).round(
                VALUE_DECIMALS
            )
            for name in FIGURES
        },
        measured_on=ibis.literal("paths"),
    )
    # A poll with the instant of an earlier one repeats its sample.
    return first_per_key(polls, "circuit_id", "sampled_at").select(*CIRCUIT_POLL.columns)


def evidence_polls(circuit_poll: ir.Table, circuits: ir.Table) -> ir.Table:
    """The polls whose sample lies within 20 minutes of each circuit's hour, a copy for each hour.

    Args:
        circuit_poll: The polls of an hour before to an hour after each hour.
        circuits: circuit_hour, circuit_id, hour.

    Returns:
        circuit_hour, pass_at, at_us, is_up, is_active and the figures.
    """
    copies = hour_copies(circuit_poll, "sampled_at")
    of_circuits = copies.inner_join(
        circuits.select("circuit_hour", "circuit_id", "hour"), ["circuit_id", "hour"]
    )
    return of_circuits.select(
        *("circuit_hour", "pass_at", "is_up", "is_active", *FIGURES),
        at_us=instant_us(of_circuits.sampled_at, of_circuits.hour),
    )


def _measured(raw_port_sample: ir.Table) -> ir.Table:
    """Fresh samples of ports that are up and report loss or delay."""
    samples = fresh(raw_port_sample)
    figures = tuple(name for name in FIGURES if name in samples.columns)
    has_any = ibis.or_(*(samples[name].notnull() for name in figures))
    return samples.filter(has_any & samples.is_up).select(
        *("pass_at", "gateway_mac", "port_id", *figures),
        reported_us=since_1970_us(samples.sampled_at),
    )


def _probed(measured: ir.Table, circuit_port: ir.Table) -> ir.Table:
    """The polls of circuits whose ports report loss or delay (CIRCUIT_POLL).

    A figure is the mean over the member ports that are up and have it; ports report no MOS.
    """
    figures = tuple(name for name in FIGURES if name in measured.columns)
    owned = _owned(measured, circuit_port)
    polls = owned.group_by("pass_at", "circuit_id").aggregate(
        newest_us=owned.reported_us.max(),
        **{name: owned[name].mean().round(VALUE_DECIMALS) for name in figures},
    )
    dated = polls.mutate(
        sampled_at=ibis.timestamp(EPOCH) + polls.newest_us.as_interval("us"),
        is_up=ibis.literal(value=True),
        is_active=ibis.null("boolean"),
        mos=ibis.null("float64"),
        measured_on=ibis.literal("ports"),
    )
    return first_per_key(dated, "circuit_id", "sampled_at").select(*CIRCUIT_POLL.columns)


def _with_circuit(raw_path_sample: ir.Table, circuit_port: ir.Table) -> ir.Table:
    """Fresh samples of paths with the circuit that had their port at that instant."""
    samples = fresh(raw_path_sample)
    timed = samples.select(
        *("pass_at", "gateway_mac", "port_id", "is_up", "is_active", *FIGURES),
        reported_us=since_1970_us(samples.sampled_at),
    )
    return _owned(timed, circuit_port)


def _owned(timed: ir.Table, circuit_port: ir.Table) -> ir.Table:
    """The rows with the circuit that had their port at `reported_us`."""
    ends = _ends(circuit_port)
    return timed.inner_join(
        ends,
        [
            "gateway_mac",
            "port_id",
            timed.reported_us >= ends.from_us,
            timed.reported_us < ends.to_us,
        ],
    )


def _paths_beside_probes(
    raw_path_sample: ir.Table, measured: ir.Table, circuit_port: ir.Table
) -> ir.Table:
    """Samples of paths with their circuit, of circuits that can have probes of ports as well.

    Those have a port, now or earlier, on a gateway with probed ports. In most fleets none has, and
    no path is looked up.
    """
    with_probes = circuit_port.semi_join(measured, "gateway_mac")
    of_circuits = circuit_port.semi_join(with_probes, "circuit_id")
    return _with_circuit(raw_path_sample.semi_join(of_circuits, "gateway_mac"), circuit_port)


def _ends(circuit_port: ir.Table) -> ir.Table:
    """Intervals in which a port name of peer paths belongs to a circuit.

    A port's own name and that of its interface (pp0). Members of an aggregate share the interface;
    intervals of one name do not overlap. Columns: circuit_id, gateway_mac, port_id, from_us, to_us.
    """
    over = circuit_port.filter(circuit_port.interface != circuit_port.port_id)
    columns = ("circuit_id", "gateway_mac", "valid_from", "valid_to")
    names = ibis.union(
        circuit_port.select(*columns, "port_id"), over.select(*columns, port_id=over.interface)
    )
    key = ("circuit_id", "gateway_mac", "port_id")
    order = ibis.window(order_by=[names[name] for name in key])
    numbered = names.mutate(name=ibis.dense_rank().over(order))
    intervals = numbered.select(
        "name",
        from_us=since_1970_us(numbered.valid_from),
        to_us=since_1970_us(numbered.valid_to.fill_null(ibis.timestamp(_EVER))),
        kind=ibis.literal("owned"),
    )
    whole = overlay_intervals("name", intervals, ("owned",))
    named = numbered.select("name", *key).distinct()
    return whole.filter(whole.owned).inner_join(named, "name").select(*key, "from_us", "to_us")
