"""What the doctor says of Mist: the address, the token, the calls that are left, the clock."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from wan_perf.doctor.cloud import CLOUD, calls, offset_s, token
from wan_perf.mist.collect.clock import RealClock
from wan_perf.mist.endpoints.records.token import Privilege
from wan_perf.simulator import Cloud, serve
from wan_perf_tests.support.mist.gateways import Proxy, self_signed
from wan_perf_tests.unit.doctor.conftest import FLEET, SECRET, Doctor, failed

ORG = "11111111-1111-4111-8111-111111111111"
BOTH = ["MIST_API_TOKEN", "MIST_ORG_ID"]
OTHER = "22222222-2222-4222-8222-222222222222"


class MovedClock(RealClock):
    """A machine's clock that is wrong by so many seconds."""

    def __init__(self, by_s: float) -> None:
        self.by = timedelta(seconds=by_s)

    def now(self) -> datetime:
        return super().now() + self.by


def test_what_is_well_costs_three_calls(doctor: Doctor, cloud: Cloud) -> None:
    found = doctor()
    assert failed(found) == []
    assert {name: found[name].found for name in CLOUD} == {
        "network": "requests go to Mist without a proxy; trusted are the public authorities.",
        "Mist": f"{cloud.url} answers.",
        "token": "valid, with the role read in the scope org.",
        "organisation": f"Sample Retail ({cloud.org_id}).",
        "calls": "3 of this hour's 5,000 are used, 4,997 are left; 1,000 of them are reserved for "
        "live polls.",
        "clock": "not checked, because WAN_PERF_CLOCK is simulator; its clock stands at "
        "2026-03-07 00:00 UTC.",
    }
    assert sum(cloud.calls().values()) == 3


@pytest.mark.parametrize("empty", [["MIST_API_TOKEN"], ["MIST_ORG_ID"], BOTH])
def test_without_token_or_organisation_mist_gets_no_request(
    doctor: Doctor, cloud: Cloud, empty: list[str]
) -> None:
    found = doctor(**dict.fromkeys(empty, ""))
    assert failed(found) == ["settings"]
    assert found["settings"].advice == f"Set {' and '.join(empty)} in the environment or in .env."
    why = f"not checked, because {' and '.join(empty)} must be set first."
    assert {found[name].found for name in CLOUD} == {why}
    assert cloud.calls() == {}


def test_a_wrong_token_is_reported_and_the_clock_is_compared_all_the_same(doctor: Doctor) -> None:
    found = doctor(RealClock(), MIST_API_TOKEN="wrong-one", WAN_PERF_CLOCK="real")
    assert failed(found) == ["token"]
    assert (found["token"].found, found["token"].advice) == (
        "Mist refused the token; set MIST_API_TOKEN to a valid one (self, status 401).",
        "If it is valid, correct MIST_API_HOST: a token counts only in the Mist Cloud that made "
        "it.",
    )
    assert found["calls"].found == "not checked, because Mist refused the token."
    assert found["clock"].found == "within 5 s of Mist's."


def test_a_token_of_another_organisation(doctor: Doctor, cloud: Cloud) -> None:
    found = doctor(MIST_ORG_ID=ORG)
    assert failed(found) == ["token", "organisation"]
    assert found["token"].found == (
        f"valid, but not for the organisation; it is for Sample Retail ({cloud.org_id})."
    )
    assert "MIST_ORG_ID" in found["token"].advice
    assert "correct MIST_ORG_ID" in found["organisation"].found
    assert found["calls"].verdict == "ok"


