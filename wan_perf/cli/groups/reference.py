"""Commands that print what is declared: tables and columns, the SQL of a Snowflake account.

Belongs here: the options of these commands.
Keep out: the declarations (`schema.tables`, `schema.columns`), the SQL
(`warehouse.snowflake_setup`).
"""

import click

from wan_perf.cli.completion import completion_of, tables
from wan_perf.cli.groups.root import commands


@commands.command()
@click.argument("table", required=False, shell_complete=completion_of(tables))
def dictionary(table: str | None) -> None:
    """Print every table and column with its meaning.

    A line a table, or of one TABLE a line a column.
    """
    from wan_perf.cli.dictionary import print_dictionary

    print_dictionary(table)


@commands.command("snowflake-setup")
@click.option("--writer", help="Role that collects; default: SNF_ROLE, else WAN_PERF_WRITER.")
@click.option("--reader", default="WAN_PERF_READER", show_default=True, help="Role that reads.")
def snowflake_setup(writer: str | None, reader: str) -> None:
    """Print the SQL that prepares a Snowflake account.

    An administrator runs it once; nothing is opened. Names come from SNF_DATABASE, SNF_SCHEMA and
    SNF_WAREHOUSE (where empty: WAN_PERF, CIRCUITS, WAN_PERF); where SNF_USER is set, a service user
    with a key pair is made.
    """
    from wan_perf.settings import read_settings
    from wan_perf.warehouse.snowflake_errors import Names
    from wan_perf.warehouse.snowflake_setup import script

    settings = read_settings()
    names = Names(
        account=settings.snf_account,
        user=settings.snf_user,
        database=settings.snf_database or "WAN_PERF",
        schema=settings.snf_schema or "CIRCUITS",
        warehouse=settings.snf_warehouse or "WAN_PERF",
        role=writer or settings.snf_role or "WAN_PERF_WRITER",
    )
    click.echo(script(names, reader), nl=False)
