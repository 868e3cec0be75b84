"""The data dictionary: a line a table, or of one table a line a column."""

import click

from wan_perf.cli.arguments import suggestion
from wan_perf.errors import UsageError
from wan_perf.schema.tables import TABLES


def print_dictionary(name: str | None) -> None:
    """Print all tables, or the columns of one with type, unit and meaning.

    Raises:
        UsageError: there is no such table.
    """
    if name is None:
        for table in TABLES.values():
            click.echo(table.to_line())
        return
    if name not in TABLES:
        raise UsageError(f"There is no table named {name}; {suggestion(name, TABLES)}")
    table = TABLES[name]
    click.echo(f"{table.name}: {table.grain}")
    click.echo(f"Key: {', '.join(table.key)}")
    for column in table.fields:
        unit = f", {column.unit}" if column.unit else ""
        click.echo(f"{column.name} ({column.type}{unit}): {column.meaning}")
