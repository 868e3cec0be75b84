"""The stand-in as strict as Snowflake, where it takes or answers what Snowflake does not.

Belongs here: what raises, what is answered otherwise, rows in another order, locks, other sessions.
Keep out: what the stand-in refuses and Snowflake takes (`snowflake`).
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import fakesnow.cursor
import pytest
import snowflake.connector.errors
from sqlglot import exp

from wan_perf_tests.support.warehouse.snowflake import in_process
from wan_perf_tests.support.warehouse.snowflake_lint import is_guarded, reserved_words

_CURSOR = fakesnow.cursor.FakeSnowflakeCursor
VIEW_LIMIT_BYTES = 95_000


@contextmanager
def strict(*, shuffled: bool = False) -> Iterator[None]:
    """The stand-in in this process that raises and answers as Snowflake does.

    x / 0 and NULL / 0 raise 100051; MIN_BY and MAX_BY give NULL where the row they take has it; a
    float becomes text without `.0`; a reserved word raises 1003 and a long view 90222. TIMESTAMP
    without a kind has a time zone, as in the session of a reader who wants that. Where it is
    `shuffled`, every INSERT ... SELECT gets its rows in random order.
    """
    transform, execute = _CURSOR._transform, _CURSOR.execute

    def strictly(cursor: Any, expression: exp.Expression, params: Any) -> Any:
        _refuse(expression)
        return transform(cursor, expression.transform(_as_snowflake, copy=False), params)

    def in_any_order(cursor: Any, command: str, *given: Any, **named: Any) -> Any:
        is_view = re.match(r"CREATE (OR REPLACE )?VIEW ", command)
        if is_view and len(command.encode()) > VIEW_LIMIT_BYTES:
            raise _error(90222, "42601", "View definition is limited to 95 KB.")
        if shuffled:
            command = re.sub(
                r"^(INSERT INTO \w+ \([^)]*\)) ((?:SELECT|WITH)\b.*)$",
                r"\1 SELECT * FROM (\2) AS shuffled ORDER BY RANDOM()",
                command,
                flags=re.DOTALL,
            )
        return execute(cursor, command, *given, **named)

    # What the stand-in is corrected by stands before this, so that it sees the plain command.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_CURSOR, "_transform", strictly)
        patch.setattr(_CURSOR, "execute", in_any_order)
        with in_process():
            yield


@contextmanager
def reading_in(zone: str) -> Iterator[None]:
    """Queries of the stand-in run in a session of that time zone."""
    execute = _CURSOR.execute

    def there(cursor: Any, command: str, *given: Any, **named: Any) -> Any:
        cursor._duck_conn.execute(f"SET TimeZone = '{zone}'")
        try:
            return execute(cursor, command, *given, **named)
        finally:
            cursor._duck_conn.execute("SET TimeZone = 'UTC'")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_CURSOR, "execute", there)
        yield


def _refuse(expression: exp.Expression) -> None:
    for name in expression.find_all(exp.Identifier):
        if not name.quoted and name.name.upper() in reserved_words():
            raise _error(1003, "42000", f"SQL compilation error: unexpected '{name.name}'.")


def _as_snowflake(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Div) and not is_guarded(node.expression):
        zero = exp.EQ(this=exp.paren(node.expression.copy()), expression=exp.Literal.number(0))
        error = exp.Anonymous(this="error", expressions=[exp.Literal.string("Division by zero")])
        return exp.Case(ifs=[exp.If(this=zero, true=error)], default=node.copy())
    if isinstance(node, exp.ArgMax | exp.ArgMin):
        name = "arg_max_null" if isinstance(node, exp.ArgMax) else "arg_min_null"
        return exp.Anonymous(this=name, expressions=[node.this, node.expression])
    if isinstance(node, exp.Cast) and node.to.is_type(exp.DataType.Type.TIMESTAMP):
        return exp.cast(node.this, "TIMESTAMPTZ")
    if isinstance(node, exp.Cast) and node.to.is_type(*exp.DataType.TEXT_TYPES):
        return _text(node)
    return node


def _text(cast: exp.Cast) -> exp.Expression:
    """The text of a value; of a float without `.0`."""
    if isinstance(cast.parent, exp.Case | exp.If):
        return cast
    kind = exp.Anonymous(this="typeof", expressions=[cast.this.copy()])
    floats = exp.In(this=kind, expressions=[exp.Literal.string("DOUBLE")])
    plain = exp.Anonymous(
        this="regexp_replace",
        expressions=[cast.copy(), exp.Literal.string(r"\.0$"), exp.Literal.string("")],
    )
    return exp.Case(ifs=[exp.If(this=floats, true=plain)], default=cast.copy())


def _error(number: int, state: str, message: str) -> Exception:
    return snowflake.connector.errors.ProgrammingError(msg=message, errno=number, sqlstate=state)


@dataclass
class Lock:
    """A table that another transaction holds for some time [s]; who deletes from it waits.

    After `timeout_s` (Snowflake's LOCK_TIMEOUT) it waits in vain. `waits` are the waits so far.
    """

    table: str
    held_s: float
    timeout_s: float
    waits: list[float] = field(default_factory=list)

    def wait(self) -> None:
        """Wait until the table is free, else raise 625."""
        wait_s = min(self.held_s, self.timeout_s)
        time.sleep(wait_s)
        self.held_s -= wait_s
        self.waits.append(wait_s)
        if self.held_s > 0:
            raise _error(
                625,
                "57014",
                f"Statement 'a' has locked table '{self.table.upper()}' in transaction 1 and this "
                "lock has not yet been released.",
            )


@contextmanager
def locked(table: str, held_s: float, timeout_s: float) -> Iterator[Lock]:
    """A lock on the table, within the stand-in."""
    lock, execute = Lock(table, held_s, timeout_s), _CURSOR.execute

    def waiting(cursor: Any, command: str, *given: Any, **named: Any) -> Any:
        if command.startswith(f"DELETE FROM {table}"):
            lock.wait()
        return execute(cursor, command, *given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_CURSOR, "execute", waiting)
        yield lock
