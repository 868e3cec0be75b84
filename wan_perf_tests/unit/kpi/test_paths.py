"""Peer paths and the state of a circuit in the hour 10:00 to 11:00, to check in the head."""

import pytest

from wan_perf_tests.support.kpi.engine import measured_circuits, member
from wan_perf_tests.support.kpi.rows import GATEWAY, HOUR, PORT, Row, event, path, sample

MINUTE_US = 60_000_000
LINK = [sample(f"10:{minute:02}", up=True) for minute in range(0, 60, 10)]
DEAD = [path("10:10", up=False), path("10:20", up=False), path("10:30")]


def elsewhere(*clocks: str, hub: str = "hub1", up: bool = True) -> list[Row]:
    """Another store's path to the hub in these polls."""
    return [path(clock, hub=hub, up=up, gateway="0000000000cc") for clock in clocks]


PASSES = ("10:10", "10:20", "10:30")
HUB = elsewhere(*PASSES)


@pytest.mark.parametrize(
    ("paths", "events", "down"),
    [
        pytest.param([], [], 0, id="no paths, the link decides"),
        pytest.param([*DEAD, *HUB], [], 10, id="dead in two passes: down between them"),
        pytest.param(DEAD, [], 0, id="nobody else reaches the hub"),
        pytest.param(
            [*DEAD, *elsewhere("10:10", "10:20", up=False)], [], 0, id="the hub is down for others"
        ),
        pytest.param([*DEAD, *elsewhere("10:10", hub="hub2")], [], 0, id="another hub lives"),
        pytest.param([*DEAD, *HUB, path("10:20", hub="hub2")], [], 0, id="one path of two is up"),
        pytest.param(
            [*DEAD, *HUB, path("10:20", hub="hub2", up=False)],
            [],
            0,
            id="one hub of two is not known to live",
        ),
        pytest.param(
            [*DEAD, *HUB, path("10:20", hub="hub2", up=None)], [], 0, id="one path says nothing"
        ),
        pytest.param(
            [*DEAD, *HUB, path("10:20", hub=None, up=False)], [], 0, id="a path without a hub"
        ),
        pytest.param(
            [path("10:10", up=False), path("10:19", up=False, polled="10:20"), path("10:30"), *HUB],
            [],
            9,
            id="a word counts from when it was sampled",
        ),
        pytest.param(
            [path("10:10", up=False), path("09:59", up=False, polled="10:20"), *HUB],
            [],
            0,
            id="a word that is 21 minutes old is none",
        ),
        pytest.param(
            [*DEAD, *HUB, *({**path(clock, hub="hub2"), "sampled_at": None} for clock in PASSES)],
            [],
            0,
            id="a path that is up without an instant is of its poll",
        ),
        pytest.param(
            [{**row, "sampled_at": None} for row in (*DEAD, *HUB)],
            [],
            10,
            id="dead in two passes, without instants",
        ),
        pytest.param(
            [path("10:10", up=False), path("10:41", up=False, polled="10:20"), *HUB],
            [],
            0,
            id="a sample 21 minutes after its poll is none",
        ),
        pytest.param(
            [*DEAD, *HUB], [event("10:15", "arp_resolved")], 0, id="something turned between them"
        ),
        pytest.param(
            [*DEAD, *HUB], [event("10:15", "other")], 10, id="an event of no meaning is none"
        ),
        pytest.param(
            [path("10:05", up=False), path("10:26", up=False), *elsewhere("10:05", "10:26")],
            [],
            0,
            id="21 minutes apart say nothing",
        ),
        pytest.param(
            [path("09:50", up=False), path("10:10", up=False), *elsewhere("09:50", "10:10")],
            [],
            10,
            id="only the part in the hour",
        ),
    ],
)
def test_a_circuit_whose_paths_are_dead(paths: list[Row], events: list[Row], down: int):
    [row] = measured_circuits(
        [{"circuit_hour": 0, "hour": HOUR, "site_id": "S1"}],
        [member(0, GATEWAY, PORT, HOUR)],
        raw_port_sample=LINK,
        raw_gateway_event=events,
        raw_path_sample=paths,
    )
    assert row["down_us"] == down * MINUTE_US
    assert row["down_cause"] == ("path" if down else None)
    assert row["link_up_us"] == 50 * MINUTE_US


def test_a_failure_of_the_provider_that_was_reported_takes_precedence_over_its_paths():
    [row] = measured_circuits(
        [{"circuit_hour": 0, "hour": HOUR, "site_id": "S1"}],
        [member(0, GATEWAY, PORT, HOUR)],
        raw_port_sample=LINK,
        raw_gateway_event=[event("10:05", "arp_unresolved"), event("10:35", "arp_resolved")],
        raw_path_sample=[*DEAD, *HUB],
    )
    assert (row["down_us"], row["down_cause"]) == (30 * MINUTE_US, "isp")
