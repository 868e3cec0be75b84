"""Up, down, unknown and transitions of the hour 10:00 to 11:00, cases to check in the head."""

import pytest

from wan_perf_tests.support.kpi.engine import measured
from wan_perf_tests.support.kpi.rows import GATEWAY, HOUR, PORT, H, Row, event, sample
from wan_perf_tests.support.kpi.state_reference import PortLife

MINUTE_US = 60_000_000


def state_at(clock: str, up: bool | None, **more: str) -> Row:
    return sample(clock, up=up, **more)


def stored(us: int) -> float:
    """Minutes as a row has them."""
    return round(us / MINUTE_US, 4)


CASES = [
    pytest.param([], [], (0, 0, 0), id="no telemetry, nothing known"),
    pytest.param([state_at("10:30", True)], [], (0, 0, 0), id="one sample spans no time"),
    pytest.param(
        [state_at("10:00", True), state_at("10:20", True)],
        [],
        (20, 0, 0),
        id="rule 2: equal, 20 min apart",
    ),
    pytest.param(
        [state_at("10:00", True), state_at("10:21", True)],
        [],
        (0, 0, 0),
        id="21 min apart say nothing",
    ),
    pytest.param(
        [state_at("09:50", True), state_at("10:10", True)],
        [],
        (10, 0, 0),
        id="only the part in the hour",
    ),
    pytest.param(
        [state_at("10:00", True), state_at("10:10", False)],
        [],
        (5, 5, 1),
        id="rule 3: turns midway",
    ),
    pytest.param(
        [state_at("10:00", True), state_at("10:10", False, flapped="10:02")],
        [],
        (2, 8, 1),
        id="rule 3: turns at last_flapped",
    ),
    pytest.param(
        [state_at("10:00", True), state_at("10:10", False, flapped="09:50")],
        [],
        (5, 5, 1),
        id="last_flapped before both says nothing of when",
    ),
    pytest.param(
        [
            state_at("10:00", True),
            state_at("10:10", False, flapped="10:10"),
            state_at("10:12", False),
        ],
        [],
        (10, 2, 1),
        id="last_flapped at the later sample lies between",
    ),
    pytest.param(
        [state_at("10:00", True), state_at("10:10", False, flapped="10:10")],
        [],
        (10, 0, 0),
        id="a state that is known for no time makes no transition",
    ),
    pytest.param(
        [state_at("10:00", True)],
        [event("10:12", "down"), event("10:12", "up"), event("-1 10:12", "down", detail="old")],
        (60, 0, 2),
        id="down and up within one instant",
    ),
    pytest.param(
        [
            state_at("09:55", True),
            state_at("10:05", True),
            state_at("10:25", False),
            state_at("10:30", False),
        ],
        [],
        (15, 15, 1),
        id="rule 3 at 20 minutes",
    ),
    pytest.param(
        [
            state_at("10:00", True),
            state_at("10:05", True),
            state_at("10:26", False),
            state_at("10:30", False),
        ],
        [],
        (5, 4, 0),
        id="21 minutes of unknown between: the transition has no instant",
    ),
    pytest.param(
        [state_at("10:00", True)],
        [event("10:12", "down")],
        (12, 48, 1),
        id="rule 1: until the event",
    ),
    pytest.param(
        [state_at("10:05", False)],
        [event("10:00", "down")],
        (0, 60, 1),
        id="event, then equal sample",
    ),
    pytest.param([], [event("10:15", "down")], (15, 45, 1), id="DOWN proves up before it"),
    pytest.param([], [event("10:15", "up")], (45, 15, 1), id="UP proves down before it"),
    pytest.param(
        [],
        [event("10:15", "down"), event("10:15", "down", detail="again")],
        (15, 45, 1),
        id="the same instant reported twice is one flap",
    ),
    pytest.param(
        [],
        [event("10:15", "down"), event("10:16", "down")],
        (15, 45, 1),
        id="a repeat changes nothing, the first sets the time",
    ),
    pytest.param(
        [],
        [event("09:59", "down"), event("10:01", "down")],
        (0, 60, 0),
        id="reported before the hour and again in it: no flap of this hour",
    ),
    pytest.param(
        [],
        [event("10:15", "up"), event("10:15", "down")],
        (60, 0, 2),
        id="DOWN comes before UP at one instant",
    ),
    pytest.param([], [event("10:00", "down")], (0, 60, 1), id="on the hour belongs to the hour"),
    pytest.param([], [event("11:00", "down")], (60, 0, 0), id="at the end belongs to the next"),
    pytest.param([], [event("11:59:59", "up")], (0, 60, 0), id="proof from the hour after"),
    pytest.param([], [event("12:00", "up")], (0, 0, 0), id="no proof from beyond it"),
    pytest.param([], [event("-1 11:00", "up")], (60, 0, 0), id="an event speaks for 24 hours"),
    pytest.param([], [event("-1 10:30", "up")], (30, 0, 0), id="and for no minute more"),
    pytest.param([], [event("-1 09:59:59", "up")], (0, 0, 0), id="24 hours and a second old"),
    pytest.param(
        [state_at("10:30", False)],
        [event("09:00", "up")],
        (0, 0, 0),
        id="a sample that contradicts the last event: unknown on both sides",
    ),
    pytest.param(
        [state_at("10:30", True)], [event("09:00", "up")], (60, 0, 0), id="one that agrees: known"
    ),
    pytest.param(
        [state_at("09:55", True), state_at("10:40", True)],
        [event("10:30", "up")],
        (30, 0, 0),
        id="unknown between a sample and an UP that it contradicts, and no flap",
    ),
    pytest.param(
        [state_at("10:00", None), state_at("10:10", None)], [], (0, 0, 0), id="no state is not down"
    ),
    pytest.param(
        [state_at("10:00", True), state_at("10:05", None), state_at("10:10", True)],
        [],
        (10, 0, 0),
        id="a sample without a state is none",
    ),
    pytest.param(
        [
            state_at("10:00", True),
            state_at("10:05", True),
            state_at("10:05", False, source="port"),
            state_at("10:10", True),
            state_at("10:20", True),
        ],
        [],
        (10, 0, 0),
        id="two sources contradict each other at one instant: unknown around it, no flap",
    ),
    pytest.param(
        [
            state_at(f"10:{m:02}", True, source=s)
            for m, s in ((0, "device"), (7, "port"), (19, "device"))
        ],
        [],
        (19, 0, 0),
        id="two sources at their own instants, equal: known",
    ),
    pytest.param(
        [state_at("09:50", True), state_at("10:08", False)],
        [],
        (0, 8, 0),
        id="a turn before the hour",
    ),
    pytest.param(
        [state_at("10:52", True), state_at("11:10", False)],
        [],
        (8, 0, 0),
        id="a turn after the hour, at 11:01",
    ),
    pytest.param(
        [state_at("10:10", True), state_at("10:10", True, polled="10:15"), state_at("10:20", True)],
        [],
        (10, 0, 0),
        id="old statistics received again",
    ),
    pytest.param(
        [state_at("10:10", True), state_at("10:20", True, polled="12:30")],
        [],
        (0, 0, 0),
        id="received after the hour that follows: left out",
    ),
    pytest.param(
        [],
        [event("10:10", "down"), event("10:20", "up"), event("10:30", "down")],
        (20, 40, 3),
        id="each transition is one",
    ),
    pytest.param([], [event("10:10", "gateway_connected")], (0, 0, 0), id="no event of the port"),
]


@pytest.mark.parametrize(("samples", "events", "minutes"), CASES)
def test_minutes_up_down_and_flaps(samples, events, minutes):
    [row] = measured(samples, events, [(GATEWAY, PORT, HOUR, None)])
    up, down, flaps = minutes
    assert (stored(row["up_us"]), stored(row["down_us"])) == (up, down)
    assert row["flap_count"] == flaps


@pytest.mark.parametrize(("samples", "events", "minutes"), CASES)
def test_the_reference_gives_the_same(samples, events, minutes):
    life = PortLife(samples, events, GATEWAY, PORT, HOUR)
    spent = tuple(stored(life.spent_us(state, HOUR, HOUR + H)) for state in (True, False))
    assert (*spent, life.flap_count()) == minutes


def test_a_flap_belongs_to_one_hour_only():
    samples = [
        state_at("10:50", True),
        state_at("11:05", False),
        state_at("11:58", False),
        state_at("12:02", True),
    ]
    events = [event("12:00", "up"), event("12:00", "up", detail="again")]
    hours = [(GATEWAY, PORT, HOUR + n * H, None) for n in range(-1, 4)]
    assert [row["flap_count"] for row in measured(samples, events, hours)] == [0, 1, 0, 1, 0]
