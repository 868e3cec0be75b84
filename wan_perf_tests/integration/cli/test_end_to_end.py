"""Two stores, eight hours, collected by the command: each circuit-hour against what happened.

The same over 40 stores and two days, with every fault: `proofs/graph/test_truth.py`.
"""

import duckdb
import pytest

from wan_perf_tests.support.graph.judged import DIRECTIONS, Judged
from wan_perf_tests.support.graph.staged import START
from wan_perf_tests.support.shell import COLLECTED, FLEET, Shell


@pytest.fixture(scope="module")
def judged(shell: Shell) -> Judged:
    with duckdb.connect(str(shell.home / "wan_perf.duckdb"), read_only=True) as connection:
        rows = connection.execute("FROM circuit_hour").df()
    return Judged.of(FLEET, START, COLLECTED, rows[rows["hour"] < COLLECTED])


def test_six_hours_of_each_circuit_are_judged(judged: Judged):
    assert len(judged.hours) == len(judged.truth["circuits"]) * 8
    assert len([*judged.each()]) == len(judged.truth["circuits"]) * 6
    kinds = {fault["kind"] for fault in judged.truth["faults"]}
    assert {"port_down", "counter_reset", "missed_polls", "congestion"} <= kinds
    assert sum(hour["transitions"] for _, hour, _ in judged.needed()) == 2


def test_time_is_right_to_the_second(judged: Judged):
    assert judged.wrong_known_down() == []
    assert judged.wrong_unknown() == []
    assert judged.wrong_up() == []
    assert judged.wrong_observed() == []


def test_flaps_are_exact(judged: Judged):
    assert judged.wrong_flaps() == []


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_bytes_are_within_a_thousandth(judged: Judged, direction: str):
    assert judged.wrong_bytes(direction) == []
