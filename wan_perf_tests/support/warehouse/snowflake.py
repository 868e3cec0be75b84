"""Snowflake without an account: its stand-in in this process and over HTTP, and one that refuses.

Belongs here: how the tests reach each. What the stand-in cannot do stands where it is made up for.
"""

import gzip
import importlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import fakesnow
import fakesnow.arrow
import fakesnow.cursor
import fakesnow.instance
import fakesnow.transforms
import pyarrow as pa
import pytest
import snowflake.connector.cursor

from wan_perf.defs.resources import warehouse_for
from wan_perf.settings import Settings, read_settings
from wan_perf.warehouse import SnowflakeWarehouse
from wan_perf_tests.support.warehouse.snowflake_passes import leave_out_idle_passes

_serve = fakesnow.server  # its module of the same name takes its place once it is imported

_CURSORS = (snowflake.connector.cursor.SnowflakeCursor, fakesnow.cursor.FakeSnowflakeCursor)

SETTINGS = {
    "WAN_PERF_WAREHOUSE": "snowflake",
    "SNF_ACCOUNT": "acme-eu1",
    "SNF_USER": "loader",
    "SNF_PASSWORD": "quite-secret",
    "SNF_DATABASE": "wan",
    "SNF_SCHEMA": "perf",
    "SNF_WAREHOUSE": "small",
    "SNF_ROLE": "writer",
}


def stand_in(settings: Settings | None = None) -> SnowflakeWarehouse:
    """The warehouse of `SETTINGS`; it connects to whatever is there when it is opened."""
    warehouse = warehouse_for(settings or read_settings(**SETTINGS))
    assert isinstance(warehouse, SnowflakeWarehouse)
    return warehouse


@contextmanager
def in_process(**given: Any) -> Iterator[None]:
    """The stand-in in place of the connector, in this process."""
    with _corrected(), fakesnow.patch(**given):
        yield


@contextmanager
def over_http() -> Iterator[dict[str, str]]:
    """The stand-in's server on loopback, empty: settings with which the real connector meets it."""
    with _corrected(), _served(fakesnow.instance.FakeSnow()) as settings:
        yield settings


@contextmanager
def in_process_over_http() -> Iterator[dict[str, str]]:
    """The stand-in that is in place of the connector, met over HTTP by the real connector."""
    patched: Any = snowflake.connector.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snowflake.connector, "connect", snowflake.connector.Connect)
        with _served(patched.side_effect.__self__) as settings:
            yield settings


@contextmanager
def _served(instance: fakesnow.instance.FakeSnow) -> Iterator[dict[str, str]]:
    importlib.import_module("fakesnow.server").shared_fs = instance
    with _serve() as there:
        url = f"{there['protocol']}://{there['host']}:{there['port']}"
        yield SETTINGS | {"SNF_URL": url}


@contextmanager
def _corrected() -> Iterator[None]:
    """The stand-in with its deviations from Snowflake corrected, and with fewer passes.

    Snowflake enforces no key, has tags of sessions, knows a collation without a name, takes the
    stage of a COPY in quotes (as write_pandas sends it), and sums whole numbers to whole numbers,
    where the stand-in makes floats of them that end at 2**53. Its server keeps an instant that is
    NULL, where the stand-in's answers 1970. Its cursor fetches Arrow tables, by batches, of which
    an empty result has none.
    """
    kind = fakesnow.cursor.FakeSnowflakeCursor
    execute = kind.execute

    def corrected(cursor: Any, command: str, *given: Any, **named: Any) -> Any:
        return execute(cursor, _understood(command), *given, **named)

    def in_one_batch(cursor: Any) -> Iterator[pa.Table]:
        return iter([cursor._arrow_table] if cursor._arrow_table.num_rows else [])

    def whole(cursor: Any, force_return_table: bool = False) -> pa.Table | None:
        return cursor._arrow_table if cursor._arrow_table.num_rows or force_return_table else None

    instants = fakesnow.arrow.timestamp_to_sf_struct

    def with_nulls(column: pa.ChunkedArray) -> pa.StructArray:
        structs = instants(column)
        parts = [part.fill_null(0) for part in structs.flatten()]
        unknown = column.combine_chunks().is_null()
        return pa.StructArray.from_arrays(parts, fields=list(structs.type), mask=unknown)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "execute", corrected)
        patch.setattr(kind, "fetch_arrow_batches", in_one_batch, raising=False)
        patch.setattr(kind, "fetch_arrow_all", whole, raising=False)
        leave_out_idle_passes(patch)
        patch.setattr(fakesnow.arrow, "timestamp_to_sf_struct", with_nulls)
        patch.setattr(
            fakesnow.transforms, "numeric_agg_implicit_cast", lambda expression: expression
        )
        yield


