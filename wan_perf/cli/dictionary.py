"""The data dictionary: a line a table, or of one table a line a column.

A view of old names is listed below the table that it shows, not among the tables.
"""

import click

from wan_perf.cli.arguments import suggestion
from wan_perf.errors import UsageError
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import old_names


def print_dictionary(name: str | None) -> None:
    """Print all tables, or the columns of one with type, unit and meaning.

    Raises:
        UsageError: there is no such table.
    """
    if name is None:
        for table in TABLES.values():
            click.echo(table.to_line())
        return
    views = {view.name: view for view in old_names.declared()}
    known: dict[str, Table] = {**TABLES, **views}
    if name not in known:
        raise UsageError(f"There is no table named {name}; {suggestion(name, TABLES)}")
    table = known[name]
    click.echo(f"{table.name}: {table.grain}")
    click.echo(f"Key: {', '.join(table.key)}")
    for column in table.fields:
        unit = f", {column.unit}" if column.unit else ""
        click.echo(f"{column.name} ({column.type}{unit}): {column.meaning}")
    for view in views.values():
        if view.shown is table:
            click.echo(f"{view.name}: {view.grain}")
