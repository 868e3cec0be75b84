"""Which planted faults count as observable: those of which evidence reached the API in time."""

from collections import defaultdict
from datetime import timedelta
from functools import cache

import pandas as pd
import pytest

from wan_perf.simulator import Fleet
from wan_perf_tests.proofs.faults.findings import Findings, epoch
from wan_perf_tests.proofs.faults.yardstick import Yardstick
from wan_perf_tests.support.graph.staged import HOUR, START

DAY = timedelta(days=1)
MAC = "0000000000aa"
AT = epoch(START)
H = 3600.0


@cache
def yardstick() -> Yardstick:
    """A day of two sites, of which nothing was found."""
    nothing = Findings({}, {}, set(), pd.DataFrame(), defaultdict(list), {})
    nothing.ports = pd.DataFrame({"gateway_mac": [], "port_id": [], "circuit_id": []})
    return Yardstick(Fleet.whole(7, 2, START, START + DAY + HOUR), nothing, START, START + DAY)


@pytest.mark.parametrize(
    ("since", "at", "is_listed"),
    [
        pytest.param(0, AT + H, True, id="the gateway was there from the start"),
        pytest.param(AT + 6 * H, AT + 7 * H, False, id="it replaced another at 6:00"),
        pytest.param(AT + 6 * H, AT + 12 * H - 1, False, id="the next inventory is at 12:00"),
        pytest.param(AT + 6 * H, AT + 12 * H, True, id="and lists it"),
        pytest.param(AT + 12 * H, AT + 12 * H, True, id="installed as the inventory was taken"),
    ],
)
def test_a_new_gateway_is_known_from_the_next_inventory_on(
    since: float, at: float, is_listed: bool
) -> None:
    assert yardstick()._is_listed({"held": [since, 2**40]}, at) is is_listed


@pytest.mark.parametrize(
    ("late", "unreported"),
    [
        pytest.param([], [], id="both events in time"),
        pytest.param(["down"], ["down", "up"], id="an UP without its DOWN changes nothing"),
        pytest.param(["up"], ["up"], id="the DOWN is known all the same"),
    ],
)
def test_a_change_whose_event_comes_after_the_window_is_not_observable(
    late: list[str], unreported: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Down from 20:24 to 20:30 of a day whose events were requested at its end."""
    edges = {"down": AT + 20.4 * H, "up": AT + 20.5 * H}
    usable = [[0, edges["down"]], [edges["up"], 2**40]]
    monkeypatch.setattr(yardstick(), "after_window", {(MAC, edges[name]) for name in late})
    found = yardstick()._unreported({"gateway_mac": MAC, "held": [0, 2**40], "usable": usable})
    assert found == {edges[name] for name in unreported}
