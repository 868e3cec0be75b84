"""The SQL of an expression: made once (`text_cache`), and nothing in it is computed twice.

Belongs here: how an expression becomes text, what of it is the same for every window.
Keep out: which statements are sent, and in which order (`store`).
"""

import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any, ClassVar

import ibis
import ibis.expr.datashape as ds
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
from sqlglot import Dialect, exp, transforms

from wan_perf.schema.declaration import View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse.naming import expression_name
from wan_perf.warehouse.text_cache import cached_text

# Fusing selects makes shorter text for people; searching for what to fuse was two thirds of the
# time that a fact's expression took to compile, and the engine plans either alike.
ibis.options.sql.fuse_selects = False

_BARE_TIMESTAMP = re.compile(r"(?<=\bAS )TIMESTAMP(?=\)|\(\d\)\))|\bTIMESTAMP(?=_FROM_PARTS\()")
_BARE_ASC = re.compile(r"\bASC(?=[,)]| ROWS| LIMIT|$)")
"""A view is computed in its reader's session, whose TIMESTAMP_TYPE_MAPPING and
DEFAULT_NULL_ORDERING may be others."""

_PLACEHOLDER = re.compile(r"[$:]given_(\w+)")


class Placeholder(ops.Scalar):
    """An instant or day that differs between windows, given when the text is used."""

    key: str
    dtype: dt.DataType
    shape = ds.scalar

    @property
    def name(self) -> str:
        """Its name in a text."""
        return f"given_{self.key}"


Given = Mapping[Placeholder, ops.Literal]
"""The instant or day of each placeholder."""


def text(op: ops.Node, dialect: str) -> str:
    """SQL of an expression; that of another window is the same with other instants.

    So it is made once a process, with placeholders for the instants: to make it takes longer than
    many a run of it.
    """
    found = placeholders(op)
    given = {ours: literal for literal, ours in found.items()}
    return filled(_pattern(_alike(op, found), dialect), given, dialect)


def filled(sql: str, given: Given, dialect: str) -> str:
    """SQL with the instant of each placeholder."""
    texts = {ours.key: _literal_text(literal, dialect) for ours, literal in given.items()}
    # What only looks like one, in a text of somebody's, stays as it is.
    return _PLACEHOLDER.sub(lambda found: texts.get(found[1], found[0]), sql)


def placeholders(op: ops.Node, prefix: str = "") -> dict[ops.Literal, Placeholder]:
    """Instants and days that an expression names, and a placeholder for each."""
    found = (node for node in op.find(ops.Literal) if isinstance(node.value, date))
    return {at: Placeholder(f"{prefix}{n}", at.dtype) for n, at in enumerate(dict.fromkeys(found))}


def plain(op: ops.Node, dialect: str, *, reads_again: bool = False) -> str:
    """SQL of an expression, made for it alone; of what an asset computes it `reads_again`."""
    sql = _compiled(_rewritten(op.to_expr(), dialect), dialect, reads_again=reads_again)
    if dialect != "snowflake":
        return sql
    return _BARE_ASC.sub("ASC NULLS LAST", _BARE_TIMESTAMP.sub("TIMESTAMP_NTZ", sql))


def _compiled(expression: ir.Expr, dialect: str, *, reads_again: bool = False) -> str:
    """As ibis.to_sql, on Snowflake without passes that would find nothing.

    For every SELECT sqlglot searches all that is below it for UNNEST and GENERATE_DATE_ARRAY, three
    times: a quarter of the time that a fact's text takes. No line breaks: Snowflake limits a view's
    definition to 95 kB, and indents are a third.
    """
    compiler = _compiler(dialect)
    query = compiler.to_sqlglot(expression)
    if reads_again and dialect == "duckdb":
        _read_again(query)
    if dialect != "snowflake" or query.find(exp.UDTF, exp.GenerateDateArray):
        return str(query.sql(dialect=compiler.dialect, copy=False))
    return str(query.sql(dialect=_snowflake_without_arrays(), copy=False))


def _read_again(query: exp.Query) -> None:
    """Have DuckDB read a stored table once for each that needs some of its columns.

    It reads it once for all of them and hands each every column that any of them needs, a third of
    the time of a month's days. Pages, which read little of many files, gain nothing by it.
    """
    stored = {name for name, table in TABLES.items() if not isinstance(table, View)}
    for cte in query.ctes:
        if _only_reads(cte.this, stored):
            cte.set("materialized", False)
            stored.add(cte.alias)


def _only_reads(query: exp.Query, stored: Collection[str]) -> bool:
    """Whether it takes columns and rows of one table that is stored, each row for itself."""
    used = {name for name, value in query.args.items() if value}
    if not {"from_"} <= used <= {"expressions", "from_", "where"}:
        return False
    parts = [*query.expressions, query.args.get("where") or exp.Where()]
    if any(part.find(exp.Window, exp.AggFunc, exp.Query) for part in parts):
        return False
    source = query.args["from_"].this
    if isinstance(source, exp.Subquery):
        return _only_reads(source.this, stored)
    return isinstance(source, exp.Table) and source.name in stored