@pytest.mark.parametrize(
    ("privileges", "verdict", "sentence"),
    [
        pytest.param([("org", "read", ORG)], "ok", "role read", id="an observer"),
        pytest.param([("orgsites", "read", ORG)], "ok", "orgsites", id="of all sites"),
        pytest.param([("org", "read", ORG.upper())], "ok", "role read", id="in capitals"),
        pytest.param([("org", "write", ORG)], "warning", "role write", id="may change things"),
        pytest.param([("org", "admin", ORG)], "warning", "is enough", id="may do everything"),
        pytest.param(
            [("org", "read", ORG), ("org", "admin", ORG)], "warning", "admin", id="two roles"
        ),
        pytest.param([("msp", "read", None)], "warning", "scope msp", id="of a service provider"),
        pytest.param([("org", "installer", ORG)], "FAILED", "installer", id="an installer"),
        pytest.param([("site", "read", ORG)], "FAILED", "scope site", id="of one site"),
        pytest.param(
            [("org", "admin", OTHER)], "FAILED", f"Shop ({OTHER})", id="of another organisation"
        ),
        pytest.param([], "FAILED", "it is for none.", id="of nothing"),
    ],
)
def test_what_a_token_may(privileges: list, verdict: str, sentence: str) -> None:
    finding = token([Privilege(*privilege, "Shop") for privilege in privileges], ORG)
    assert finding.verdict == verdict
    assert sentence in f"{finding.found} {finding.advice}"


@pytest.mark.parametrize(
    ("used", "limit", "reserve", "verdict", "sentence"),
    [
        pytest.param(3_999, 5_000, 1_000, "ok", "1,001 are left", id="one above the reserve"),
        pytest.param(4_000, 5_000, 1_000, "warning", "next hour", id="the reserve itself"),
        pytest.param(0, 5_000, 5_000, "warning", "well below 5,000", id="all is reserve"),
        pytest.param(5_000, 5_000, 0, "FAILED", "token of its own", id="none"),
        pytest.param(5_003, 5_000, 0, "FAILED", "0 are left", id="less than none"),
    ],
)
def test_what_is_left_of_the_hour(
    used: int, limit: int, reserve: int, verdict: str, sentence: str
) -> None:
    finding = calls(used, limit, reserve)
    assert finding.verdict == verdict
    assert sentence in f"{finding.found} {finding.advice}"


@pytest.mark.parametrize(
    ("hourly_limit", "failing"),
    [
        pytest.param(0, ["calls"], id="none is left to ask with"),
        pytest.param(2, ["calls"], id="the last ones go to the questions"),
        pytest.param(900, [], id="fewer than are reserved for live polls"),
    ],
)
def test_a_used_up_hour_is_no_fault_of_the_token(
    doctor: Doctor, hourly_limit: int, failing: list[str]
) -> None:
    with serve(FLEET, token=SECRET, hourly_limit=hourly_limit) as busy:
        found = doctor(MIST_BASE_URL=busy.url)
    assert failed(found) == failing
    assert found["calls"].verdict == ("FAILED" if failing else "warning")
    assert found["Mist"].verdict == "ok"
    if hourly_limit == 0:
        assert found["token"].found == "not checked, because the hour's calls are used up."
        assert found["calls"].found == (
            "The hour's calls are used up (self, status 429); try again in 3600 s."
        )


def test_a_host_that_does_not_answer(doctor: Doctor) -> None:
    found = doctor(MIST_BASE_URL="http://127.0.0.1:9", WAN_PERF_CLOCK="real")
    assert failed(found) == ["Mist"]
    assert found["Mist"].found == (
        "No whole answer from http://127.0.0.1:9 for self (the connection was refused or cut); "
        "check the network, or try again later."
    )
    assert found["token"].found == "not checked, because Mist gave no answer that can be used."
    assert found["clock"].found == "not checked, because Mist named no time."
    assert found["home"].verdict == "ok"


def test_a_name_that_nobody_knows(doctor: Doctor) -> None:
    found = doctor(MIST_BASE_URL="http://mist.invalid")
    assert failed(found) == ["Mist", "clock"]
    assert "(its name is not known to the network)" in found["Mist"].found
    assert "No simulator answers" in found["clock"].found


