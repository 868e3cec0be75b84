"""Both styles of paging: no row lost, none twice, also while things happen."""

from datetime import timedelta

import pytest

LISTS = ("{o}/sites", "{o}/inventory?type=gateway", "{o}/stats/devices?type=gateway")


@pytest.mark.parametrize("path", LISTS)
def test_a_list_in_three_pages_is_the_list_in_one(client, path):
    whole = client.get(path).json()
    joint = "&" if "?" in path else "?"
    pages = [client.get(f"{path}{joint}limit=15&page={page}") for page in (1, 2, 3, 4)]
    assert [row["id"] for page in pages for row in page.json()] == [row["id"] for row in whole]
    assert [len(page.json()) for page in pages] == [15, 15, len(whole) - 30, 0]
    seen = [page.headers["X-Page-Page"] for page in pages]
    assert seen == ["1", "2", "3", "4"]
    assert pages[0].headers["X-Page-Total"] == str(len(whole))
    assert pages[0].headers["X-Page-Limit"] == "15"


def test_limit_is_100_by_default_and_1000_at_most(client):
    path = "{o}/stats/ports/search"
    assert [client.get(path, limit=n).json()["limit"] for n in (1000, 5000)] == [1000, 1000]
    body = client.get(path).json()
    assert (body["limit"], len(body["results"]), body["total"]) == (100, 100, 162)


def test_a_port_search_in_three_pages_is_the_search_in_one(client):
    whole = client.get("{o}/stats/ports/search", limit=1000).json()
    assert "next" not in whole
    pages = client.search_pages("{o}/stats/ports/search", limit=60)
    assert [len(page["results"]) for page in pages] == [60, 60, 42]
    assert [row for page in pages for row in page["results"]] == whole["results"]
    times = [row["timestamp"] for row in whole["results"]]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("path", "at"),
    [
        ("{o}/stats/ports/search", "mac"),
        ("{o}/stats/vpn_peers/search", "last_seen"),
        ("{o}/devices/events/search?device_type=all", "timestamp"),
        ("{o}/alarms/search?duration=7d", "timestamp"),
    ],
)
def test_searches_are_in_ascending_order_unless_another_is_requested(field, path, at):
    """The API's description: `sort` is by timestamp by default, and a minus means descending."""
    joint = "&" if "?" in path else "?"
    fleet, now = field.cloud.fleet, field.cloud.clock.seconds()
    reported = {gateway.mac: gateway.reported_at(now) for gateway in fleet.gateways}

    def instants(sort):
        rows = field.get(f"{path}{joint}limit=1000{sort}").json()["results"]
        return [reported[row["mac"]] if at == "mac" else row[at] for row in rows]

    plain = instants("")
    assert len(set(plain)) > 1
    assert plain == sorted(plain) == instants("&sort=timestamp")
    descending = instants("&sort=-timestamp")
    assert descending == sorted(descending, reverse=True)


def test_a_port_search_keeps_its_picture_while_the_clock_moves(call, fleet):
    with call(fleet, now=fleet.start + timedelta(hours=5)) as caller:
        whole = caller.get("{o}/stats/ports/search", limit=1000).json()["results"]

        def a_minute_passes():
            caller.cloud.clock.advance_to(caller.cloud.clock.now() + timedelta(seconds=60))

        pages = caller.search_pages("{o}/stats/ports/search", a_minute_passes, limit=60)
        assert [row for page in pages for row in page["results"]] == whole
        assert caller.get("{o}/stats/ports/search", limit=1000).json()["results"] != whole


@pytest.mark.parametrize("sort", ["timestamp", "-timestamp"])
def test_events_that_arrive_meanwhile_neither_push_nor_repeat(call, fleet, sort):
    params = {"device_type": "all", "sort": sort, "end": "now", "duration": "12h"}
    with call(fleet, now=fleet.start + timedelta(hours=24)) as caller:
        path = "{o}/devices/events/search"
        whole = caller.get(path, limit=1000, **params).json()["results"]
        assert len(whole) > 30
        size = len(whole) // 3 + 1

        def an_hour_passes():
            caller.cloud.clock.advance_to(caller.cloud.clock.now() + timedelta(hours=1))

        pages = caller.search_pages(path, an_hour_passes, limit=size, **params)
        assert [row for page in pages for row in page["results"]] == whole
        assert len(pages) == 3
        times = [row["timestamp"] for row in whole]
        assert times == sorted(times, reverse=sort == "-timestamp")
        newer = caller.get(path, limit=1000, **params).json()["results"]
        assert newer != whole, "events did arrive meanwhile"