@cache
def _compiler(dialect: str) -> Any:
    """The compiler of Ibis, which writes placeholders too."""
    # Imported here: where all texts are cached nothing is compiled.
    from ibis.backends.sql import compilers

    class WithPlaceholders(type(getattr(compilers, dialect).compiler)):  # type: ignore[misc]
        __slots__ = ()

        def visit_Placeholder(self, op: Placeholder, **_: Any) -> exp.Placeholder:  # noqa: N802
            return exp.Placeholder(this=op.name)

    if dialect == "snowflake":
        # Written as Ibis writes them; its own way fails where sqlglot is compiled.
        WithPlaceholders.visit_BitwiseAnd = _of_two(exp.BitwiseAnd)
        WithPlaceholders.visit_BitwiseRightShift = _of_two(exp.BitwiseRightShift)
    return WithPlaceholders()


def _of_two(operation: type[exp.Binary]) -> Callable[..., exp.Binary]:
    return lambda _compiler, _op, *, left, right: operation(this=left, expression=right)


@cache
def _snowflake_without_arrays() -> type[Dialect]:
    """Snowflake's dialect without passes for arrays; with them where sqlglot is compiled.

    No generator inherits from a compiled class (package `sqlglotc`): then it cannot be made.
    """
    from ibis.backends.sql.dialects import Snowflake

    class WithoutArrays(Snowflake):
        class Generator(Snowflake.Generator):
            TRANSFORMS: ClassVar[dict[Any, Any]] = {
                **Snowflake.Generator.TRANSFORMS,
                exp.Select: transforms.preprocess(
                    [
                        transforms.eliminate_window_clause,
                        transforms.eliminate_distinct_on,
                        transforms.eliminate_semi_and_anti_joins,
                    ]
                ),
            }

    try:
        WithoutArrays().generator()
    except TypeError:
        return Snowflake
    return WithoutArrays


def _alike(op: ops.Node, found: Mapping[ops.Literal, Placeholder]) -> ops.Node:
    """The expression with placeholders, its views numbered from 0: each has a number of its own.

    So the expressions of one asset for two windows are one.
    """
    numbers = {view: n for n, view in enumerate(op.find(ops.SelfReference))}

    def replace_node(node: ops.Node, changed: dict[str, Any] | None) -> ops.Node:
        if node in found:
            return found[node]
        if node in numbers:
            return ops.SelfReference((changed or {}).get("parent", node.parent), numbers[node])
        return node.__recreate__(changed) if changed else node

    return op.replace(replace_node)


@lru_cache(maxsize=512)
def _pattern(op: ops.Node, dialect: str) -> str:
    name = expression_name(op)
    return cached_text(name and f"{dialect} {name}", lambda: plain(op, dialect))


@lru_cache(maxsize=4096)
def _literal_text(literal: ops.Literal, dialect: str) -> str:
    selected = str(ibis.to_sql(literal.to_expr().name("at"), dialect=dialect, pretty=False))
    if dialect == "snowflake":
        selected = _BARE_TIMESTAMP.sub("TIMESTAMP_NTZ", selected)
    return selected.removeprefix("SELECT ").rpartition(" AS ")[0]


def _rewritten(expression: ir.Expr, dialect: str) -> ir.Expr:
    """The same expression as the engines have to read it.

    In one pass over its nodes: each pass takes a sixth of the time that its text takes to make.
    """
    numbers = itertools.count()

    def rewritten(op: ops.Node, changed: dict[str, Any] | None) -> ops.Node:
        node = op.__recreate__(changed) if changed else op
        if isinstance(node, ops.DropColumns | ops.JoinChain):
            return _with_shared_subquery(node, numbers)
        if isinstance(node, ops.FloorDivide | ops.Divide | ops.Modulus):
            node = _with_null_divisor(node)
        return _with_float_operands(node) if dialect == "snowflake" else node

    return expression.op().replace(rewritten).to_expr()


def _with_shared_subquery(node: ops.Node, numbers: Iterator[int]) -> ops.Node:
    """A relation that is a common table expression where it is read twice.

    Ibis makes a common table expression of what several others read, but not of a table without
    some columns (`drop`), nor of one with which several joins begin, since to it they share one
    reference: those it writes out again for each reader, with all that they stand on.
    """
    if isinstance(node, ops.DropColumns):
        return ops.Project(node.parent, {n: ops.Field(node.parent, n) for n in node.schema})
    ends = (node.first, *(link.table for link in node.rest))
    own = {end: ops.JoinReference(end.parent, next(numbers)) for end in ends}
    return node.replace(
        own, filter=lambda n: n == node or n in own or not isinstance(n, ops.Relation)
    )


def _with_null_divisor(node: ops.Node) -> ops.Node:
    """A division in which what is divided by zero is NULL.

    Snowflake raises an error, also for NULL / 0, and DuckDB answers infinity.
    """
    right = node.right
    is_safe = isinstance(right, ops.NullIf) or (isinstance(right, ops.Literal) and right.value)
    return node if is_safe else node.copy(right=ops.NullIf(right, ops.Literal(0, right.dtype)))


def _with_float_operands(node: ops.Node) -> ops.Node:
    """A node in which whole numbers and decimals are floats before they are divided.

    Snowflake divides fixed-point numbers to six decimals, rounded, and gives means and percentiles
    of them few more; a written 100.0 is such a number there too. So one third of 100 would be
    33.333300, and 0.9999999 hours a whole one.
    """
    if isinstance(node, ops.FloorDivide | ops.Divide):
        return node.copy(left=ops.Cast(node.left, dt.float64))
    if isinstance(node, ops.Mean | ops.Median | ops.Quantile):
        return node.copy(arg=ops.Cast(node.arg, dt.float64))
    return node
