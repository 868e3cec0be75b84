"""A publication writes what changed, once, and readers see one state."""

from pathlib import Path

import duckdb
import pytest

from wan_perf.published.errors import (
    DamagedManifestError,
    MissingFileError,
    NoCopyError,
    OtherFormatError,
)
from wan_perf.published.manifest import MANIFEST
from wan_perf.published.reader import open_published
from wan_perf.published.relations import PUBLISHED, VIEWS
from wan_perf.schema.tables import CIRCUIT_HOUR, TABLES
from wan_perf.warehouse import old_names
from wan_perf.warehouse.migrations import RENAMES
from wan_perf_tests.unit.published.conftest import Home


def test_a_reader_sees_what_was_stored_once_it_is_published(home: Home) -> None:
    home.publish()
    assert home.count("circuit_hour") == 6
    home.store(3, "c1")
    assert home.count("circuit_hour") == 6
    home.publish()
    assert home.count("circuit_hour") == 7


def test_rows_are_those_of_the_warehouse_with_their_types(home: Home) -> None:
    home.publish()
    names = ", ".join(CIRCUIT_HOUR.columns)
    query = f"SELECT {names} FROM circuit_hour ORDER BY hour, circuit_id"
    with home.warehouse.session(read_only=True) as session:
        stored = session.run(query)
    assert [tuple(row.values()) for row in home.copy.query(query)] == stored


def test_a_home_whose_path_has_wildcards_is_published_and_read(tmp_path: Path) -> None:
    (tmp_path / "store's [2]").mkdir()
    home = Home(tmp_path / "store's [2]")
    home.store(0, "c1", "c2")
    home.publish()
    assert home.count("circuit_hour") == 2


def test_a_query_takes_values_as_parameters(home: Home) -> None:
    home.publish()
    rows = home.copy.query(
        "SELECT max(flap_count) AS n FROM circuit_hour WHERE circuit_id = ?", ["c2"]
    )
    assert rows == [{"n": 2}]


def test_only_what_changed_is_written_and_a_file_is_never_modified(home: Home) -> None:
    home.publish()
    before = {name: (home.folder / name).stat().st_mtime_ns for name in home.files()}
    assert home.publish().files == 0
    home.store(1, "c1")
    assert home.publish().files == 1
    after = {name: (home.folder / name).stat().st_mtime_ns for name in before}
    assert after == before  # the replaced file is still there, for readers that began with it


def test_the_version_changes_with_the_state_and_only_then(home: Home) -> None:
    home.publish()
    first = home.copy
    home.publish()
    assert home.copy is first
    home.store(1, "c1")
    home.publish()
    assert home.copy.version != first.version
    assert home.copy.published_at > first.published_at


def test_a_state_that_was_opened_stays_readable_after_the_next(home: Home) -> None:
    home.publish()
    page = home.copy
    assert page.query("SELECT count(*) AS n FROM circuit_hour") == [{"n": 6}]
    home.store(1, "c1")
    home.publish()
    assert page.query("SELECT count(*) AS n FROM circuit_hour") == [{"n": 6}]


def test_every_table_and_view_can_be_queried_before_it_was_computed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.publish()
    for name in (*PUBLISHED, *VIEWS):
        assert home.copy.query(f"SELECT * FROM {name}") == []
        assert home.copy.has(name)
    assert not home.copy.has("raw_inventory")
    described = home.copy.query("SELECT * FROM (DESCRIBE current_state)")
    assert [row["column_name"] for row in described] == list(TABLES["current_state"].columns)


def test_every_view_is_over_published_tables() -> None:
    views = {name for name, table in TABLES.items() if hasattr(table, "sources")}
    assert views | {view.name for view in old_names.declared()} == VIEWS.keys()


def test_an_old_query_answers_in_the_copy_and_over_its_tables_sql(home: Home) -> None:
    home.store(3, "c1", no_telemetry_minutes=12, state_evidence="observed")
    home.publish()
    query = "SELECT unheard_minutes, state_evidence FROM circuit_hour_old_names ORDER BY hour DESC"
    [old_word] = {word.old for rename in RENAMES for word in rename.words if word.new == "observed"}
    [row, *others] = home.copy.query(query)
    assert row == {"unheard_minutes": 12, "state_evidence": old_word}
    assert len(others) == 6
    with duckdb.connect() as connection:
        connection.execute((home.folder / "tables.sql").read_text(encoding="utf-8"))
        assert connection.execute(query).fetchone() == (12, old_word)


def test_a_query_reads_nothing_but_the_copy(home: Home, tmp_path: Path) -> None:
    home.publish()
    (tmp_path / "secret.csv").write_text("password\n")
    with pytest.raises(Exception, match="disabled by configuration"):
        home.copy.query(f"SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')")


def test_without_a_copy_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoCopyError, match=r"There is no published copy in .* run wan-perf publish"):
        open_published(tmp_path / "published")


def test_another_format_is_refused(home: Home) -> None:
    home.publish()
    manifest = home.folder / MANIFEST
    manifest.write_text(manifest.read_text().replace('"format":2', '"format":99'))
    with pytest.raises(OtherFormatError, match="has format 99 and this release reads format 2"):
        open_published(home.folder)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format":2}', "\ufffd", "null", '{"format":2,"tables":3}']
)
def test_a_damaged_manifest_is_one_sentence_and_the_next_publication_repairs_it(
    home: Home, content: str
) -> None:
    home.publish()
    (home.folder / MANIFEST).write_text(content, encoding="utf-8")
    with pytest.raises(DamagedManifestError, match="is damaged; run wan-perf publish"):
        open_published(home.folder)
    home.publish()
    assert home.count("circuit_hour") == 6


def test_a_missing_file_is_one_sentence_and_the_next_publication_writes_it(home: Home) -> None:
    home.publish()
    for name in home.files():
        (home.folder / name).unlink()
    with pytest.raises(MissingFileError, match=r"is missing or damaged .* run wan-perf publish"):
        home.count("circuit_hour")
    home.publish()
    assert home.count("circuit_hour") == 6
