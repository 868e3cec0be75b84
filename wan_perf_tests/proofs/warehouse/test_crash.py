"""A process that is killed at any statement leaves the old hour or the new one, never a part.

Real processes that end by `os._exit`, on files: DuckDB's own, and those of Snowflake's stand-in,
which keeps what was committed when its process dies.
"""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import schema_version
from wan_perf_tests.support.warehouse import dying
from wan_perf_tests.support.warehouse.processes import PROCESSES
from wan_perf_tests.support.warehouse.rows import H5, stored, window

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module", autouse=True)
def _imported_once() -> None:
    """Each child opens a connection: what that imports is there when it is forked."""
    PROCESSES.set_forkserver_preload(
        ["wan_perf_tests.support.warehouse.dying", "dagster_snowflake"]
    )


@pytest.mark.parametrize("way", ["frame", "expression"])
@pytest.mark.parametrize("engine", ["duckdb", "snowflake"])
def test_a_kill_at_any_statement_leaves_a_whole_hour(
    tmp_path: Path, engine: str, way: str, statements: list[str]
) -> None:
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    with dying.opened(engine, prepared) as warehouse:
        for _ in ("the first time, which creates the table", "as it is then every time"):
            rows = dying.hours_of(warehouse, dying.OLD, way)
            statements.clear()
            schema_version._WRITTEN.clear()  # as in a process of its own
            warehouse = replace(warehouse)
            warehouse.store(CIRCUIT_HOUR, rows, window(H5))
    steps = list(statements)
    commit = steps.index("COMMIT") + 1

    # Between the end of one and the start of the next nothing is done.
    moments = [(1, "before"), *((at, "after") for at in range(1, len(steps) + 1))]
    planned = [*moments, (len(steps) + 1, "before")]
    ends: list[int | None] = []
    for first in range(0, len(planned), 2):
        children = []
        for at, moment in planned[first : first + 2]:
            folder = tmp_path / f"{moment}{at}"
            shutil.copytree(prepared, folder)
            children.append(
                PROCESSES.Process(target=dying.die, args=(engine, folder, way, at, moment))
            )
        ends += _ends(children)
    assert ends == [dying.DIED] * len(moments) + [0]
    for at, moment in moments:
        done = at > commit or (at == commit and moment == "after")
        expected = dying.NEW if done else dying.OLD
        with dying.opened(engine, tmp_path / f"{moment}{at}") as warehouse:
            circuit_ids = [row[1] for row in stored(warehouse, CIRCUIT_HOUR)]
        assert circuit_ids == expected, f"killed {moment} {steps[at - 1]}"


def _ends(children: list[Any]) -> list[int | None]:
    """Exit codes of children that run side by side.

    Started and joined by one thread: two would read each other's exit codes (and find 255).
    """
    for child in children:
        child.start()
    for child in children:
        child.join(timeout=60)
    return [child.exitcode for child in children]
