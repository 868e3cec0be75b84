"""Names of expressions and of functions that make them, the same in every process.

Belongs here: what distinguishes one from another.
Keep out: what is stored under a name (`text_cache`).

A name is that of a function, not of what it makes: to name an expression of thousands of nodes it
has to be made first. That its code is the same, `text_cache.code` guarantees.
"""

import inspect
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from types import CodeType
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import old_names
from wan_perf.warehouse.text_cache import digest

_DECLARED = {**TABLES, **{view.name: view for view in old_names.declared()}}
"""Tables and views as the code declares them; only these are the same in every process."""


def declared_name(*tables: Table) -> str | None:
    """Names of declared tables; None where one is not as the code declares it."""
    if any(_DECLARED.get(table.name) is not table for table in tables):
        return None
    return " ".join(table.name for table in tables)


def function_name(made: Callable[..., Any]) -> str | None:
    """Name of a function; None where something that it has from outside has no name.

    A lambda or a function made by another one is distinguished by its line and its byte code, and
    by the values that it was given there: texts, numbers and declared tables.
    """
    code = made.__code__
    inherited = inspect.getclosurevars(made).nonlocals.items()
    given = [_value_name(key, value) for key, value in sorted(inherited)]
    if None in given:
        return None
    constants = [value for value in code.co_consts if not isinstance(value, CodeType)]
    body = (code.co_firstlineno, code.co_code, code.co_names, constants)
    return f"{made.__module__}.{made.__qualname__} {body} {given}"


def expression_name(op: ops.Node) -> str | None:
    """Name of an expression; None where its parts do not show all that they are."""
    numbers = {view: n for n, view in enumerate(op.find(ops.SelfReference))}

    def name(node: ops.Node, _: Any, **parts: Any) -> str:
        if node in numbers:  # its own number is that of its process
            parts["identifier"] = numbers[node]
        shown = None if isinstance(node, _OPAQUE) else _shown(list(parts.items()))
        return "" if shown is None else digest(f"{type(node).__qualname__} {shown}")

    digests = op.map(name)
    return str(digests[op]) if all(digests.values()) else None


_OPAQUE = (ops.InMemoryTable, ops.ScalarUDF, ops.AggUDF)
"""Their parts do not show their rows and their code."""


def _value_name(key: str, value: Any) -> str | None:
    if isinstance(value, Table):
        name = declared_name(value)
        return name and f"{key}={name}"
    return f"{key}={value!r}" if isinstance(value, str | int | float | bool) else None


def _shown(part: Any) -> str | None:
    """A part of an expression as text, the same in every process; None of an unknown kind."""
    if part is None or isinstance(part, str | int | float | date | Decimal | Enum | dt.DataType):
        return repr(part)
    if isinstance(part, Mapping):
        part = list(part.items())
    if isinstance(part, ops.Namespace):
        part = (part.catalog, part.database)
    if not isinstance(part, list | tuple | frozenset):
        return None
    shown = [text for each in part if (text := _shown(each)) is not None]
    if len(shown) < len(part):
        return None
    # A set's order is another in every process.
    return repr(sorted(shown) if isinstance(part, frozenset) else shown)
