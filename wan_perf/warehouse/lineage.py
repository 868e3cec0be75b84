"""Which columns of which tables each column of an expression is computed from.

Belongs here: walking an expression, from its tables up to its columns.
Keep out: where the lineage is reported (`defs`).

What a value is computed from counts, and what decides between values (a case, a condition of a
sum); what only chooses rows (a filter, a join, a group) does not.
"""

from collections.abc import Iterable, Iterator
from functools import singledispatch
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir

Origins = frozenset[tuple[str, str]]
"""Table and column, in lower case on every engine."""


def origins(expression: ir.Table) -> dict[str, Origins]:
    """Each column of the expression with the columns of named tables that it reads."""

    def found(node: ops.Node, _: dict[ops.Node, Any], **parts: Any) -> Any:
        return _read(node, parts)

    op = expression.op()
    read: dict[str, Origins] = op.map(found)[op]
    return read


@singledispatch
def _read(_: ops.Node, parts: dict[str, Any]) -> Any:
    """Of a relation its columns with their origins, of a value its origins."""
    return _all(parts.values())


@_read.register
def _(node: ops.PhysicalTable, _: dict[str, Any]) -> dict[str, Origins]:
    return {name: frozenset({(node.name.lower(), name.lower())}) for name in node.schema}


@_read.register
def _(_: ops.Relation, parts: dict[str, Any]) -> dict[str, Origins]:
    return dict(parts["values"]) if "values" in parts else parts["parent"]


@_read.register
def _(_: ops.Aggregate, parts: dict[str, Any]) -> dict[str, Origins]:
    return {**parts["groups"], **parts["metrics"]}


@_read.register
def _(node: ops.Set, parts: dict[str, Any]) -> dict[str, Origins]:
    # A side whose columns were dropped still has them in its parts.
    return {name: parts["left"][name] | parts["right"][name] for name in node.schema}


@_read.register
def _(node: ops.Field, parts: dict[str, Any]) -> Origins:
    read: Origins = parts["rel"][node.name]
    return read


@_read.register
def _(_: ops.Subquery, parts: dict[str, Any]) -> Origins:
    return _all(parts["rel"].values())


@_read.register
def _(_: ops.WindowFunction, parts: dict[str, Any]) -> Origins:
    # A rank reads nothing but what it is ordered by.
    read: Origins = parts["func"] or _all(parts["order_by"])
    return read


def _all(parts: Iterable[Any]) -> Origins:
    return frozenset().union(*_flat(parts))


def _flat(parts: Iterable[Any]) -> Iterator[Origins]:
    for part in parts:
        if isinstance(part, frozenset):
            yield part
        elif isinstance(part, tuple | list):
            yield from _flat(part)
