"""40 sites, 48 hours, every fault: each circuit-hour against what physically happened."""

import pytest

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.expected import Port, shared
from wan_perf_tests.support.graph.judged import DIRECTIONS, Judged, epoch
from wan_perf_tests.support.graph.staged import HOUR, START, UpToFacts, staged

pytestmark = pytest.mark.proof

END = START + 50 * HOUR


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Every stored circuit-hour beside the truth."""
    fleet = Fleet.seeded(7, 40, START, END)
    with staged(fleet, tmp_path_factory.mktemp("truth"), kind=UpToFacts) as stage:
        stage.runs.collect(START, END)
        return Judged.of(fleet, START, END, stage.rows(CIRCUIT_HOUR))


def test_only_backups_over_lte_are_ever_in_standby(judged: Judged):
    in_standby = {row.port_id for row in judged.hours.values() if row.standby_minutes > 0}
    assert in_standby == {"cl-1/0/0"}


def test_every_circuit_has_every_hour_once(judged: Judged):
    assert len(judged.hours) == len(judged.truth["circuits"]) * 50


def test_the_fleet_suffers_every_fault(judged: Judged):
    kinds = {fault["kind"] for fault in judged.truth["faults"]}
    assert {"port_down", "counter_reset", "missed_polls", "api_outage", "congestion"} <= kinds


def test_known_down_time_is_right_to_the_second(judged: Judged):
    assert judged.wrong_known_down() == []


def test_unknown_time_is_right_to_the_second(judged: Judged):
    assert judged.wrong_unknown() == []


def test_no_time_is_called_up_that_was_down(judged: Judged):
    assert judged.wrong_up() == []


def test_flaps_are_exact(judged: Judged):
    assert judged.wrong_flaps() == []
    assert sum(hour["transitions"] for _, hour, _ in judged.needed()) > 100


def test_observed_time_is_right_to_the_second(judged: Judged):
    assert judged.wrong_observed() == []


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_bytes_are_within_a_thousandth(judged: Judged, direction: str):
    """Over the observed parts of the hour, within 0.1 % of what the hour physically carried."""
    assert judged.wrong_bytes(direction) == []


def test_an_hour_observed_in_full_has_the_truths_bytes(judged: Judged):
    """The plain comparison, with no rule of ours: most hours, and within 0.1 %."""
    full = [(row, hour) for row, hour, _ in judged.each() if row.observed_minutes == 60]
    wrong = [
        (row.circuit_id, row.hour, row.rx_bytes, hour["rx_bytes"])
        for row, hour in full
        if abs(row.rx_bytes - hour["rx_bytes"]) > 0.001 * hour["rx_bytes"] + 1
    ]
    assert wrong == []
    assert len(full) > 0.9 * len(judged.truth["circuits"]) * 48


def test_a_reset_is_seen_and_loses_only_what_nobody_read(judged: Judged):
    boots = {
        (gateway["mac"], boot)
        for gateway in judged.truth["gateways"]
        for boot in gateway["boots"]
        if epoch(START + HOUR) <= boot < epoch(END - HOUR)
    }
    counted: dict[tuple[str, str], int] = {}
    for row in judged.hours.values():
        key = (row.gateway_mac, row.port_id)
        counted[key] = counted.get(key, 0) + row.reset_count
    for mac in {mac for mac, _ in boots}:
        planted = sum(1 for other, _ in boots if other == mac)
        found = [count for (gateway, _), count in counted.items() if gateway == mac]
        assert min(found) >= planted


def test_the_yardstick_itself_by_hand():
    """A port down 10:10 to 10:20, sampled at 10:00, 10:05 and 10:50; no other event in reach."""
    ten = 36_000.0
    port = Port(
        downs=[(ten + 600, ten + 1200)], boots=[0.0], reported_at=[ten, ten + 300, ten + 3000]
    )
    assert port.known_down_s(ten) == 600
    assert port.unknown(ten) == []
    after_a_gap = Port(downs=[], boots=[0.0], reported_at=port.reported_at)
    assert after_a_gap.unknown(ten) == [(ten + 300, ten + 3000), (ten + 3000, ten + 3600)]
    assert port.observed(ten) == [(ten, ten + 300)]
    assert shared((0, 10), (5, 20)) == 5


def test_an_event_speaks_for_24_hours_by_hand():
    """Up at 10:20 of the day before, then no telemetry: known until 10:20, unknown from there."""
    ten = 36_000.0
    event = ten + 1200 - 24 * 3600
    port = Port(downs=[(event - 60, event)], boots=[0.0], reported_at=[event + 60])
    assert port.unknown(ten) == [(ten + 1200, ten + 3600)]
    assert port.unknown(ten - 3600) == []
