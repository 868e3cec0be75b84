"""Which answer is data, which failure is worth a retry, which settings are wrong."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from wan_perf.errors import UsageError
from wan_perf.mist.client.errors import MistClockError, MistPermanentError, MistTransientError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints import catalogue
from wan_perf_tests.support.mist.scripted import ORG, TOKEN, Answer, ScriptedCloud

Script = Callable[..., ScriptedCloud]
SITE = {"id": "s1", "name": "Store 0001"}
STRANGE = "0b0b0b0b-1c1c-4d4d-8e8e-2f2f2f2f2f2f"
PORT = {"mac": "aa0000000001", "port_id": "ge-0/0/0"}


@pytest.mark.parametrize(
    ("status", "names"),
    [
        pytest.param(400, "nonsense in limit", id="bad request: what the cloud says"),
        pytest.param(401, "MIST_API_TOKEN", id="token refused"),
        pytest.param(403, "no right", id="no rights"),
        pytest.param(404, "MIST_ORG_ID", id="unknown organization"),
        pytest.param(302, "status 302", id="a redirect is not followed"),
    ],
)
def test_a_refusal_is_permanent_and_says_what_to_change(
    scripted: Script, status: int, names: str
) -> None:
    refusal = Answer(
        {"detail": "nonsense in limit"}, status, {"Location": "http://elsewhere.test/"}
    )
    cloud = scripted(refusal)
    with pytest.raises(MistPermanentError, match=names):
        list(cloud.session().rows(catalogue.SITES))
    assert len(cloud.requested) == 1


@pytest.mark.parametrize(
    ("answer", "says", "retry_after", "attempts"),
    [
        pytest.param(Answer({}, 429, {"Retry-After": "73"}), "in 73 s", 73, 1, id="hour used up"),
        pytest.param(Answer({}, 429), "used up", None, 1, id="used up, no time named"),
        pytest.param(
            Answer({}, 429, {"Retry-After": "99999999"}), "in 3600 s", 3600, 1, id="an hour at most"
        ),
        pytest.param(Answer({}, 500), "status 500", None, 3, id="server error"),
        pytest.param(Answer(b"<html>", 503), "status 503", None, 3, id="outage with a page"),
        pytest.param(Answer({}, 503, {"Retry-After": "6"}), "in 6 s", 6, 1, id="a long outage"),
        pytest.param(Answer([SITE], cut=True), "cut", None, 3, id="body cut short"),
        pytest.param(Answer([SITE], delay_s=0.8), "no bytes arrived", None, 3, id="slow answer"),
        pytest.param(Answer(b'[{"id":"s1"'), "not whole JSON", None, 1, id="half of the JSON"),
        pytest.param(
            Answer(b"<html>Sign in</html>", 200, {"Content-Type": "text/html"}),
            "'text/html' and not JSON",
            None,
            1,
            id="a page instead of JSON",
        ),
    ],
)
def test_what_may_pass_is_transient(
    scripted: Script, answer: Answer, says: str, retry_after: float | None, attempts: int
) -> None:
    cloud = scripted(*[answer] * attempts)
    session = cloud.session()
    with pytest.raises(MistTransientError, match=says) as caught:
        list(session.rows(catalogue.SITES))
    assert caught.value.retry_after == retry_after
    assert session.calls == len(cloud.requested) == attempts
    assert cloud.pauses == [1, 4][: attempts - 1]


@pytest.mark.parametrize(
    ("hiccups", "pauses"),
    [
        pytest.param([Answer({}, 503)], [1], id="once"),
        pytest.param([Answer({}, 500), Answer([SITE], cut=True)], [1, 4], id="twice"),
        pytest.param([Answer({}, 429, {"Retry-After": "3"})], [3], id="a short wait is waited"),
        pytest.param([Answer({}, 408)], [1], id="the cloud waited too long"),
    ],
)
def test_a_hiccup_costs_a_pause_and_its_calls(
    scripted: Script, hiccups: list[Answer], pauses: list[float]
) -> None:
    """The address in use has a path of its own: it must not be put before the path twice."""
    cloud = scripted(*hiccups, Answer([SITE]))
    session = MistSession(
        host="api.mist.com",
        org_id=ORG,
        token=TOKEN,
        base_url=f"{cloud.url}/mist",
        pause=cloud.pauses.append,
    )
    assert [site.site_name for site in session.rows(catalogue.SITES)] == ["Store 0001"]
    assert cloud.pauses == pauses
    assert session.calls == len(cloud.requested) == len(hiccups) + 1
    assert set(cloud.requested) == {f"/mist/api/v1/orgs/{ORG}/sites?limit=1000"}


def test_a_refused_connection_is_transient(scripted: Script) -> None:
    cloud = scripted()
    session = cloud.session()
    cloud.close()
    with pytest.raises(MistTransientError, match="refused or cut"):
        list(session.rows(catalogue.SITES))
    assert session.calls == 3


def test_letters_are_utf_8_whatever_the_header_says(scripted: Script) -> None:
    """A text that a guesser of encodings takes for Windows-1252 or Big5."""
    names = ["Zürich", "Košice", "São"]
    body = json.dumps([{"id": name, "name": name} for name in names], ensure_ascii=False)
    cloud = scripted(Answer(body.encode(), headers={"Content-Type": "text/html"}))
    assert [site.site_name for site in cloud.session().rows(catalogue.SITES)] == names


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        pytest.param(
            [{"id": "s9", "org_id": STRANGE}],
            "1 row of sites rejected: they belong to another organization.",
            id="a stranger",
        ),
        pytest.param(
            [{"id": None, "name": None}, None],
            "2 rows of sites rejected: every value in them is null.",
            id="rows of nulls",
        ),
    ],
)
def test_a_row_that_cannot_count_is_counted_and_the_others_stay(
    scripted: Script, extra: list[Any], sentence: str
) -> None:
    ours = [SITE, {"id": "s2", "org_id": ORG.upper()}]
    cloud = scripted(Answer([*ours, *extra]))
    session = cloud.session()
    assert [site.site_id for site in session.rows(catalogue.SITES)] == ["s1", "s2"]
    assert session.rejections.sentences == [sentence]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        pytest.param([{"id": None}], r"\$\[0\]\.id", id="nothing but nulls"),
        pytest.param([{"id": None}, {"id": 5}], r"\$\[0\]\.id", id="nulls and another shape"),
        pytest.param([{"id": "s1", "org_id": STRANGE}], "MIST_ORG_ID", id="strangers only"),
    ],
)
def test_an_answer_without_a_row_that_counts_is_refused(
    scripted: Script, rows: list[Any], says: str
) -> None:
    """Taken for an organization without sites, it would end every circuit."""
    cloud = scripted(Answer(rows))
    with pytest.raises(MistPermanentError, match=says):
        list(cloud.session().rows(catalogue.SITES))


@pytest.mark.parametrize(
    ("endpoint", "body", "where"),
    [
        pytest.param(catalogue.SITES, {"detail": "x"}, "array", id="object for a list"),
        pytest.param(catalogue.SITES, [{"name": "x"}], "$[0]", id="site without id"),
        pytest.param(catalogue.PORTS, {}, "results", id="search without results"),
        pytest.param(
            catalogue.PORTS,
            {"results": [{"mac": None, "port_id": "ge-0/0/0"}]},
            "$.results[0].mac",
            id="port without gateway",
        ),
        pytest.param(
            catalogue.PORTS, {"results": [{"mac": "a"}]}, "$.results[0]", id="row without port"
        ),
        pytest.param(
            catalogue.PORTS, {"results": [], "next": 5}, "$.next", id="a cursor that is no text"
        ),
    ],
)
def test_another_shape_is_permanent_and_names_endpoint_and_path(
    scripted: Script, endpoint: catalogue.Endpoint[Any], body: Any, where: str
) -> None:
    cloud = scripted(Answer(body))
    with pytest.raises(MistPermanentError, match=re.escape(where)) as caught:
        list(cloud.session().rows(endpoint))
    assert endpoint.path in str(caught.value)


def test_null_and_absent_are_both_unknown_and_numbers_may_have_a_point(scripted: Script) -> None:
    rows = [{**PORT, "rx_bytes": None}, {**PORT, "rx_bytes": 5.0, "new_field": [1]}]
    cloud = scripted(Answer({"results": rows}))
    first, second = cloud.session().rows(catalogue.PORTS)
    assert (first.rx_bytes_counter, first.tx_bytes_counter) == (None, None)
    assert second.rx_bytes_counter == 5


@pytest.mark.parametrize(
    ("change", "names"),
    [
        pytest.param({"host": "mist.test"}, "api.eu.mist.com", id="no Mist cloud: lists them"),
        pytest.param({"token": " "}, "MIST_API_TOKEN", id="no token"),
        pytest.param({"token": "one,two"}, "MIST_API_TOKEN", id="two tokens"),
        pytest.param({"token": "line\nbreak"}, "MIST_API_TOKEN", id="a token with a line break"),
        pytest.param({"org_id": ""}, "MIST_ORG_ID", id="no organization"),
        pytest.param({"org_id": "../self"}, "MIST_ORG_ID", id="a path for an organization"),
        pytest.param({"base_url": "localhost:1"}, "MIST_BASE_URL", id="an address without scheme"),
        pytest.param({"base_url": "http://me:pw@h"}, "MIST_BASE_URL", id="a password in it"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, str], names: str) -> None:
    settings: dict[str, Any] = {"host": "api.mist.com", "org_id": ORG, "token": TOKEN, **change}
    with pytest.raises(UsageError, match=names) as caught:
        MistSession(**settings)
    assert "pw" not in str(caught.value)


def test_another_address_needs_no_mist_cloud(scripted: Script) -> None:
    cloud = scripted(Answer([SITE]))
    session = MistSession(host="proxy.test", org_id=ORG, token=TOKEN, base_url=f"{cloud.url}/mist/")
    assert len(list(session.rows(catalogue.SITES))) == 1
    assert cloud.requested[0].startswith(f"/mist/api/v1/orgs/{ORG}/sites")


def test_the_environment_of_the_sdk_is_not_read(
    scripted: Script, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """MIST_APITOKEN would make the SDK call the cloud at once; a proxy it names on the console."""
    names = ("MIST_APITOKEN", "MIST_HOST", "MIST_USER", "MIST_VAULT_PATH", "MIST_KEYRING_SERVICE")
    for name in names:
        monkeypatch.setenv(name, "from-the-environment")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    cloud = scripted(Answer([SITE]))
    assert len(list(cloud.session().rows(catalogue.SITES))) == 1
    assert cloud.tokens == {f"Token {TOKEN}"}
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        pytest.param(24 * 60, "1 day, 0:00:00 ahead of Mist's", id="a day ahead"),
        pytest.param(-6, "0:06:00 behind Mist's", id="six minutes behind"),
        pytest.param(4.9, None, id="within five minutes"),
    ],
)
def test_a_wrong_clock_of_this_machine_is_refused(
    scripted: Script, minutes: float, says: str | None
) -> None:
    """A snapshot of tomorrow prevented the inventory from being taken for 30 hours."""
    mist_now = datetime(2026, 3, 8, 12)
    answer = Answer([SITE], headers={"Date": "Sun, 08 Mar 2026 12:00:00 GMT"})
    here = mist_now + timedelta(minutes=minutes)
    session = scripted(answer).session(now=lambda: here)
    if says is None:
        assert len(list(session.rows(catalogue.SITES))) == 1
        return
    with pytest.raises(MistClockError, match=re.escape(says)):
        list(session.rows(catalogue.SITES))
