"""What the declaration says of tables and columns, as comments that stand in the warehouse itself.

Belongs here: the words as a SQL literal.
Keep out: where an engine's data definition takes them.
"""

from wan_perf.schema.columns import Column
from wan_perf.schema.declaration import Table


def of_table(table: Table) -> str:
    """Grain and key."""
    return _literal(f"{table.grain} Key: {', '.join(table.key)}.")


def of_column(column: Column) -> str:
    """Meaning and unit."""
    return _literal(f"{column.meaning}{f' [{column.unit}]' if column.unit else ''}")


def _literal(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
