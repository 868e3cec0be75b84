"""Lists: filters, order, pages and files over the same rows as a direct query."""

import csv
import io
import zipfile
from itertools import chain

import pytest
from starlette.testclient import TestClient

from wan_perf.schema.columns import COLUMNS
from wan_perf.web.questions.listings import LISTINGS
from wan_perf_tests.support.web.estate import Estate
from wan_perf_tests.support.web.reading import read

CIRCUITS = "/grid/circuits?cols=circuit_id,utilization_now_pct,site_name,state"


def cells(client: TestClient, address: str) -> list[list[str]]:
    box = read(client.get(address).text).by_id("grid-box")
    return [[cell.text for cell in line.all("td")] for line in box.all("tbody")[0].all("tr")]


def ids(client: TestClient, query: str) -> list[str]:
    return [row[0] for row in cells(client, f"{CIRCUITS}&{query}")]


def direct(estate: Estate, condition: str, order: str = "circuit_id") -> list[str]:
    sql = f"SELECT circuit_id FROM engineering_view WHERE {condition} ORDER BY {order}"
    return [row["circuit_id"] for row in estate.query(sql)]


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        pytest.param("utilization_now_pct=>40", "utilization_now_pct > 40", id="above"),
        pytest.param(
            "utilization_now_pct=20..40", "utilization_now_pct BETWEEN 20 AND 40", id="in"
        ),
        pytest.param("utilization_now_pct=unknown", "utilization_now_pct IS NULL", id="unknown"),
        pytest.param("site_name=STORE 0003", "site_name = 'Store 0003'", id="part of a text"),
        pytest.param("circuit_id==PRI-0001", "circuit_id = 'PRI-0001'", id="all of a text"),
        pytest.param("is_stale=yes", "is_stale", id="yes"),
        pytest.param("state=down&role=primary", "state = 'down' AND role = 'primary'", id="two"),
        pytest.param("site_name=%25", "false", id="a percent sign is no wild card"),
        pytest.param("sampled_at=<2026-03-08T13:00", "sampled_at < '2026-03-08 13:00'", id="time"),
    ],
)
def test_a_filter_leaves_the_rows_of_its_condition(
    client: TestClient, estate: Estate, query: str, condition: str
):
    shown = [row for row in ids(client, f"{query}&sort=circuit_id") if "No row" not in row]
    assert shown == direct(estate, condition)


def test_rows_are_sorted_and_unknown_values_come_last(client: TestClient, estate: Estate):
    falling = direct(estate, "true", "utilization_now_pct DESC NULLS LAST, circuit_id")
    assert ids(client, "sort=-utilization_now_pct") == falling
    rising = direct(estate, "true", "utilization_now_pct ASC NULLS LAST, circuit_id")
    assert ids(client, "sort=utilization_now_pct") == rising
    assert cells(client, f"{CIRCUITS}&sort=utilization_now_pct")[-1][1] == "–"


def test_pages_do_not_overlap(client: TestClient, estate: Estate):
    pages = [ids(client, f"sort=state&size=5&page={page}") for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [5, 5, 2]
    assert sorted(chain(*pages)) == direct(estate, "true")


@pytest.mark.parametrize("name", LISTINGS)
def test_every_list_is_shown_and_its_columns_are_declared(client: TestClient, name: str):
    listing = LISTINGS[name]
    assert client.get(f"/grid/{name}").status_code == 200
    assert set(listing.shown) <= set(listing.columns) <= set(COLUMNS)
    given = ",".join(listing.columns)
    assert client.get(f"/grid/{name}?cols={given}").status_code == 200


def test_a_csv_has_all_rows_of_the_filter_and_says_what_they_are(
    client: TestClient, estate: Estate
):
    answer = client.get("/grid/circuits.csv?utilization_now_pct=>40&cols=circuit_id,state&size=1")
    lines = answer.content.decode("utf-8-sig").splitlines()
    notes = [line for line in lines if line.lstrip('"').startswith("#")]
    rows = list(csv.reader(io.StringIO("\n".join(lines[len(notes) :]))))
    assert rows[0] == ["circuit_id", "state"]
    wanted = direct(estate, "utilization_now_pct > 40", "utilization_now_pct DESC, circuit_id")
    assert [row[0] for row in rows[1:]] == wanted
    assert "# Filter: utilization_now_pct: >40" in notes
    assert any("# state: Known: up, down." in line for line in notes)
    assert answer.headers["content-disposition"] == 'attachment; filename="wan-perf-circuits.csv"'


def test_files_hold_no_formula(client: TestClient):
    # The provider of the secondary of site 6 is =HYPERLINK(1).
    address = "/grid/circuits.{}?cols=circuit_id,provider&provider=hyperlink"
    text = client.get(address.format("csv")).text
    assert ",'=HYPERLINK(1)" in text
    assert ",=HYPERLINK" not in text
    book = zipfile.ZipFile(io.BytesIO(client.get(address.format("xlsx")).content))
    sheet, about = (book.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))
    assert "'=HYPERLINK(1)" in sheet
    assert "<f>" not in sheet
    assert "Company that provides the circuit." in about
    assert "provider: hyperlink" in about


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/grid/circuits?nosuch=1", 400, "have no column “nosuch”"),
        ("/grid/circuits?sort=nosuch", 400, "have no column “nosuch”"),
        ("/grid/circuits?cols=circuit_id,1)--", 400, "have no column “1)--”"),
        ("/grid/circuits?utilization_now_pct=much", 400, "write &gt;80, &lt;=5, 80..90 or 80"),
        ("/grid/circuits?is_stale=perhaps", 400, "is_stale is yes or no"),
        ("/grid/circuits?as_of_at=<yesterday", 400, "as_of_at is a date or an instant"),
        ("/grid/circuits?page=0", 400, "page is a whole number from 1"),
        ("/grid/nosuch", 404, "There is no list “nosuch”"),
    ],
)
def test_what_is_wrong_in_an_address_is_one_sentence(
    client: TestClient, address: str, status: int, sentence: str
):
    answer = client.get(address)
    assert (answer.status_code, sentence in answer.text) == (status, True), answer.text
