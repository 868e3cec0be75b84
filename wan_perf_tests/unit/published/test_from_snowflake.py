"""The published copy of a Snowflake warehouse, out of its stand-in: the rows are fetched."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from wan_perf.cli.dashboard import opened
from wan_perf.defs.automation.run_queues import LIVE
from wan_perf.defs.resources import published_copy_for
from wan_perf.published.errors import PublicationBusyError
from wan_perf.published.snapshot import Snapshot
from wan_perf.settings import Settings, read_settings
from wan_perf.web import build_app
from wan_perf_tests.support.warehouse.rows import H5, HOUR
from wan_perf_tests.support.warehouse.snowflake import SETTINGS, in_process, over_http, stand_in
from wan_perf_tests.unit.published.conftest import Home


@pytest.fixture
def on_snowflake(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Home]:
    """Three hours of two circuits, in the stand-in in this process unless a test wants another."""
    with getattr(request, "param", in_process)() as settings:
        yield _filled(tmp_path / "snowflake", settings or SETTINGS)


by_the_connector = pytest.mark.parametrize(
    "on_snowflake",
    [in_process, pytest.param(over_http, marks=pytest.mark.proof)],
    indirect=True,
    ids=["in process", "over HTTP, by Snowflake's own connector"],
)
"""What is fetched by its batches and types."""


def _filled(folder: Path, settings: dict[str, str]) -> Home:
    home = Home(folder, stand_in(read_settings(**settings)))
    for hour in range(3):
        home.store(hour, "c1", "c2", flap_count=hour)
    return home


def rows(home: Home) -> list[dict[str, Any]]:
    return home.copy.query("SELECT * FROM circuit_hour ORDER BY hour, circuit_id")


@by_the_connector
def test_it_has_the_rows_and_types_of_the_copy_of_an_embedded_warehouse(
    on_snowflake: Home, tmp_path: Path
) -> None:
    embedded = Home(tmp_path / "duckdb")
    for hour in range(3):
        embedded.store(hour, "c1", "c2", flap_count=hour)
    embedded.publish()
    on_snowflake.publish()
    assert rows(on_snowflake) == rows(embedded)
    assert [row["flap_count"] for row in rows(embedded)] == [0, 0, 1, 1, 2, 2]
    types = "SELECT column_name, column_type FROM (DESCRIBE circuit_hour)"
    assert on_snowflake.copy.query(types) == embedded.copy.query(types)


@pytest.mark.proof
def test_it_is_of_the_account_and_schema(on_snowflake: Home) -> None:
    on_snowflake.publish()
    assert on_snowflake.copy.manifest.warehouse == "ACME-EU1/WAN.PERF"


def test_what_is_unchanged_is_not_fetched_again(on_snowflake: Home) -> None:
    on_snowflake.publish()
    before = on_snowflake.copy.version
    assert on_snowflake.publish().files == 0
    assert on_snowflake.copy.version == before
    on_snowflake.store(1, "c1", "c2", "c3")
    again = on_snowflake.publish()
    assert (again.files, again.rows) == (1, 7)
    assert on_snowflake.count("circuit_hour") == 7


@by_the_connector
def test_an_hour_that_lost_its_rows_has_none(on_snowflake: Home) -> None:
    on_snowflake.publish()
    for hour in range(3):
        on_snowflake.store(hour)
    on_snowflake.publish()
    assert on_snowflake.count("circuit_hour") == 0


@pytest.mark.proof
def test_a_warehouse_of_an_earlier_release_is_published_whole(on_snowflake: Home) -> None:
    with on_snowflake.warehouse.session() as session:
        session.run("DROP TABLE stored_change")
    on_snowflake.warehouse = replace(on_snowflake.warehouse)  # as another process has it
    on_snowflake.publish()
    assert on_snowflake.count("circuit_hour") == 6
    on_snowflake.store(1, "c3")
    on_snowflake.publish()
    assert on_snowflake.count("circuit_hour") == 5


@pytest.mark.proof
def test_rows_that_are_replaced_meanwhile_are_fetched_again(
    on_snowflake: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    during(monkeypatch, lambda nth: nth == 1 and on_snowflake.store(1, "c3"))
    on_snowflake.publish()
    assert [(row["hour"], row["circuit_id"]) for row in rows(on_snowflake)] == [
        *((H5, "c1"), (H5, "c2"), (H5 + HOUR, "c3"), (H5 + 2 * HOUR, "c1"), (H5 + 2 * HOUR, "c2"))
    ]
    assert on_snowflake.publish().files == 0  # the manifest names the versions of these rows


@pytest.mark.proof
def test_where_rows_are_replaced_all_the_time_readers_see_the_state_before(
    on_snowflake: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_snowflake.publish()
    on_snowflake.store(1, "c3")
    during(monkeypatch, lambda nth: on_snowflake.store(2, f"c{nth}"))
    with pytest.raises(
        PublicationBusyError, match=r"Runs replace rows of ACME-EU1/WAN\.PERF faster"
    ):
        on_snowflake.publish()
    assert on_snowflake.count("circuit_hour") == 6
    monkeypatch.undo()
    on_snowflake.publish()
    assert on_snowflake.count("circuit_hour") == 4


@pytest.mark.parametrize("publish", ["on", "off"])
def test_runs_publish_it_unless_that_is_off(on_snowflake: Home, publish: str) -> None:
    copy = published_copy_for(
        settings_of(on_snowflake, WAN_PERF_PUBLISH=publish), on_snowflake.warehouse
    )
    published = copy.follow("run", LIVE)
    assert (published is None) == (publish == "off")
    assert on_snowflake.folder.exists() == (publish == "on")


def test_the_dashboard_shows_it(on_snowflake: Home) -> None:
    on_snowflake.publish()
    app = build_app(opened(settings_of(on_snowflake)))
    page = TestClient(app, base_url="http://127.0.0.1").get(
        "/grid/hours?from=2026-03-08T05:00&to=2026-03-08T08:00"
    )
    assert page.status_code == 200
    assert page.text.count("4.5 GB") == 6  # sent, of three hours of two circuits


def settings_of(home: Home, **given: str) -> Settings:
    return read_settings(**SETTINGS, WAN_PERF_HOME=home.folder.parent, **given)


def during(monkeypatch: pytest.MonkeyPatch, replace_rows: Callable[[int], object]) -> None:
    """Between comparing with the warehouse and fetching, each time, counted from 1."""
    write, count = Snapshot.write, itertools.count(1)

    def interrupted(snapshot: Snapshot, wanted: Any, within_s: float) -> Any:
        replace_rows(next(count))
        return write(snapshot, wanted, within_s)

    monkeypatch.setattr(Snapshot, "write", interrupted)


@pytest.mark.proof
def test_merged_versions_leave_the_copy_as_it_is(on_snowflake: Home) -> None:
    """Stores only add versions there; pruning leaves one of each hour."""
    for _ in range(3):
        on_snowflake.store(1, "c3")
    on_snowflake.publish()
    on_snowflake.warehouse.merge_changes()
    with on_snowflake.warehouse.session() as session:
        counts = session.run("SELECT unit, COUNT(*) FROM stored_change GROUP BY 1 ORDER BY 1")
    assert counts == [(H5 + hour * HOUR, 1) for hour in range(3)]
    assert on_snowflake.publish().files == 0
    on_snowflake.store(1, "c4")
    assert on_snowflake.publish().files == 1