def test_a_host_that_is_no_mist_cloud(doctor: Doctor) -> None:
    found = doctor(MIST_API_HOST="api.nowhere.example", MIST_BASE_URL="", WAN_PERF_CLOCK="real")
    assert failed(found) == ["Mist"]
    assert "MIST_API_HOST is 'api.nowhere.example'" in found["Mist"].found
    assert "such as the simulator, belongs in MIST_BASE_URL" in found["Mist"].found


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        pytest.param("503", "Mist failed (self, status 503)", id="Mist failed"),
        pytest.param("404", "MIST_API_HOST and MIST_BASE_URL", id="another server"),
        pytest.param("wrong content type", "a sign-in page", id="a proxy's page"),
        pytest.param("wrong JSON type", "has not the known shape", id="another shape"),
    ],
)
def test_an_answer_that_cannot_be_used(
    doctor: Doctor, cloud: Cloud, how: str, sentence: str
) -> None:
    cloud.misbehave("/api/v1/self", how, times=3)
    found = doctor()
    assert failed(found) == ["Mist"]
    assert sentence in found["Mist"].found


@pytest.mark.parametrize(
    ("by_s", "verdict", "sentence"),
    [
        pytest.param(0, "ok", "within 5 s", id="right"),
        pytest.param(-4, "ok", "within 5 s", id="a little slow"),
        pytest.param(30, "warning", "s ahead of Mist's.", id="half a minute fast"),
        pytest.param(-30, "warning", "s behind Mist's.", id="half a minute slow"),
        pytest.param(600, "FAILED", "s ahead of Mist's.", id="ten minutes fast"),
        pytest.param(-7200, "FAILED", "s behind Mist's.", id="two hours slow"),
    ],
)
def test_the_machines_clock(doctor: Doctor, by_s: float, verdict: str, sentence: str) -> None:
    finding = doctor(MovedClock(by_s), WAN_PERF_CLOCK="real")["clock"]
    assert finding.verdict == verdict
    assert sentence in finding.found
    assert ("NTP" in finding.advice) is (verdict != "ok")


@pytest.mark.parametrize(
    ("sent", "dated", "answered", "off"),
    [
        pytest.param(10.2, 10, 10.4, 0.0, id="within the second"),
        pytest.param(10.9, 10, 11.3, 0.0, id="the second turned on the way"),
        pytest.param(16.5, 10, 16.7, 5.5, id="fast: at least the second's end"),
        pytest.param(2.0, 10, 3.0, -7.0, id="slow: at least up to the answer"),
        pytest.param(10.0, 14, 19.0, 0.0, id="a slow answer says little"),
    ],
)
def test_the_offset_is_the_least_that_fits(
    sent: float, dated: float, answered: float, off: float
) -> None:
    at = [datetime(2026, 3, 8) + timedelta(seconds=s) for s in (sent, dated, answered)]
    assert offset_s(*at) == pytest.approx(off)


def test_the_proxy_and_the_authority_are_named_without_the_password(
    doctor: Doctor, tmp_path: Path
) -> None:
    authority = self_signed(tmp_path)
    with Proxy(status=403) as proxy:
        found = doctor(
            RealClock(),
            MIST_BASE_URL="https://mist.example.com",
            MIST_PROXY=f"http://noc:pa55word@{proxy.address}",
            MIST_CA_BUNDLE=str(authority),
            WAN_PERF_CLOCK="real",
        )
    assert found["network"].verdict == "ok"
    assert found["network"].found == (
        f"requests go through the proxy {proxy.address} (MIST_PROXY); trusted are {authority} "
        "(MIST_CA_BUNDLE)."
    )
    assert failed(found) == ["Mist"]
    assert found["Mist"].found == (
        f"No whole answer from https://mist.example.com for self (the proxy {proxy.address} of "
        "MIST_PROXY returned 403); have the proxy allow this address, or set MIST_PROXY to another "
        "one."
    )
    assert "pa55word" not in str(found)


def test_verification_that_is_off_is_a_warning(doctor: Doctor) -> None:
    found = doctor(MIST_VERIFY="off")
    assert (found["network"].verdict, failed(found)) == ("warning", [])
    assert "MIST_CA_BUNDLE" in found["network"].advice


def test_an_authority_that_is_missing_leaves_mist_unchecked(doctor: Doctor, cloud: Cloud) -> None:
    found = doctor(MIST_BASE_URL="https://127.0.0.1:9", MIST_CA_BUNDLE="none.pem")
    assert failed(found) == ["network"]
    assert found["network"].found == (
        "MIST_CA_BUNDLE is none.pem, which does not exist; correct or remove it."
    )
    assert found["Mist"].verdict == "skipped"
