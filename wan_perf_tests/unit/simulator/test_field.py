"""The whole field: layouts, kinds of fault, physics that hangs together."""

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta

import pytest

from wan_perf.simulator import Fleet
from wan_perf.simulator.incidents import KINDS
from wan_perf.simulator.instants import epoch
from wan_perf.simulator.spans import FOREVER, inside, intersection, union, without

START = datetime.fromisoformat("2026-03-01")


@pytest.fixture(scope="module")
def fortnight() -> Fleet:
    return Fleet.whole(7, 200, START, START + timedelta(days=14))


@pytest.fixture(scope="module")
def truth(field_fleet) -> dict:
    return field_fleet.truth(field_fleet.start, field_fleet.start + timedelta(hours=3))


def test_every_kind_occurs_twenty_times_in_two_hundred_sites_and_a_fortnight(fortnight):
    counts = Counter(fault.kind for fault in fortnight.faults)
    outages = counts.pop("api_outage")
    assert set(counts) == KINDS - {"api_outage"}
    assert min(counts.values()) >= 20, counts
    assert outages >= 14, "one or two a day"
    failovers = sum(len(site["failovers"]) for site in fortnight.truth(START, START)["sites"])
    assert failovers >= 20


def test_kinds_can_be_chosen_and_must_exist():
    window = (START, START + timedelta(days=2))
    only = Fleet.whole(7, 40, *window, kinds={"power_lost", "reboot"})
    assert {fault.kind for fault in only.faults} == {"power_lost", "reboot"}
    assert Fleet.whole(7, 10, *window, kinds=()).faults == ()
    with pytest.raises(ValueError, match="no kinds of fault: fire"):
        Fleet.whole(7, 10, *window, kinds={"fire"})


def test_one_seed_gives_one_field():
    window = (START, START + timedelta(days=2))
    assert Fleet.whole(3, 20, *window) == Fleet.whole(3, 20, *window)
    assert Fleet.whole(3, 20, *window) != Fleet.whole(4, 20, *window)


def test_all_layouts_stand_and_all_macs_differ(fortnight):
    layouts = Counter(site.layout for site in fortnight.sites)
    assert len(layouts) == 10
    assert layouts["Hub"] == 2
    macs = [g.mac for g in fortnight.gateways] + [s.access_point_mac for s in fortnight.sites]
    macs += [s.mac for s in fortnight.spares]
    macs += [p.mac for g in fortnight.gateways for p in g.ports]
    assert len(set(macs)) == len(macs)
    assert all(len(mac) == 12 for mac in macs)


def test_shapes_of_wan_ports(field_fleet):
    shapes = defaultdict(set)
    for gateway in field_fleet.gateways:
        for ports in gateway.circuits.values():
            layout = field_fleet.site_of[gateway.site_id].layout
            shapes[layout].add((*(port.port_id for port in ports), ports[0].interface))
    assert shapes["Market Cluster"] == {
        ("ge-0/0/0", "ge-5/0/0", "reth0.0"),
        ("ge-0/0/7", "ge-5/0/7", "reth1.0"),
    }
    assert ("ge-0/0/4", "ge-0/0/5", "ae0.0") in shapes["Supercenter Aggregate"]
    assert shapes["Express PPPoE"] == {("ge-0/0/0", "pp0.0")}
    assert ("ge-0/0/0", "ge-0/0/0.130") in shapes["Market VLAN"]
    assert any(life.circuit.is_disabled for life in field_fleet.lives)


def test_what_does_not_work_has_no_contract_and_is_never_up(field_fleet):
    dead = [life for life in field_fleet.lives if not life.circuit.is_lit]
    contracted = {(c.site_id, c.line.wan_name) for c in field_fleet.contracts}
    assert dead
    for life in dead:
        assert (life.site_id, life.circuit.line.wan_name) not in contracted
        assert life.usable == ()


def test_a_site_uses_one_usable_circuit_at_a_time(field_fleet):
    for lives in field_fleet.lives_at.values():
        for life in lives:
            assert intersection(life.active, life.usable) == life.active
        total = sum(end - start for life in lives for start, end in life.active)
        together = union(*(life.active for life in lives))
        assert total == sum(end - start for start, end in together)


def test_a_circuit_on_demand_rests_until_it_is_needed(field_fleet):
    modes = {life.circuit.on_demand for life in field_fleet.lives}
    assert modes == {"", "down", "idle"}
    at = epoch(field_fleet.start)
    for life in field_fleet.lives:
        port = next(g for g in field_fleet.gateways if g.mac == life.holders[0][0]).circuits[
            life.key
        ][0]
        if life.circuit.on_demand and not inside(life.active, at):
            assert port.is_up(at) is (life.circuit.on_demand == "idle")
            assert port.rates(at) == (0.0, 0.0)


