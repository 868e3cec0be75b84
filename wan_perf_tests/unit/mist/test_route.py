"""Requests through a company's network: its proxy, its certificate authority, its variables."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import getproxies

import pytest

from wan_perf.defs.resources import Source, clock_for
from wan_perf.errors import UsageError
from wan_perf.mist.client.errors import MistRouteError, MistTransientError
from wan_perf.mist.client.network import exempt_loopback, is_loopback, route_to
from wan_perf.mist.collect.clock import SimulatorClock
from wan_perf.mist.endpoints import catalogue
from wan_perf.settings import read_settings
from wan_perf_tests.support.mist.gateways import CLOUD_NAME, Proxy, over_tls, self_signed
from wan_perf_tests.support.mist.scripted import ORG, TOKEN, Answer, ScriptedCloud

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
FILES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
SITE = {"id": "s1", "name": "Store 0001"}
Script = Callable[..., ScriptedCloud]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper() in (*VARIABLES, *FILES) or name.startswith(("MIST_", "WAN_PERF_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def cloud(scripted: Script) -> ScriptedCloud:
    return scripted(Answer([SITE]), Answer([SITE]))


@pytest.fixture
def https(cloud: ScriptedCloud, authority: Path) -> Iterator[str]:
    with over_tls(cloud.url, authority) as url:
        yield url


@pytest.fixture
def proxy(https: str) -> Iterator[Proxy]:
    with Proxy(https) as proxy:
        yield proxy


def sites(**settings: str) -> list[str]:
    """Names of the sites, requested as an asset does it."""
    given = {"MIST_API_TOKEN": TOKEN, "MIST_ORG_ID": ORG, "WAN_PERF_CLOCK": "simulator"}
    session = Source(read_settings(**given, **settings), (1, 2)).session()
    return [str(site.site_name) for site in session.rows(catalogue.SITES)]


@pytest.mark.parametrize("name", ["MIST_CA_BUNDLE", *FILES])
def test_a_private_authority_is_trusted_by_setting_or_variable(
    https: str, authority: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    if name in FILES:
        monkeypatch.setenv(name, str(authority))
        assert sites(MIST_BASE_URL=https) == ["Store 0001"]
    else:
        assert sites(MIST_BASE_URL=https, MIST_CA_BUNDLE=str(authority)) == ["Store 0001"]


def test_an_unknown_authority_is_refused_once_and_names_the_setting(
    https: str, cloud: ScriptedCloud
):
    with pytest.raises(MistRouteError) as refused:
        sites(MIST_BASE_URL=https)
    assert str(refused.value) == (
        f"No whole answer from {https} for sites (its certificate is not trusted: self-signed "
        "certificate); where a company's proxy or own authority signs certificates, set "
        "MIST_CA_BUNDLE to the PEM file of that authority."
    )
    assert cloud.requested == []


def test_an_expired_certificate_points_at_the_clock(cloud: ScriptedCloud, tmp_path: Path):
    expired = self_signed(tmp_path, days=-1)
    with over_tls(cloud.url, expired) as url, pytest.raises(MistRouteError, match="clock"):
        sites(MIST_BASE_URL=url, MIST_CA_BUNDLE=str(expired))


def test_verification_can_be_switched_off(https: str):
    assert sites(MIST_BASE_URL=https, MIST_VERIFY="off") == ["Store 0001"]


def test_the_simulated_clock_takes_the_same_route(scripted: Script, authority: Path):
    with over_tls(scripted(Answer({"now": 86400})).url, authority) as url:
        settings = read_settings(
            MIST_BASE_URL=url, MIST_CA_BUNDLE=str(authority), WAN_PERF_CLOCK="simulator"
        )
        assert f"{clock_for(settings).now():%Y-%m-%d}" == "1970-01-02"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "MIST_PROXY"])
def test_requests_go_through_the_proxy_in_a_tunnel(
    proxy: Proxy, authority: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setenv(name, f"http://user:pass%40word@{proxy.address}")
    url = f"https://{CLOUD_NAME}:8443"
    assert sites(MIST_BASE_URL=url, MIST_CA_BUNDLE=str(authority)) == ["Store 0001"]
    assert (proxy.tunnels, proxy.plain) == ([f"{CLOUD_NAME}:8443"], [])
    assert proxy.logins == ["Basic dXNlcjpwYXNzQHdvcmQ="]  # user:pass@word
    route = route_to(url, proxy=os.environ.get("MIST_PROXY", ""))
    assert (route.proxy_address, route.proxy_source) == (proxy.address, name)
    assert "word" not in repr(route)


def test_no_proxy_exempts_an_address(proxy: Proxy, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    monkeypatch.setenv("NO_PROXY", ".example.com")
    assert route_to(f"https://{CLOUD_NAME}").proxy is None
    assert route_to("https://api.mist.com").proxy == f"http://{proxy.address}"


def test_loopback_is_never_reached_through_a_proxy(
    cloud: ScriptedCloud, scripted: Script, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
):
    """As a company sets it; without NO_PROXY."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "MIST_PROXY"):
        monkeypatch.setenv(name, f"http://{proxy.address}")
    assert sites(MIST_BASE_URL=cloud.url) == ["Store 0001"]
    assert SimulatorClock(scripted(Answer({"now": 0})).url).now().year == 1970
    assert proxy.requests == 0


