"""What an administrator runs once in a Snowflake account, as text made of names.

Belongs here: roles, user, database, warehouses and privileges, and the order of the statements.
Keep out: how a table or view is defined (`on_snowflake`), connecting: nothing is sent.

Every statement can be run again: what is there stays, grants repeat, views are replaced. Each is
run by the least of Snowflake's own roles that may: users and roles by USERADMIN, database and
warehouses by SYSADMIN, grants by SECURITYADMIN, since only one who manages grants may grant on
what is yet to come.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from wan_perf.schema.declaration import View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import views
from wan_perf.warehouse.on_snowflake import SnowflakeWarehouse
from wan_perf.warehouse.snowflake_errors import Names

PUBLIC_KEY = "<public key>"
"""Stands in the script for what only the administrator has; Snowflake refuses it as it is."""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_QUOTED = re.compile(r'"(?:[^"]|"")+"')
_WRITER_TIMEOUT_S = 3600
_READER_TIMEOUT_S = 600

_HEADER = """\
-- wan_perf in Snowflake: roles, database, warehouses, privileges, tables and views.
-- Run it from top to bottom as a user with ACCOUNTADMIN (or USERADMIN, SYSADMIN and SECURITYADMIN).
-- It can be run again, and should be after an upgrade: nothing is dropped, no row is touched.
--
-- Names are those of SNF_DATABASE, SNF_SCHEMA, SNF_WAREHOUSE, SNF_ROLE and SNF_USER; set these to
-- the names below where they are empty. Names that are not plain ones are quoted: give them to the
-- settings with the quotes. The reader's warehouse is named after the writer's.
-- The writer owns the tables and views, so that it can add columns; the reader reads, and no more.
-- To let a person or a BI tool read, grant the reader role to it.
"""
_KEY_WANTED = f"""\
-- Fill in: {PUBLIC_KEY}, the text of the public key without its first and last line, in one line.
"""


def identifier(name: str) -> str:
    """The name as SQL has it: quoted where it is not a plain one, once.

    >>> identifier("WAN_PERF"), identifier("wan perf"), identifier('"wan perf"')
    ('WAN_PERF', '"wan perf"', '"wan perf"')
    """
    if _PLAIN.fullmatch(name) or _QUOTED.fullmatch(name):
        return name
    return '"' + name.replace('"', '""') + '"'


def script(names: Names, reader: str) -> str:
    """The whole script: what it does and what to fill in, then every statement.

    The role of `names` is the writer's. Without a user none is made.
    """
    header = _HEADER + (_KEY_WANTED if names.user else "")
    return header + "".join(f"\n{sql};\n" for sql in statements(names, reader))


def statements(names: Names, reader: str) -> Iterator[str]:
    """Every statement in the order in which a new account takes them."""
    yield "USE ROLE USERADMIN"
    yield from _people(names, reader)
    yield "USE ROLE SYSADMIN"
    yield from _places(names)
    yield "USE ROLE SECURITYADMIN"
    yield from _grants(names, reader)
    yield f"USE ROLE {identifier(names.role)}"
    yield f"USE SCHEMA {_schema(names)}"
    yield from _definitions(names)
    yield "USE ROLE SECURITYADMIN"
    # Not before they exist, and again: a view that is replaced copies the grants of the one before
    # it, and takes none that are meant for what is yet to come.
    for kind in ("TABLES", "VIEWS"):
        yield f"GRANT SELECT ON ALL {kind} IN SCHEMA {_schema(names)} TO ROLE {identifier(reader)}"


def _people(names: Names, reader: str) -> Iterator[str]:
    for role, words in (
        (names.role, "Collects and aggregates for wan_perf."),
        (reader, "Reads the tables and views of wan_perf."),
    ):
        yield f"CREATE ROLE IF NOT EXISTS {identifier(role)} COMMENT = '{words}'"
    if names.user:
        yield (
            f"CREATE USER IF NOT EXISTS {identifier(names.user)} TYPE = SERVICE "
            f"RSA_PUBLIC_KEY = '{PUBLIC_KEY}' DEFAULT_ROLE = {identifier(names.role)} "
            f"DEFAULT_WAREHOUSE = {identifier(names.warehouse)} "
            f"DEFAULT_NAMESPACE = {_schema(names)} COMMENT = 'Runs wan_perf.'"
        )


def _places(names: Names) -> Iterator[str]:
    yield f"CREATE DATABASE IF NOT EXISTS {identifier(names.database)}"
    yield f"CREATE SCHEMA IF NOT EXISTS {_schema(names)}"
    for warehouse, timeout_s, words in (
        (identifier(names.warehouse), _WRITER_TIMEOUT_S, "Collection and aggregation of wan_perf."),
        (_of_readers(names), _READER_TIMEOUT_S, "Those who read from wan_perf."),
    ):
        yield (
            f"CREATE WAREHOUSE IF NOT EXISTS {warehouse} WAREHOUSE_SIZE = XSMALL "
            "AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE "
            f"STATEMENT_TIMEOUT_IN_SECONDS = {timeout_s} COMMENT = '{words}'"
        )


def _grants(names: Names, reader: str) -> Iterator[str]:
    schema, roles = _schema(names), (identifier(names.role), identifier(reader))
    for role in roles:
        # Else only those who have the role could see or change what it owns.
        yield f"GRANT ROLE {role} TO ROLE SYSADMIN"
    if names.user:
        yield f"GRANT ROLE {roles[0]} TO USER {identifier(names.user)}"
    warehouses = (identifier(names.warehouse), _of_readers(names))
    for role, warehouse in zip(roles, warehouses, strict=True):
        yield f"GRANT USAGE ON DATABASE {identifier(names.database)} TO ROLE {role}"
        yield f"GRANT USAGE ON SCHEMA {schema} TO ROLE {role}"
        yield f"GRANT USAGE ON WAREHOUSE {warehouse} TO ROLE {role}"
    yield f"GRANT CREATE TABLE, CREATE VIEW, CREATE STAGE ON SCHEMA {schema} TO ROLE {roles[0]}"
    for kind in ("TABLES", "VIEWS"):
        yield f"GRANT SELECT ON FUTURE {kind} IN SCHEMA {schema} TO ROLE {roles[1]}"


def _definitions(names: Names) -> Iterator[str]:
    """All tables first: a view reads several."""
    engine = SnowflakeWarehouse(names, _never)
    yield from (engine.definition(t) for t in TABLES.values() if not isinstance(t, View))
    yield from map(engine.declared_view, views.declared())


def _never(parameters: Mapping[str, Any]) -> AbstractContextManager[Any]:
    raise NotImplementedError(f"definitions need no connection with {parameters}")


def _of_readers(names: Names) -> str:
    """A warehouse of their own, so that a heavy report does not delay the collection."""
    whole = identifier(names.warehouse)
    return f'{whole[:-1]}_READER"' if whole.endswith('"') else f"{whole}_READER"


def _schema(names: Names) -> str:
    return f"{identifier(names.database)}.{identifier(names.schema)}"
