"""A failure at any statement of a store step leaves the old hour or the new one, never a part."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, product
from typing import Any

import pytest

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import Warehouse
from wan_perf.warehouse.on_duckdb import DuckDBSession
from wan_perf.warehouse.on_snowflake import SnowflakeSession
from wan_perf_tests.support.warehouse import dying
from wan_perf_tests.support.warehouse.rows import H5, stored, window

pytestmark = pytest.mark.proof


class BrokenError(Exception):
    """What is injected: nothing of ours catches it."""


@pytest.mark.parametrize("way", ["frame", "expression"])
def test_a_failure_at_any_statement_leaves_a_whole_hour(
    warehouse: Warehouse, way: str, statements: list[str]
) -> None:
    """What failed is followed by the next store, which finds all that it left behind."""

    def hours(names: list[str]) -> Any:
        return dying.hours_of(warehouse, names, way)

    for _ in ("creates the table", "looks at it as it is", "as it is then every time"):
        rows = hours(dying.OLD)
        statements.clear()
        warehouse.store(CIRCUIT_HOUR, rows, window(H5))
    steps = list(statements)
    commit = steps.index("COMMIT") + 1
    assert len(steps) >= 8
    rows = hours(dying.NEW)
    for moment, at in product(("before", "after"), range(1, len(steps) + 1)):
        with failing(at, moment), pytest.raises(BrokenError):
            warehouse.store(CIRCUIT_HOUR, rows, window(H5))
        done = at > commit or (at == commit and moment == "after")
        remaining = [row[1] for row in stored(warehouse, CIRCUIT_HOUR)]
        assert remaining == (dying.NEW if done else dying.OLD), f"{moment} {steps[at - 1][:80]}"
        if done:
            warehouse.store(CIRCUIT_HOUR, hours(dying.OLD), window(H5))
            rows = hours(dying.NEW)


@contextmanager
def failing(at: int, moment: str) -> Iterator[None]:
    """The at-th statement fails, before it is sent or when it is done; those after it do not."""
    calls = count(1)

    def broken(original: Any) -> Any:
        def step(*given: Any) -> Any:
            call = next(calls)
            if call == at and moment == "before":
                raise BrokenError
            answer = original(*given)
            if call == at:
                raise BrokenError
            return answer

        return step

    with pytest.MonkeyPatch.context() as patch:
        for kind in (DuckDBSession, SnowflakeSession):
            for name in ("run", "stage_frame"):
                patch.setattr(kind, name, broken(getattr(kind, name)))
        yield
