"""One poll of a simulated cloud on a new warehouse: what is up, and what is congested now."""

from datetime import timedelta
from pathlib import Path

import pytest

from wan_perf.definitions import REPORTS_JOB
from wan_perf.schema.tables import CIRCUIT_PORT, CURRENT_STATE, DIM_CIRCUIT, RAW_PORT_SAMPLE
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import HOUR, START, WithoutChecks, staged

pytestmark = pytest.mark.proof


def test_a_first_poll_shows_every_circuit_and_its_load(tmp_path: Path) -> None:
    """At 33:24 past the hour, of the poll that was due at 30: all samples are of after that."""
    now = START + 30 * HOUR + timedelta(minutes=33, seconds=24)
    fleet = Fleet.seeded(7, 3, START, now + 6 * HOUR)
    with staged(fleet, tmp_path, now=now, kind=WithoutChecks) as stage:
        stage.runs.collect(None, None)
        stage.runs._run(REPORTS_JOB, only=(CURRENT_STATE,))
        states, samples = stage.rows(CURRENT_STATE), stage.rows(RAW_PORT_SAMPLE)
        circuits, ports = stage.rows(DIM_CIRCUIT), stage.rows(CIRCUIT_PORT)
    assert (samples["sampled_at"] > samples["pass_at"]).all()
    assert set(states["as_of_at"]) == {samples["sampled_at"].max()}
    assert set(states["state"]) == {"up"}
    rates = samples[samples["counter_source"] == "port"]
    beside = states.merge(ports, on="circuit_id").merge(rates, on=["gateway_mac", "port_id"])
    now_in_force = circuits[circuits["valid_to"].isna()]
    beside = beside.merge(now_in_force, on="circuit_id", suffixes=("", "_bought"))
    down = beside["rx_bps"] / beside["bandwidth_mbps"]
    up = beside["tx_bps"] / beside["bandwidth_up_mbps"].fillna(beside["bandwidth_mbps"])
    expected = down.combine(up, max) / 1e4
    assert len(beside) == len(states) == 7
    assert beside["utilization_now_pct"].tolist() == pytest.approx(expected.tolist(), abs=1e-4)
    assert states["utilization_now_pct"].max() == pytest.approx(86.3616, abs=1e-4)
    worst = states.sort_values("utilization_now_pct").iloc[-1]
    assert (worst["severity"], worst["messages"]) == ("high", "utilization high (86.4)")