def test_a_proxy_that_wants_a_login(https: str, authority: Path):
    with (
        Proxy(https, login="user:right") as proxy,
        pytest.raises(MistRouteError) as refused,
    ):
        sites(
            MIST_BASE_URL=f"https://{CLOUD_NAME}",
            MIST_PROXY=f"http://user:wrong@{proxy.address}",
            MIST_CA_BUNDLE=str(authority),
        )
    assert str(refused.value) == (
        f"No whole answer from https://{CLOUD_NAME} for sites (the proxy {proxy.address} of "
        "MIST_PROXY returned 407); the proxy wants a user name and a password; give them as "
        "MIST_PROXY=http://USER:PASSWORD@HOST:PORT."
    )
    assert proxy.requests == 1


@pytest.mark.parametrize(
    ("status", "kind", "requests"),
    [
        pytest.param(403, MistRouteError, 1, id="refused: for good"),
        pytest.param(502, MistTransientError, 3, id="not reached behind the proxy: passing"),
    ],
)
def test_a_proxy_that_opens_no_tunnel(status: int, kind: type[Exception], requests: int):
    with (
        Proxy(status=status) as proxy,
        pytest.raises(kind, match=f"the proxy {proxy.address} of MIST_PROXY returned {status}"),
    ):
        sites(MIST_BASE_URL=f"https://{CLOUD_NAME}", MIST_PROXY=proxy.address)
    assert proxy.requests == requests


def test_a_proxy_that_does_not_answer_is_named():
    with Proxy() as gone:
        pass
    with pytest.raises(MistTransientError, match=r"does not answer\); check MIST_PROXY"):
        sites(MIST_BASE_URL=f"https://{CLOUD_NAME}", MIST_PROXY=gone.address)


@pytest.mark.parametrize("name", ["MIST_CA_BUNDLE", *FILES])
def test_a_missing_authority_file_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv(name, "~/none.pem")
    with pytest.raises(UsageError) as refused:
        sites()
    missing = Path("~/none.pem").expanduser()
    assert str(refused.value) == (
        f"{name} is {missing}, which does not exist; correct or remove it."
    )


def test_a_file_without_certificates_is_one_sentence(tmp_path: Path):
    (tmp_path / "none.pem").write_text("no certificate")
    with pytest.raises(UsageError, match=r"MIST_CA_BUNDLE is none\.pem, .*no readable PEM"):
        sites(MIST_CA_BUNDLE="none.pem")


@pytest.mark.parametrize(
    "proxy", ["socks5://u:s3cret@proxy:1080", "http://", "http://proxy:s3cret", "://"]
)
def test_what_is_no_http_proxy_is_refused_without_its_password(proxy: str):
    with pytest.raises(UsageError, match="MIST_PROXY is no address of an HTTP proxy") as refused:
        sites(MIST_PROXY=proxy)
    assert "s3cret" not in str(refused.value)


def test_a_netrc_entry_does_not_replace_the_token(
    cloud: ScriptedCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert sites(MIST_BASE_URL=cloud.url) == ["Store 0001"]
    assert cloud.tokens == {f"Token {TOKEN}"}


def test_loopback_is_added_to_no_proxy_where_a_proxy_is_set():
    """For the libraries and child processes that read the variables themselves."""
    environment = {"http_proxy": "http://proxy:8080", "NO_PROXY": "intranet, 127.0.0.1"}
    exempt_loopback(environment)
    assert environment["no_proxy"] == environment["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"
    exempt_loopback(environment)
    assert environment["no_proxy"] == "intranet,127.0.0.1,localhost,::1"


@pytest.mark.parametrize("environment", [{}, {"HTTP_PROXY": "p", "NO_PROXY": "*"}])
def test_where_no_proxy_is_used_no_proxy_stays(environment: dict[str, str]):
    before = dict(environment)
    exempt_loopback(environment)
    assert environment == before


def test_the_systems_own_proxies_stay_in_force(monkeypatch: pytest.MonkeyPatch):
    """NO_PROXY alone would make urllib take the environment for the whole truth."""
    exempt_loopback(os.environ)
    assert "no" not in getproxies()


@pytest.mark.parametrize("host", ["localhost", "mist.localhost", "127.8.9.1", "::1"])
def test_loopback(host: str):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "10.0.0.1", "localhost.example.com", "api.mist.com"])
def test_not_loopback(host: str):
    assert not is_loopback(host)
