"""Answers without an end: of time, of size, of pages; what ends them, and what they cost."""

import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_server, socket
from threading import Thread
from typing import Any

import pytest

from wan_perf.defs.resources import Source
from wan_perf.mist.client.answer_limits import AnswerLimits
from wan_perf.mist.client.errors import MistAnswerError, MistPermanentError, MistTransientError
from wan_perf.mist.client.network import route_to
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import SimulatorClock
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.catalogue import Endpoint
from wan_perf.settings import read_settings
from wan_perf_tests.support.mist.gateways import over_tls, self_signed
from wan_perf_tests.support.mist.scripted import ORG, TOKEN, Answer, ScriptedCloud

Script = Callable[..., ScriptedCloud]
SMALL = AnswerLimits(total_s=0.2, size_bytes=1_000_000, pages=4)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PORT = {"mac": "aa0000000001", "port_id": "ge-0/0/0"}
SLOW = {
    "the status line": b"HTTP/1.1 200 " + b"O" * 1000,
    "a header": HEAD + b"X-Filler: " + b"x" * 1000,
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
    "a body": HEAD + b"Content-Length: 1000\r\n\r\n" + b" " * 1000,
    "a body of no length": HEAD + b"\r\n" + b" " * 1000,
    "a body in chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 300,
}


@contextmanager
def sending(data: bytes, every_s: float = 0) -> Iterator[tuple[str, list[socket]]]:
    """A server that sends these bytes, one at a time where `every_s` is given; its callers."""
    callers: list[socket] = []

    def answer(caller: socket) -> None:
        with suppress(OSError), caller:
            caller.recv(65536)
            # What comes at once is not what is tested.
            at_once = len(data) if not every_s else data.find(b"\r\n\r\n") + 1
            caller.sendall(data[:at_once])
            for byte in data[at_once:]:
                time.sleep(every_s)
                caller.sendall(bytes([byte]))

    def accept() -> None:
        while listener.fileno() >= 0:
            with suppress(OSError):
                callers.append(listener.accept()[0])
                Thread(target=answer, args=(callers[-1],), daemon=True).start()

    with create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", callers


def session_at(url: str, limits: AnswerLimits = SMALL, **settings: Any) -> MistSession:
    return MistSession(
        host="api.mist.com",
        org_id=ORG,
        token=TOKEN,
        base_url=url,
        timeout=(1, 1),
        limits=limits,
        pause=lambda _: None,
        **settings,
    )


@pytest.mark.parametrize("data", SLOW.values(), ids=SLOW)
def test_an_answer_of_a_byte_every_20_ms_ends_at_its_deadline(data: bytes) -> None:
    with sending(data, every_s=0.02) as (url, callers):
        began = time.monotonic()
        with pytest.raises(MistTransientError) as ended:
            list(session_at(url).rows(catalogue.SITES))
        assert time.monotonic() - began < 1
        # It is not requested again at once: that would take the limit three times.
        assert len(callers) == 1
    assert str(ended.value) == (
        f"No whole answer from {url} for sites (it was not whole after 0.2 s, the limit of one "
        "answer); check the network and the proxy, set MIST_PAGE_ROWS to fewer rows, or try again "
        "later."
    )