def _understood(command: str) -> str:
    """The statement as the stand-in understands it."""
    if command.startswith("ALTER SESSION SET QUERY_TAG"):
        return "SELECT 'Statement executed successfully.'"
    if command.startswith("CREATE TABLE"):
        command = re.sub(r", (PRIMARY KEY|UNIQUE) \([^)]*\)\)", ")", command)
    if command.startswith(("CREATE", "ALTER")):
        command = command.replace(" COLLATE ''", "")
    elif command.startswith("COPY"):
        command = re.sub(r"FROM '@\"?(\w+)\"?'\)", r"FROM @\1)", command)
    return command


@contextmanager
def listening() -> Iterator[list[tuple[str, int]]]:
    """Every statement whose rows are fetched from the connector, and how many they are."""
    statements: list[tuple[str, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        for kind in _CURSORS:
            patch.setattr(kind, "execute", _sent(kind.execute, statements))
            for name in ("fetchall", "fetchmany", "fetch_pandas_all"):
                patch.setattr(kind, name, _fetched(getattr(kind, name), statements))
        yield statements


@contextmanager
def logins() -> Iterator[list[None]]:
    """One entry for every connection that is opened."""
    entered: list[None] = []
    connect = snowflake.connector.connect

    def counted(**given: Any) -> Any:
        entered.append(None)
        return connect(**given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snowflake.connector, "connect", counted)
        yield entered


def _sent(execute: Any, statements: list[tuple[str, int]]) -> Any:
    def sent(cursor: Any, command: str, *given: Any, **named: Any) -> Any:
        statements.append((command, 0))
        return execute(cursor, command, *given, **named)

    return sent


def _fetched(fetch: Any, statements: list[tuple[str, int]]) -> Any:
    """One connection works at a time: what is fetched belongs to the newest statement."""

    def fetched(cursor: Any, *given: Any, **named: Any) -> Any:
        rows = fetch(cursor, *given, **named)
        statements[-1] = (statements[-1][0], len(rows))
        return rows

    return fetched


@contextmanager
def refusing(
    number: int, message: str, *, statement: str | None = None, status: int = 200
) -> Iterator[tuple[dict[str, str], list[dict[str, Any]]]]:
    """An account on loopback that refuses: settings with which the real connector meets it, and
    what the logins sent.

    It refuses the login, or, where `statement` is given, every statement that begins with it.
    """
    logins: list[dict[str, Any]] = []
    refused = {"success": False, "code": f"{number:06d}", "message": message, "data": {}}

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = _plain(self.rfile.read(int(self.headers["Content-Length"])))
            if "login-request" in self.path:
                logins.append(json.loads(body)["data"])
                answer = refused if statement is None else _LOGGED_IN
            elif "query-request" in self.path:
                sql = json.loads(body)["sqlText"]
                answer = refused if sql.startswith(statement or " ") else _NOTHING
            else:
                answer = {"success": True, "data": {}}
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield SETTINGS | {"SNF_URL": f"http://127.0.0.1:{server.server_port}"}, logins
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_LOGGED_IN = {
    "success": True,
    "data": {
        "token": "t",
        "masterToken": "m",
        "parameters": [],
        "sessionInfo": {"databaseName": "WAN", "schemaName": "PERF"},
    },
}
_NOTHING = {
    "success": True,
    "data": {"rowtype": [], "rowset": [], "total": 0, "queryId": "q", "queryResultFormat": "json"},
}


def _plain(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
