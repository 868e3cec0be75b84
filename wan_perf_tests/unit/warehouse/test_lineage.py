"""Which columns a column is computed from, case by case."""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir
import pytest

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse.lineage import origins
from wan_perf_tests.support.warehouse.snowflake import stand_in

HOURS = ibis.table({"circuit_id": "string", "hour": "timestamp", "rx": "int64"}, name="hours")
LINES = ibis.table({"circuit_id": "string", "mbps": "float64"}, name="lines")


@pytest.mark.parametrize(
    ("rows", "reads"),
    [
        pytest.param(lambda: HOURS.select(x=HOURS.rx), {"hours.rx"}, id="renamed"),
        pytest.param(
            lambda: HOURS.join(LINES, "circuit_id").select(x=HOURS.rx / LINES.mbps),
            {"hours.rx", "lines.mbps"},
            id="a join's keys only choose rows",
        ),
        pytest.param(
            lambda: HOURS.filter(HOURS.hour.notnull()).select(x=HOURS.rx),
            {"hours.rx"},
            id="so does a filter",
        ),
        pytest.param(
            lambda: HOURS.group_by("circuit_id").aggregate(
                x=HOURS.rx.sum(where=HOURS.hour.hour() > 8)
            ),
            {"hours.rx", "hours.hour"},
            id="the condition of a sum decides its value",
        ),
        pytest.param(
            lambda: HOURS.select(x=HOURS.rx).union(LINES.select(x=LINES.mbps.cast("int64"))),
            {"hours.rx", "lines.mbps"},
            id="a union reads both",
        ),
        pytest.param(
            lambda: (
                HOURS.mutate(x=HOURS.rx)
                .drop("hour", "rx")
                .union(LINES.select("circuit_id", x=LINES.mbps.cast("int64")))
            ),
            {"hours.rx", "lines.mbps"},
            id="a union of what is left when columns are dropped",
        ),
        pytest.param(
            lambda: HOURS.mutate(x=ibis.row_number().over(order_by=HOURS.rx)),
            {"hours.rx"},
            id="a rank reads what it is ordered by",
        ),
        pytest.param(
            lambda: HOURS.mutate(x=HOURS.rx.lag().over(group_by="circuit_id", order_by="hour")),
            {"hours.rx"},
            id="a neighbour's value is that column's",
        ),
        pytest.param(
            lambda: HOURS.mutate(x=HOURS.rx - LINES.mbps.max().as_scalar()),
            {"hours.rx", "lines.mbps"},
            id="a subquery's column",
        ),
        pytest.param(
            lambda: HOURS.group_by("circuit_id").aggregate(x=HOURS.count()), set(), id="a count"
        ),
    ],
)
def test_a_column_reads(rows: Callable[[], ir.Table], reads: set[str]):
    assert {".".join(of) for of in origins(rows())["x"]} == reads


def test_names_are_the_declared_ones_on_every_engine():
    warehouse = stand_in()
    rows = warehouse.lazy(CIRCUIT_HOUR).select("up_minutes")
    assert origins(rows)["up_minutes"] == {("circuit_hour", "up_minutes")}
