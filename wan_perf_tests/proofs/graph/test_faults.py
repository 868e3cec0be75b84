"""A fleet with every kind of fault: what left evidence is found, and nothing is invented."""

from datetime import timedelta

import pytest

from wan_perf.definitions import DAILY_JOB
from wan_perf.schema.tables import FAILOVER_PIECE
from wan_perf.simulator import Fleet
from wan_perf_tests.proofs.faults.findings import collect_steps, findings
from wan_perf_tests.proofs.faults.tally import Tally
from wan_perf_tests.proofs.faults.yardstick import Yardstick
from wan_perf_tests.support.graph.staged import HOUR, START, UpToFacts, staged

pytestmark = pytest.mark.proof

DAYS = 1
REPORTED_BY_EVENTS = ("port_down", "flaps", "isp_dead_arp", "isp_dead_dhcp", "duplicate_event")
REPORT_S = 60
"""A gateway reports each minute: nobody knows better when it lost power or was back."""


@pytest.fixture(scope="module")
def tallies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tally]:
    end = START + timedelta(days=DAYS)
    fleet = Fleet.whole(7, 14, START, end + HOUR)
    with staged(fleet, tmp_path_factory.mktemp("faults"), kind=UpToFacts) as stage:
        collect_steps(stage, DAYS)
        stage.runs._run(DAILY_JOB, [f"{START:%Y-%m-%d}"] * 2, only=[FAILOVER_PIECE])
        found = findings(stage.runs.warehouse)
    return Yardstick(fleet, found, START, end).judge()


def test_all_that_left_evidence_is_found(tallies: dict[str, Tally]):
    assert {kind: tally.missed for kind, tally in tallies.items() if tally.missed} == {}
    assert len(tallies) >= 12
    assert sum(tally.found for tally in tallies.values()) > 20


def test_nothing_is_invented(tallies: dict[str, Tally]):
    assert {kind: tally.invented for kind, tally in tallies.items() if tally.invented} == {}


def test_what_events_report_is_right_to_the_second(tallies: dict[str, Tally]):
    worst = {kind: max(tallies[kind].errors_s) for kind in REPORTED_BY_EVENTS if kind in tallies}
    assert len(worst) >= 3
    assert {kind: error for kind, error in worst.items() if error > 1} == {}


def test_a_loss_of_power_is_right_to_a_report(tallies: dict[str, Tally]):
    errors = [*tallies["power_lost"].errors_s, *tallies["hub_down"].errors_s]
    assert 0 < max(errors) <= REPORT_S