def test_the_deadline_counts_over_tls_too(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with sending(SLOW["a body"], every_s=0.02) as (plain, _), over_tls(plain, certificate) as url:
        session = session_at(url, route=route_to(url, ca_bundle=certificate))
        began = time.monotonic()
        with pytest.raises(MistTransientError, match=r"not whole after 0\.2 s"):
            list(session.rows(catalogue.SITES))
        assert time.monotonic() - began < 1


def test_no_bytes_at_all_is_still_a_wait_for_the_next_bytes(scripted: Script) -> None:
    cloud = scripted(*[Answer([], delay_s=0.3)] * 3)
    session = MistSession(
        host="api.mist.com",
        org_id=ORG,
        token=TOKEN,
        base_url=cloud.url,
        timeout=(1, 0.1),
        pause=lambda _: None,
    )
    with pytest.raises(MistTransientError, match="no bytes arrived in time"):
        list(session.rows(catalogue.SITES))
    assert session.calls == 3


def bomb(packed: int = 600) -> bytes:
    """600 MB of zeros in 612 kB of gzip, without the end that nobody should reach."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    ten_mb = packer.compress(bytes(10_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + ten_mb * (packed // 10)


@pytest.mark.parametrize("chunked", [False, True], ids=["of a length", "in chunks"])
def test_600_mb_out_of_612_kb_are_not_unpacked(chunked: bool) -> None:
    body = bomb()
    assert 500_000 < len(body) < 700_000
    framing = b"Content-Length: %d\r\n\r\n" % len(body)
    if chunked:
        framing = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body)
    with sending(HEAD + b"Content-Encoding: gzip\r\n" + framing + body) as (url, callers):
        session = session_at(url, AnswerLimits(total_s=10, size_bytes=5_000_000))
        tracemalloc.start()
        try:
            with pytest.raises(MistAnswerError) as ended:
                list(session.rows(catalogue.SITES))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert len(callers) == 1
    assert peak < 10_000_000
    assert str(ended.value) == (
        f"No whole answer from {url} for sites (it has more than 5 MB after unpacking, the limit "
        "of one answer); set MIST_PAGE_ROWS to fewer rows, and check what answers at this address."
    )


def test_an_answer_within_its_limits_is_whole(scripted: Script) -> None:
    rows = [{"id": f"s{n}", "name": "x" * 50} for n in range(5_000)]
    cloud = scripted(Answer(rows, headers={"X-Page-Total": "5000"}))
    found = list(session_at(cloud.url, AnswerLimits(size_bytes=500_000)).rows(catalogue.SITES))
    assert [site.site_id for site in found] == [row["id"] for row in rows]


def search_page(number: int) -> Answer:
    cursor = f"/api/v1/orgs/{ORG}/stats/ports/search?search_after={number}"
    return Answer({"results": [PORT], "next": cursor})


def list_page(number: int) -> Answer:
    paging = {"X-Page-Page": str(number), "X-Page-Total": "1000000", "X-Page-Limit": "1"}
    return Answer([{"id": f"s{number}"}], headers=paging)


def counted_page(number: int) -> Answer:
    return Answer({"results": [{"site_id": f"s{number}"}], "total": number + 1})


@pytest.mark.parametrize(
    ("endpoint", "page"),
    [
        pytest.param(catalogue.PORTS, search_page, id="a search with new cursors"),
        pytest.param(catalogue.SITES, list_page, id="a list of a million pages"),
        pytest.param(catalogue.SITE_SCORES, counted_page, id="a total that grows"),
    ],
)
def test_endless_pages_end_at_the_limit(
    scripted: Script, endpoint: Endpoint[Any], page: Callable[[int], Answer]
) -> None:
    cloud = scripted(*map(page, range(1, 20)))
    with pytest.raises(MistAnswerError) as ended:
        list(session_at(cloud.url).rows(endpoint))
    assert len(cloud.requested) == 4
    assert str(ended.value) == (
        f"{cloud.url} names more than 4 pages of {endpoint.path}, the limit of one list, and none "
        "of its rows is stored; check what answers at this address, or set MIST_PAGE_ROWS (now "
        "1,000) to more rows."
    )


def test_the_last_allowed_page_is_read(scripted: Script) -> None:
    last = Answer({"results": [PORT]})
    cloud = scripted(*map(search_page, (1, 2, 3)), last)
    assert len(list(session_at(cloud.url).rows(catalogue.PORTS))) == 4


def test_a_next_page_that_was_read_before_fails_at_once(scripted: Script) -> None:
    cloud = scripted(*map(search_page, (1, 2, 3, 1, 2, 3)))
    with pytest.raises(MistTransientError, match="same next page of stats/ports/search twice"):
        list(session_at(cloud.url, AnswerLimits()).rows(catalogue.PORTS))
    assert len(cloud.requested) == 4


CLOCK = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.parametrize("data", [SLOW["a header"], SLOW["a body"]], ids=["header", "body"])
def test_a_slow_clock_ends_at_its_deadline(data: bytes) -> None:
    with sending(data, every_s=0.02) as (url, _):
        began = time.monotonic()
        with pytest.raises(MistTransientError, match="No simulator answers"):
            SimulatorClock(url, total_s=0.2).now()
        assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"now": 1}' + b" " * 100_000, id="too large"),
        pytest.param(b"<html>", id="a page"),
        pytest.param(b"\xff\xfe{", id="no text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no time"),
        pytest.param(b'{"now": null}', id="null"),
        pytest.param(b'{"now": 1e300}', id="beyond the calendar"),
        pytest.param(b'{"now": NaN}', id="not a number"),
    ],
)
def test_what_is_no_clock_is_one_sentence(body: bytes) -> None:
    with sending(CLOCK + body) as (url, _):
        with pytest.raises(MistPermanentError) as refused:
            SimulatorClock(url).now()
        assert str(refused.value) == (
            f"{url}/simulator/clock returned something else than a simulator's clock; set "
            "MIST_BASE_URL to the address of wan-perf simulate, or WAN_PERF_CLOCK to real."
        )


@pytest.mark.parametrize(
    ("read_timeout", "total_s"), [("60", 300), ("600", 600)], ids=["the default", "a longer wait"]
)
def test_an_asset_s_session_has_the_limits(
    monkeypatch: pytest.MonkeyPatch, read_timeout: str, total_s: float
) -> None:
    given: list[AnswerLimits] = []
    monkeypatch.setattr(
        "wan_perf.defs.resources.MistSession", lambda **named: given.append(named["limits"])
    )
    settings = {"MIST_ORG_ID": ORG, "MIST_API_TOKEN": TOKEN, "MIST_READ_TIMEOUT": read_timeout}
    Source(read_settings(**settings)).session()
    assert given == [AnswerLimits(total_s, 256_000_000, 5_000)]
