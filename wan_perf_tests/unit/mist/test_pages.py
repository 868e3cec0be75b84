"""How pages are followed: all of them, each once, nowhere else."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from wan_perf.defs.resources import Source
from wan_perf.mist.client.errors import MistPermanentError, MistTransientError
from wan_perf.mist.endpoints import catalogue
from wan_perf.settings import read_settings
from wan_perf_tests.support.mist.scripted import ORG, TOKEN, Answer, ScriptedCloud

Script = Callable[..., ScriptedCloud]
SITE = {"id": "s1", "name": "Store 0001"}
PORT = {"mac": "aa0000000001", "port_id": "ge-0/0/0"}


def paged(body: Any, page: int, total: int, limit: int = 1) -> Answer:
    names = {"X-Page-Page": page, "X-Page-Total": total, "X-Page-Limit": limit}
    return Answer(body, headers={name: str(value) for name, value in names.items()})


def test_numbered_pages_are_followed_to_the_last(scripted: Script) -> None:
    cloud = scripted(*(paged([{"id": f"s{page}"}], page, 3) for page in (1, 2, 3)))
    session = cloud.session()
    assert [site.site_id for site in session.rows(catalogue.SITES)] == ["s1", "s2", "s3"]
    assert [re.findall(r"page=\d+", uri) for uri in cloud.requested] == [[], ["page=2"], ["page=3"]]
    assert session.calls == 3


def test_the_cursor_is_followed_as_it_was_given(scripted: Script) -> None:
    cursor = f"/api/v1/orgs/{ORG}/stats/ports/search?limit=1&search_after=%5B17%2C+%22a%22%5D"
    first = Answer({"results": [PORT], "next": cursor})
    cloud = scripted(first, Answer({"results": [{**PORT, "port_id": "ge-0/0/3"}]}))
    ports = [port.port_id for port in cloud.session().rows(catalogue.PORTS)]
    assert ports == ["ge-0/0/0", "ge-0/0/3"]
    assert cloud.requested[1] == cursor
    assert cloud.tokens == {f"Token {TOKEN}"}


def test_an_empty_page_is_the_last(scripted: Script) -> None:
    cloud = scripted(Answer({"results": [], "next": "/api/v1/again"}))
    assert list(cloud.session().rows(catalogue.PORTS)) == []


def test_a_repeated_cursor_ends_in_an_error_not_in_a_loop(scripted: Script) -> None:
    same = Answer({"results": [PORT], "next": "/api/v1/same"})
    cloud = scripted(same, same, same)
    with pytest.raises(MistTransientError, match="twice"):
        list(cloud.session().rows(catalogue.PORTS))
    assert len(cloud.requested) == 2


def test_a_failed_later_page_fails_the_whole(scripted: Script) -> None:
    cloud = scripted(paged([SITE], 1, 2), *[Answer({"detail": "down"}, 502)] * 3)
    with pytest.raises(MistTransientError, match="502"):
        list(cloud.session().rows(catalogue.SITES))


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
def test_a_next_page_elsewhere_is_never_requested(scripted: Script, address: str) -> None:
    cloud = scripted(Answer({"results": [PORT], "next": address}))
    with pytest.raises(MistPermanentError, match="outside"):
        list(cloud.session().rows(catalogue.PORTS))
    assert len(cloud.requested) == 1


def test_the_size_of_a_page_is_a_setting(scripted: Script) -> None:
    cloud = scripted(Answer([{"id": f"s{n}"} for n in range(20)]))
    settings = read_settings(
        MIST_ORG_ID=ORG,
        MIST_API_TOKEN=TOKEN,
        MIST_BASE_URL=cloud.url,
        MIST_PAGE_ROWS=20,
    )
    with pytest.raises(MistPermanentError, match="20 rows and no X-Page-Total"):
        list(Source(settings).session().rows(catalogue.SITES))
    assert "limit=20" in cloud.requested[0]


def test_the_time_to_wait_for_an_answer_is_a_setting(scripted: Script) -> None:
    cloud = scripted(*[Answer([], delay_s=0.5)] * 3)
    settings = read_settings(
        MIST_ORG_ID=ORG,
        MIST_API_TOKEN=TOKEN,
        MIST_BASE_URL=cloud.url,
        MIST_READ_TIMEOUT=0.05,
        WAN_PERF_CLOCK="simulator",
    )
    with pytest.raises(MistTransientError, match="no bytes arrived in time"):
        list(Source(settings).session().rows(catalogue.SITES))


def test_a_full_page_without_a_total_is_not_taken_for_all(scripted: Script) -> None:
    cloud = scripted(Answer([{"id": f"s{n}"} for n in range(catalogue.PAGE_ROWS)]))
    with pytest.raises(MistPermanentError, match="X-Page-Total"):
        list(cloud.session().rows(catalogue.SITES))


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([paged([], 1, 2)], id="none of two numbered rows"),
        pytest.param(
            [paged([SITE], 1, 2), paged([], 2, 2)], id="the second numbered page is empty"
        ),
        pytest.param([paged([SITE], 1, 2, limit=100)], id="the only numbered page is short"),
    ],
)
def test_numbered_pages_have_as_many_rows_as_they_say(
    scripted: Script, pages: list[Answer]
) -> None:
    """An organization without its sites would end every circuit."""
    with pytest.raises(MistTransientError, match="sites has 2 rows and gives"):
        list(scripted(*pages).session().rows(catalogue.SITES))


@pytest.mark.parametrize(
    ("pages", "is_refused"),
    [
        pytest.param([{"total": 0, "results": []}], False, id="there are none"),
        pytest.param([{"total": 9, "results": []}], True, id="none of nine"),
        pytest.param([{"total": 2, "results": [PORT]}], False, id="one went while we read"),
        pytest.param(
            [{"total": 9, "results": [PORT], "next": "/api/v1/a"}, {"total": 9, "results": []}],
            False,
            id="an empty page at the end is an end",
        ),
        pytest.param(
            [
                {"total": 9, "results": [PORT], "next": "/api/v1/a"},
                {"total": 9, "results": [], "next": "/api/v1/b"},
            ],
            True,
            id="an empty page that promises more is not",
        ),
    ],
)
def test_a_search_is_refused_where_rows_are_plainly_missing(
    scripted: Script, pages: list[Any], is_refused: bool
) -> None:
    session = scripted(*map(Answer, pages)).session()
    if is_refused:
        with pytest.raises(MistTransientError, match="stats/ports/search has 9 rows and gives"):
            list(session.rows(catalogue.PORTS))
    else:
        assert len(list(session.rows(catalogue.PORTS))) == len([p for p in pages if p["results"]])
