"""Which circuit a site uses, with 10 s to fail over and 60 s to fail back."""

import pytest

from wan_perf.simulator.failover import Switching, active_intervals
from wan_perf.simulator.spans import FOREVER, inside, intersection, union, without

SWITCHING = Switching(failover_s=10, failback_s=60)
END = FOREVER[1]


def up_but(*downs: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    return without([FOREVER], downs)


@pytest.mark.parametrize(
    ("circuits", "expected"),
    [
        pytest.param(
            [up_but(), up_but()], [((0, END),), ()], id="the first one while nothing happens"
        ),
        pytest.param(
            [up_but((1000, 2000)), up_but()],
            [((0, 1000), (2060, END)), ((1010, 2060),)],
            id="over after 10 s, back 60 s after recovery",
        ),
        pytest.param(
            [up_but((1000, 1008)), up_but()],
            [((0, 1000), (1008, END)), ()],
            id="a blink moves nothing",
        ),
        pytest.param([up_but((1000, 2000))], [((0, 1000), (2000, END))], id="a single circuit"),
        pytest.param(
            [up_but((1000, 2000), (2030, 3000)), up_but()],
            [((0, 1000), (3060, END)), ((1010, 3060),)],
            id="a flapping circuit is not trusted",
        ),
        pytest.param(
            [up_but((1000, 3000)), up_but((500, 1500))],
            [((0, 1000), (3060, END)), ((1510, 3060),)],
            id="dark until the second one has been up for 10 s",
        ),
        pytest.param(
            [up_but((1000, 3000)), up_but((2000, 2500)), up_but()],
            [((0, 1000), (3060, END)), ((1010, 2000), (2560, 3060)), ((2010, 2560),)],
            id="three circuits",
        ),
    ],
)
def test_the_circuit_in_use(circuits, expected):
    assert list(active_intervals(circuits, SWITCHING)) == expected


def test_arithmetic_on_intervals():
    assert union([(5, 7), (1, 3)], [(3, 4), (6, 9)]) == ((1, 4), (5, 9))
    assert intersection([(1, 4), (5, 9)], [(2, 6)]) == ((2, 4), (5, 6))
    assert without([(1, 10)], [(2, 3), (5, 6)]) == ((1, 2), (3, 5), (6, 10))
    assert without([(1, 10)], []) == ((1, 10),)
    assert [inside(((1, 4), (5, 9)), at) for at in (0, 1, 4, 5.5)] == [None, (1, 4), None, (5, 9)]
