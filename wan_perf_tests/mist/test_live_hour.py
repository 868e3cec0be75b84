"""What an hour of live passes costs: counted by the simulated cloud, endpoint by endpoint."""

from datetime import timedelta

from wan_perf.mist.clock import SimulatorClock
from wan_perf.mist.collecting import take_events, take_passes
from wan_perf.mist.session import MistSession
from wan_perf.simulator import Fleet, serve
from wan_perf_tests.mist.scripted import START

HOUR = timedelta(hours=1)


def test_an_hour_of_5000_sites_costs_at_most_750_calls():
    fleet = Fleet.seeded(7, 5000, START - HOUR, START + 2 * HOUR, faults=False)
    with serve(fleet, now=START) as cloud:
        session = MistSession(
            host="api.mist.com", org_id=cloud.org_id, token=cloud.token, base_url=cloud.url
        )
        for at in SimulatorClock(cloud.url).passes(START, START + HOUR):
            assert take_passes(session, [at], lambda _: None).taken == [at]
            take_events(session, START - HOUR, START + HOUR, at)
        calls = {path.rpartition("{org_id}/")[2]: count for path, count in cloud.calls().items()}
    assert calls["stats/devices"] >= 12 * 5
    assert sum(calls.values()) == session.calls <= 750, calls
