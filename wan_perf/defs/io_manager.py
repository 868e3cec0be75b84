"""Frames and lazy tables between Dagster and the warehouse.

Belongs here: which slice of which table a run loads and stores.
Keep out: how a slice is replaced (`warehouse`).

Of dagster's database IO manager only the dispatch on type is used. Its client deletes before it
looks and opens a connection even to load what is lazy; ours does neither: the "connection" that it
hands to the handlers is the warehouse, which opens its own where it needs one.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import dagster as dg
import ibis.expr.types as ir
import pandas as pd
from dagster._core.storage.db_io_manager import (  # the dispatch that dagster's own database
    DbClient,  # integrations share; it has no public name (dagster 1.13)
    DbIOManager,
    DbTypeHandler,
    TableSlice,
)

from wan_perf.defs.automation.run_queues import HISTORY, LANE, PATIENCE_S
from wan_perf.defs.lineage import report_lineage
from wan_perf.defs.retries import retrying
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import TABLES
from wan_perf.waiting import waiting
from wan_perf.warehouse import Pattern, Warehouse, Window


def warehouse_io_manager(warehouse: Warehouse) -> DbIOManager:
    """An IO manager that keeps every declared table in the warehouse."""
    return DbIOManager(
        type_handlers=[LazyTables(), Frames()],
        db_client=_WarehouseClient(warehouse),
        database=warehouse.dialect,
        default_load_type=ir.Table,
        io_manager_name="warehouse_io_manager",
    )


class _WarehouseClient(DbClient[Any]):
    """The base's methods are static; these are bound, because they know their warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    @contextmanager
    def connect(self, *_: Any) -> Iterator[Warehouse]:  # type: ignore[override]
        yield self._warehouse

    def ensure_schema_exists(self, *_: Any) -> None:  # type: ignore[override]
        """Nothing: the store step creates what is declared."""

    def delete_table_slice(self, *_: Any) -> None:  # type: ignore[override]
        """Nothing: the store step deletes, after it has looked."""

    def get_select_statement(self, table_slice: TableSlice) -> str:  # type: ignore[override]
        return self._warehouse.sql(_lazy(self._warehouse, table_slice))

    @staticmethod
    def get_table_name(table_slice: TableSlice) -> str:
        return table_slice.table


class _Handler(DbTypeHandler[Any]):
    def handle_output(
        self, context: dg.OutputContext, table_slice: TableSlice, obj: Any, connection: Warehouse
    ) -> Mapping[str, Any]:
        """Replace the run's slice of the table; metadata says what was stored."""
        table = TABLES[table_slice.table]
        with retrying(context.step_context), _patience(context.step_context):
            stored = connection.store(table, obj, _window(table_slice))
        partitions = len(context.asset_partition_keys) if context.has_asset_partitions else 1
        if not isinstance(obj, pd.DataFrame):
            report_lineage(context, table, obj)
        whole = table.partition is None and table.snapshot is None and not table.by_key
        metadata = {
            f"dagster/{'' if whole else 'partition_'}row_count": stored.rows,
            "passes": stored.passes,
            "coverage_pct": stored.coverage_pct,
            "figures_of": _span(table_slice, partitions) if partitions > 1 else None,
        }
        return {name: value for name, value in metadata.items() if value is not None}


class LazyTables(_Handler):
    """An asset that is an expression: the warehouse computes it, no row reaches Python."""

    @property
    def supported_types(self) -> Sequence[type[object]]:
        """Ibis tables, and patterns of them."""
        return [ir.Table, Pattern]

    def load_input(
        self, _: dg.InputContext, table_slice: TableSlice, connection: Warehouse
    ) -> ir.Table:
        """The table cut to the upstream partitions; nothing is read."""
        return _lazy(connection, table_slice)


class Frames(_Handler):
    """An asset that is a frame: what comes from outside, and what is small."""

    @property
    def supported_types(self) -> Sequence[type[object]]:
        """Pandas frames."""
        return [pd.DataFrame]

    def load_input(
        self, context: dg.InputContext, table_slice: TableSlice, connection: Warehouse
    ) -> pd.DataFrame:
        """The rows of the upstream partitions."""
        with retrying(context.step_context), _patience(context.step_context):
            return connection.query(_lazy(connection, table_slice))


def _patience(step: Any) -> AbstractContextManager[None]:
    """How long this run waits for the file, by its lane."""
    return waiting(PATIENCE_S.get(step.run_tags.get(LANE, HISTORY)))


def _span(table_slice: TableSlice, partitions: int) -> str:
    """What a run's figures are of: dagster shows the same ones with each partition of a range."""
    window = _window(table_slice)
    assert window is not None, "a slice of several partitions has a window"  # noqa: S101 - a type
    return (
        f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC, {partitions} together"
    )


def _lazy(warehouse: Warehouse, table_slice: TableSlice) -> ir.Table:
    table: Table = TABLES[table_slice.table]
    return warehouse.lazy(table, _window(table_slice))


def _window(table_slice: TableSlice) -> Window | None:
    if not table_slice.partition_dimensions:
        return None
    span: Any = table_slice.partition_dimensions[0].partitions
    if not span:  # no upstream partition exists: an empty window, not the whole table
        return Window(pd.Timestamp(0).to_pydatetime(), pd.Timestamp(0).to_pydatetime())
    return Window(span.start.replace(tzinfo=None), span.end.replace(tzinfo=None))
