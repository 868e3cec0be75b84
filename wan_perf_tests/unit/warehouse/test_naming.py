"""Names of functions and expressions: the same in every process, others for what differs."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pytest

from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HOUR, TABLES
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf.warehouse.naming import declared_name, expression_name, function_name

HOURS = DuckDBWarehouse(Path("of nothing.duckdb")).lazy(CIRCUIT_HOUR)


def names_of_assets() -> list[str]:
    """What names the SQL of each asset in this process."""
    # Imported here: Dagster takes seconds, and the other tests do without.
    from wan_perf_tests.proofs.warehouse.test_patterns import ASSETS, inputs

    window = Window(datetime(2026, 3, 7), datetime(2026, 3, 8))
    warehouse = DuckDBWarehouse(Path("of nothing.duckdb"))
    patterns = (
        asset.op.compute_fn.decorated_fn(**inputs(asset, warehouse, window))
        for _, asset in sorted(ASSETS.items())
    )
    return [str(pattern.shape.name("duckdb")) for pattern in patterns]


@pytest.mark.proof
def test_another_process_gives_the_same_names():
    """Whatever order it has for sets; each asset has its own."""
    names = names_of_assets()
    own_order = os.environ.get("PYTHONHASHSEED")
    printed = "from wan_perf_tests.unit.warehouse.test_naming import names_of_assets as names"
    others = subprocess.run(
        [sys.executable, "-c", f"{printed}; print(*names(), sep='\\n')"],
        env={**os.environ, "PYTHONHASHSEED": "2" if own_order == "1" else "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert others == names
    assert "None" not in names
    assert len(set(names)) == len(names) > 25


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda h: h.filter(h.up_minutes > 31), id="a number"),
        pytest.param(lambda h: h.filter(h.up_minutes > 30.0), id="a type"),
        pytest.param(lambda h: h.filter(h.down_minutes > 30), id="a column"),
        pytest.param(lambda h: h.filter(h.up_minutes > 30).drop("hour"), id="a column dropped"),
        pytest.param(lambda h: (own := h.view()).filter(own.up_minutes > 30), id="a view"),
        pytest.param(
            lambda h: ibis.table(h.schema(), name="others").filter(lambda t: t.up_minutes > 30),
            id="a table",
        ),
    ],
)
def test_what_differs_has_another_name(other: Callable[[ir.Table], ir.Table]):
    one, same = (HOURS.filter(HOURS.up_minutes > 30).op() for _ in range(2))
    name = expression_name(one)
    assert name
    assert name == expression_name(same)
    assert name != expression_name(other(HOURS).op())


def test_two_views_of_a_table_are_two():
    left, right = HOURS.view(), HOURS.view()
    apart = left.join(right, left.hour == right.hour).select(left.hour)
    itself = left.join(left.view(), [left.hour == left.hour]).select(left.hour)
    assert expression_name(apart.op()) != expression_name(itself.op())


def test_rows_in_memory_have_no_name():
    assert expression_name(ibis.memtable({"a": [1]}).op()) is None


def made_of(given: object) -> Callable[[], object]:
    def made() -> object:
        return given

    return made


def test_a_function_has_the_name_of_what_it_was_given():
    assert function_name(made_of(CIRCUIT_HOUR)) == function_name(made_of(CIRCUIT_HOUR))
    names = [function_name(made_of(given)) for given in (CIRCUIT_HOUR, CIRCUIT_DAY, 1, "1", True)]
    assert None not in names
    assert len(set(names)) == 5


def test_what_was_given_and_has_no_name_leaves_none():
    class Own:
        """Anything else."""

    assert function_name(made_of(Own())) is None


def test_two_lambdas_have_two_names():
    one, other = (lambda rows: rows.limit(1)), (lambda rows: rows.limit(2))
    assert function_name(one) != function_name(other)


def test_a_table_that_is_not_as_declared_has_no_name(monkeypatch: pytest.MonkeyPatch):
    """Its SQL would be that of the declared one."""
    changed = replace(CIRCUIT_HOUR, columns=CIRCUIT_HOUR.columns[:-1])
    monkeypatch.setitem(TABLES, CIRCUIT_HOUR.name, changed)
    assert declared_name(CIRCUIT_DAY, CIRCUIT_HOUR) == "circuit_day circuit_hour"
    assert declared_name(CIRCUIT_DAY, changed) is None
    assert function_name(made_of(changed)) is None


def test_a_part_of_an_unknown_kind_has_no_name():
    """It could be another in the next process, or the same for what differs."""
    assert expression_name(HOURS.mutate(at=ibis.literal(time(1, 2))).op()) is None
    assert expression_name(HOURS.mutate(at=ibis.literal(datetime(2026, 3, 7))).op())
