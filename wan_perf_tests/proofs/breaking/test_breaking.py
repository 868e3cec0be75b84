"""The attacks of `wan_perf_tests.proofs.breaking`: a case of each, and how rows are compared."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from wan_perf_tests.proofs.breaking.rows import difference

SITES = "CREATE TABLE dim_site AS SELECT n AS site_id, 'West' AS region FROM range(3) AS of(n)"


@pytest.mark.proof
@pytest.mark.skipif(not hasattr(os, "fork"), reason="cases are forked: POSIX only")
def test_a_killed_command_is_repeated_and_loses_and_invents_nothing():
    done = subprocess.run(
        [sys.executable, "-m", "wan_perf_tests.proofs.breaking", "kills", "--cases", "1"],
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("change", "lost", "invented"),
    [
        pytest.param("SELECT 1", 0, 0, id="nothing changed"),
        pytest.param("DELETE FROM dim_site WHERE site_id = 1", 1, 0, id="a row is lost"),
        pytest.param("UPDATE dim_site SET region = NULL WHERE site_id = 1", 1, 1, id="a cell"),
        pytest.param("INSERT INTO dim_site VALUES (1, 'West')", 0, 1, id="a row twice"),
        pytest.param("DROP TABLE dim_site", 3, 0, id="a table is lost"),
        pytest.param("CREATE TABLE other AS SELECT 1 AS one", 0, 1, id="a table is invented"),
        pytest.param("UPDATE dim_site SET region = 'West'", 0, 0, id="written in another order"),
    ],
)
def test_what_is_counted_as_lost_and_invented(
    tmp_path: Path, change: str, lost: int, invented: int
):
    for name, statements in (("expected", [SITES]), ("found", [SITES, change])):
        with duckdb.connect(str(tmp_path / name)) as connection:
            for statement in statements:
                connection.execute(statement)
    found = difference(tmp_path / "found", tmp_path / "expected")
    assert (found.lost, found.invented) == (lost, invented)


def test_a_missing_file_has_lost_everything(tmp_path: Path):
    with duckdb.connect(str(tmp_path / "expected")) as connection:
        connection.execute(SITES)
    assert difference(tmp_path / "found", tmp_path / "expected").lost == 3
