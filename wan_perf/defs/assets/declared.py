"""What an asset is, read from its table's declaration, so that the two never drift apart.

Belongs here: name, description, group and column schema of a declared table's asset, and the asset
of a table that is computed from other tables.
Keep out: what the declaration says (`schema.tables`).
"""

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg
import ibis.expr.types as ir

from wan_perf.defs.partitions import CHUNK
from wan_perf.schema.declaration import Table
from wan_perf.warehouse import sql_asset

Sees = Mapping[str, dg.PartitionMapping]
"""How much of a source an asset's partition sees, by the source's name; else the same partition."""


def declared(table: Table) -> dict[str, Any]:
    """Arguments of `@dg.asset` for the asset that fills the table."""
    metadata: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(
            columns=[
                dg.TableColumn(
                    name=column.name,
                    type=column.type,
                    description=f"{column.meaning}{f' [{column.unit}]' if column.unit else ''}",
                    constraints=dg.TableColumnConstraints(
                        nullable=column.name not in (*table.key, *table.required)
                        or column.name in table.nullable_key
                    ),
                )
                for column in table.fields
            ]
        )
    }
    if table.partition is not None:
        metadata["partition_expr"] = table.partition
    return {
        "name": table.name,
        "description": f"{table.grain} Key: {', '.join(table.key)}.",
        "group_name": table.group,
        "metadata": metadata,
    }


def asset_of(
    table: Table,
    rows: Callable[..., ir.Table],
    partitions: dg.TimeWindowPartitionsDefinition | None = None,
    sees: Sees | None = None,
) -> dg.AssetsDefinition:
    """The asset that fills the table with what `rows` makes of other tables.

    Args:
        table: The declaration.
        rows: A function of lazy tables, which its parameters name; it depends on nothing else.
        partitions: The slices that are computed and stored; None: the whole table at once.
        sees: Of which sources a slice sees more than its own partition.
    """
    by_slice: dict[str, Any] = {}
    if partitions is not None:
        by_slice = {"partitions_def": partitions, "backfill_policy": CHUNK}
    ins = {name: dg.AssetIn(partition_mapping=mapping) for name, mapping in (sees or {}).items()}
    return dg.asset(**declared(table), kinds={"sql"}, ins=ins, **by_slice)(sql_asset(rows))


def table_out(table: Table) -> dict[str, Any]:
    """Arguments of `AssetOut` for one table of several that are collected from Mist."""
    given = declared(table)
    return {"key": given.pop("name"), **given, "kinds": {"mist", "python"}}