def test_traffic_moves_to_the_circuit_in_use(field_fleet):
    """Over a failover of more than ten minutes the other circuit carries the site's demand."""
    gateways = {g.mac: g for g in field_fleet.gateways}
    moved = 0
    for lives in field_fleet.lives_at.values():
        for life in lives[1:]:
            for start, end in life.active:
                if end - start < 600 or len(life.holders) > 1 or start == 0:
                    continue
                ports = gateways[life.holders[0][0]].circuits[life.key]
                before = sum(port.bytes_between(start - 60, start)[0] for port in ports)
                during = sum(port.bytes_between(start, start + 60)[0] for port in ports)
                assert during > 2 * before
                moved += 1
    assert moved >= 3


def test_an_aggregate_carries_as_one_what_its_members_carry(field_fleet):
    for life in field_fleet.lives:
        if not life.circuit.slot.members:
            continue
        gateway = next(g for g in field_fleet.gateways if g.mac == life.holders[0][0])
        first, second = gateway.circuits[life.key]
        for fault in field_fleet.faults:
            if fault.kind != "member_down" or (fault.gateway_mac, fault.port_id) != (
                gateway.mac,
                life.key,
            ):
                continue
            fell, other = (first, second) if fault.detail == first.port_id else (second, first)
            assert fell.bytes_between(fault.start, fault.end) == (0, 0)
            assert other.bytes_between(fault.start, fault.end)[0] > 0
            assert not other.downs or not inside(other.downs, fault.start)


def test_no_power_restarts_and_no_line_does_not(field_fleet):
    gateways = {g.mac: g for g in field_fleet.gateways}
    seen = Counter()
    for fault in field_fleet.faults:
        if fault.kind not in ("power_lost", "wan_lost", "cloud_lost"):
            continue
        seen[fault.kind] += 1
        gateway = gateways[fault.gateway_mac]
        after = gateway.next_report(fault.end)
        restarted = gateway.uptime(after) < fault.end - fault.start
        assert restarted is (fault.kind == "power_lost")
        carried = [port.bytes_between(fault.start, fault.end)[0] for port in gateway.wan_ports]
        assert (sum(carried) > 0) is (fault.kind == "cloud_lost")
        if fault.end - fault.start > 300:
            assert not gateway.is_connected(fault.end - 1)
        assert gateway.reported_at(fault.end - 1) < fault.start
    assert min(seen[kind] for kind in ("power_lost", "wan_lost", "cloud_lost")) >= 5


def test_truth_of_the_field_is_plain_json_and_names_causes(truth):
    assert json.loads(json.dumps(truth)) == truth
    causes = {cause for gateway in truth["gateways"] for *_, cause in gateway["no_telemetry"]}
    assert causes == {"power", "wan", "cloud", "missed"}
    for gateway in truth["gateways"]:
        gaps = tuple((a, b) for a, b, _ in gateway["no_telemetry"])
        assert union(gaps) == intersection(
            union(gateway["telemetry_gaps"]), [tuple(gateway["assigned"])]
        )


def test_truth_of_a_failover_by_its_parts(truth):
    found = [episode for site in truth["sites"] for episode in site["failovers"]]
    assert found
    for episode in found:
        parts = [(start, end) for start, end, *_ in episode["used"]]
        assert intersection(union(parts), [(episode["start"], episode["end"])]) == union(parts)
        assert episode["start"] < parts[0][0], "no circuit takes over at once"
        assert 0 <= episode["end"] - episode["recovered"] <= 121


def test_darkness_is_what_no_circuit_covers(truth):
    for site in truth["sites"]:
        used = [(a, b) for a, b, *_ in site["active"]]
        assert without([FOREVER], union(used)) == tuple(map(tuple, site["dark"]))


def test_a_replacement_takes_over_name_place_and_circuits(field_fleet, call):
    swap = next(f for f in field_fleet.faults if f.kind == "replaced_gateway")
    old = next(g for g in field_fleet.gateways if g.mac == swap.gateway_mac)
    new = next(g for g in field_fleet.gateways if g.site_id == old.site_id and g.mac != old.mac)
    assert old.serial != new.serial
    seconds = swap.end - epoch(field_fleet.start)
    with call(field_fleet, now=field_fleet.start + timedelta(seconds=seconds - 1)) as caller:
        for here, shelf in ((old, new), (new, old)):
            rows = {
                row["mac"]: row["site_id"]
                for row in caller.get("{o}/inventory", type="gateway", limit=1000).json()
            }
            assert (rows[here.mac], rows[shelf.mac]) == (old.site_id, None)
            stats = caller.get("{o}/stats/devices", type="gateway", site_id=old.site_id).json()
            assert [row["mac"] for row in stats] == [here.mac]
            caller.cloud.clock.advance_to(field_fleet.start + timedelta(seconds=seconds + 1))
    later = [f for f in field_fleet.faults if f.site_id == old.site_id and f.start >= swap.end]
    assert all(f.gateway_mac == new.mac for f in later)
