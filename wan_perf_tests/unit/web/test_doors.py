"""Who is let in, and of which regions they see rows."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from wan_perf.errors import UsageError
from wan_perf.published.collection import Collection, FailedRun
from wan_perf.web import build_app
from wan_perf.web.access import Access, Person, Proxy, hash_password, read_access
from wan_perf.web.data import Data
from wan_perf_tests.support.web.estate import NOW, Estate

HASH = hash_password("open sesame")
PEOPLE = {"anna": Person(password=HASH), "ben": Person(password=HASH, regions=("West",))}


def door(estate: Estate, access: Access, client: str = "10.0.0.9") -> TestClient:
    app = build_app(lambda: estate, access=access, clock=lambda: NOW)
    return TestClient(app, base_url="http://localhost", client=(client, 5000))


def test_without_name_and_password_nothing_is_shown(estate: Estate):
    people = door(estate, Access(people=PEOPLE))
    for path in ("/", "/grid/circuits.csv", "/static/app.js", "/nothing"):
        answer = people.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert people.get("/", auth=("anna", "open sesame")).status_code == 200
    assert people.get("/", auth=("anna", "open sesame!")).status_code == 401
    assert people.get("/", auth=("nobody", "open sesame")).status_code == 401
    assert people.get("/", headers={"authorization": "Basic %%%"}).status_code == 401


def test_a_proxy_names_who_it_is_only_from_its_own_address(estate: Estate):
    access = Access(proxy=Proxy(addresses=("10.0.0.9",)), people={"anna": Person()})
    named = {"X-Forwarded-User": "anna"}
    assert door(estate, access).get("/", headers=named).status_code == 200
    assert door(estate, access, "10.0.0.8").get("/", headers=named).status_code == 403
    assert door(estate, access).get("/", headers={"X-Forwarded-User": "eve"}).status_code == 403
    assert door(estate, access).get("/").status_code == 403
    twice = [("X-Forwarded-User", "anna"), ("X-Forwarded-User", "eve")]
    assert door(estate, access).get("/", headers=twice).status_code == 403
    everyone = Access(proxy=Proxy(addresses=("10.0.0.9",), everyone=True))
    assert door(estate, everyone).get("/", headers={"X-Forwarded-User": "eve"}).status_code == 200


def test_a_person_sees_the_regions_of_the_file_and_nothing_of_others(estate: Estate):
    people = door(estate, Access(people=PEOPLE))
    ben, anna = ("ben", "open sesame"), ("anna", "open sesame")
    assert "Store 0001" in people.get("/grid/circuits", auth=anna).text
    seen = people.get("/grid/circuits", auth=ben).text
    assert "Store 0001" not in seen  # East
    assert "Store 0004" in seen  # West
    assert people.get("/site/site-0001", auth=ben).status_code == 404
    assert people.get("/region/East", auth=ben).status_code == 404
    assert people.get("/circuit/PRI-0001", auth=ben).status_code == 404
    assert "Store 0001" not in people.get("/grid/circuits.csv", auth=ben).text
    assert "Store 0001" not in people.get("/search?q=store", auth=ben).text
    key = "circuit_id=PRI-0001&hour=2026-03-08T12:00"
    assert people.get(f"/why/circuit_hour/up_minutes?{key}", auth=ben).status_code == 404


def test_rows_of_no_region_are_hidden_from_who_is_limited(estate: Estate):
    limited, nothing = Data(estate, frozenset({"West"})), Data(estate, frozenset())
    regions = "SELECT DISTINCT region FROM @{} ORDER BY region"
    for table in ("dim_site", "current_state", "region_day", "executive_overview"):
        assert limited.rows(regions.format(table)) == [{"region": "West"}]
        assert nothing.rows(regions.format(table)) == []
    ids = {row["site_id"] for row in limited.rows("SELECT site_id FROM @circuit_hour")}
    assert ids == {"site-0004"}
    assert limited.rows("SELECT * FROM @dim_policy")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hosts = ", "is no TOML"),
        ("people.anna.password = 'plain'", "wan-perf dashboard-password makes one"),
        ("people.anna.regions = ['West']", "lets nobody in"),
        ("[proxy]\naddresses = ['proxy.example']", "does not appear to be an IPv4 or IPv6 address"),
        ("persons = 1", "Extra inputs are not permitted"),
    ],
)
def test_an_access_file_that_is_wrong_is_refused(tmp_path: Path, text: str, sentence: str):
    file = tmp_path / "access.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=sentence):
        read_access(file)


def test_an_access_file_says_who_sees_what(tmp_path: Path):
    file = tmp_path / "access.toml"
    file.write_text(
        f'hosts = ["wan.example"]\n[people.ben]\npassword = "{HASH}"\nregions = ["West"]'
    )
    access = read_access(file)
    assert access.hosts == ("wan.example",)
    assert access.people["ben"].seen_regions == {"West"}


def test_reasons_of_failed_runs_are_for_those_who_see_all_regions():
    failed = FailedRun("a1", "live_job", None, NOW, "Store 0003 has two names.")
    limited = door(Estate(collection=Collection(None, None, 1, (failed,))), Access(people=PEOPLE))
    for name, sees in (("anna", True), ("ben", False)):
        text = limited.get("/", auth=(name, "open sesame")).text
        assert "1 failed run, 24 h" in text
        assert ("Store 0003 has two names." in text) is sees
