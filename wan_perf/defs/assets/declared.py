"""What an asset is, read from its table's declaration, so that the two never drift apart.

Belongs here: name, description, group, column schema and checks of a declared table.
Keep out: what the declaration says (`schema.tables`).
"""

from typing import Any

import dagster as dg

from wan_perf.schema.declaration import Table


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


def table_out(table: Table) -> dict[str, Any]:
    """Arguments of `AssetOut` for one table of several that are collected from Mist."""
    given = declared(table)
    return {"key": given.pop("name"), **given, "kinds": {"mist", "python"}}
