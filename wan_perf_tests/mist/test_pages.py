"""How pages are followed: all of them, each once, nowhere else."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from wan_perf.mist import endpoints
from wan_perf.mist.errors import MistPermanentError, MistTransientError
from wan_perf_tests.mist.scripted import ORG, TOKEN, Answer, ScriptedCloud

Script = Callable[..., ScriptedCloud]
SITE = {"id": "s1", "name": "Store 0001"}
PORT = {"mac": "aa0000000001", "port_id": "ge-0/0/0"}


def paged(body: Any, page: int, total: int, limit: int = 1) -> Answer:
    names = {"X-Page-Page": page, "X-Page-Total": total, "X-Page-Limit": limit}
    return Answer(body, headers={name: str(value) for name, value in names.items()})


def test_numbered_pages_are_followed_to_the_last(scripted: Script) -> None:
    cloud = scripted(*(paged([{"id": f"s{page}"}], page, 3) for page in (1, 2, 3)))
    session = cloud.session()
    assert [site.site_id for site in session.rows(endpoints.SITES)] == ["s1", "s2", "s3"]
    assert [re.findall(r"page=\d+", uri) for uri in cloud.asked] == [[], ["page=2"], ["page=3"]]
    assert session.calls == 3


def test_the_cursor_is_followed_as_it_was_given(scripted: Script) -> None:
    cursor = f"/api/v1/orgs/{ORG}/stats/ports/search?limit=1&search_after=%5B17%2C+%22a%22%5D"
    first = Answer({"results": [PORT], "next": cursor})
    cloud = scripted(first, Answer({"results": [{**PORT, "port_id": "ge-0/0/3"}]}))
    ports = [port.port_id for port in cloud.session().rows(endpoints.PORTS)]
    assert ports == ["ge-0/0/0", "ge-0/0/3"]
    assert cloud.asked[1] == cursor
    assert cloud.tokens == {f"Token {TOKEN}"}


def test_an_empty_page_is_the_last(scripted: Script) -> None:
    cloud = scripted(Answer({"results": [], "next": "/api/v1/again"}))
    assert list(cloud.session().rows(endpoints.PORTS)) == []


def test_a_repeated_cursor_ends_in_an_error_not_in_a_loop(scripted: Script) -> None:
    same = Answer({"results": [PORT], "next": "/api/v1/same"})
    cloud = scripted(same, same, same)
    with pytest.raises(MistTransientError, match="twice"):
        list(cloud.session().rows(endpoints.PORTS))
    assert len(cloud.asked) == 2


def test_a_failed_later_page_fails_the_whole(scripted: Script) -> None:
    cloud = scripted(paged([SITE], 1, 2), Answer({"detail": "down"}, 502))
    with pytest.raises(MistTransientError, match="502"):
        list(cloud.session().rows(endpoints.SITES))


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.test/api/v1/orgs",
        "//elsewhere.test/api/v1/orgs",
        "/simulator/clock",
        "/api/../secret",
        "https://api.mist.com.elsewhere.test/api/v1/orgs",
        "https://[/api/v1",
    ],
)
def test_a_next_page_elsewhere_is_never_asked_for(scripted: Script, address: str) -> None:
    cloud = scripted(Answer({"results": [PORT], "next": address}))
    with pytest.raises(MistPermanentError, match="outside"):
        list(cloud.session().rows(endpoints.PORTS))
    assert len(cloud.asked) == 1


def test_a_full_page_without_a_total_is_not_taken_for_all(scripted: Script) -> None:
    cloud = scripted(Answer([{"id": f"s{n}"} for n in range(endpoints.PAGE_ROWS)]))
    with pytest.raises(MistPermanentError, match="X-Page-Total"):
        list(cloud.session().rows(endpoints.SITES))
