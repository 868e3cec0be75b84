"""A lint of statements for Snowflake: what it refuses or answers otherwise than the stand-in does.

Belongs here: one rule for each such fault, over a statement as sqlglot parses it.
Keep out: how statements are collected (`proofs/graph/test_parity`,
`unit/warehouse/test_snowflake_lint`).
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp

from wan_perf.schema.columns import COLUMNS
from wan_perf.schema.tables import TABLES

VIEW_BYTES = 80_000
"""Snowflake limits the definition of a view to 95 kB (error 090222)."""
STATEMENT_BYTES = 260_000
DEPTH = 60
"""Selects within selects. Compilation has a memory of its own, and larger statements exhaust it."""

TOTAL_ORDERS = {
    *("day", "hour", "month", "period_start", "started_at", "pass_at", "sampled_at", "valid_from"),
    "own_month",
}
"""Columns of which a group has no value twice: with what it is grouped by they are a key."""

Rule = Callable[[exp.Expression, str], Iterator[str]]
_REAL = {column.name for column in COLUMNS.values() if column.type == "real"}
_BOOLEAN = {column.name for column in COLUMNS.values() if column.type == "boolean"}
_REQUIRED = {name for table in TABLES.values() for name in (*table.key, *table.required)}
_AGGREGATES = (exp.Max, exp.Min, exp.Sum, exp.Count, exp.Avg, exp.FirstValue, exp.LastValue)
_DROPPED = re.compile(r"'(?:[^']|'')*'")


@cache
def reserved_words() -> frozenset[str]:
    """Snowflake's reserved words, in upper case."""
    lines = Path(__file__).with_name("snowflake_reserved.txt").read_text().splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def faults(sql: str) -> list[str]:
    """Every fault of a statement as `rule: what`; empty where Snowflake takes and answers it."""
    try:
        tree = sqlglot.parse_one(sql, read="snowflake")
    except sqlglot.errors.ParseError as error:
        return [f"syntax: {str(error).splitlines()[0]}"]
    return faults_of(tree, sql)


def faults_of(tree: exp.Expression, sql: str) -> list[str]:
    """Faults of a statement that is parsed already."""
    return [
        f"{name}: {what}" for name, rule in RULES.items() for what in dict.fromkeys(rule(tree, sql))
    ]


def _reserved(tree: exp.Expression, _: str) -> Iterator[str]:
    for name in tree.find_all(exp.Identifier):
        if not name.quoted and name.name.upper() in reserved_words():
            yield name.name


def _case(tree: exp.Expression, _: str) -> Iterator[str]:
    """A quoted name is not the stored one in upper case, unless the statement defines it."""
    defined = {a.alias for a in tree.find_all(exp.Alias, exp.CTE, exp.Subquery, exp.Table)}
    defined |= {i.name for alias in tree.find_all(exp.TableAlias) for i in alias.columns}
    for named in tree.find_all(exp.Column, exp.Table):
        name = named.this
        is_lower = isinstance(name, exp.Identifier) and name.quoted and not name.name.isupper()
        if is_lower and name.name not in defined:
            yield name.name


def _view_size(tree: exp.Expression, sql: str) -> Iterator[str]:
    if isinstance(tree, exp.Create) and tree.kind == "VIEW" and len(sql.encode()) > VIEW_BYTES:
        yield f"{len(sql.encode())} bytes"


def _size(_: exp.Expression, sql: str) -> Iterator[str]:
    if len(sql.encode()) > STATEMENT_BYTES:
        yield f"{len(sql.encode())} bytes"


def _depth(tree: exp.Expression, _: str) -> Iterator[str]:
    depths = {None: 0}
    for node in tree.walk(bfs=True):
        depths[id(node)] = depths[id(node.parent) if node.parent else None] + isinstance(
            node, exp.Select
        )
    if max(depths.values()) > DEPTH:
        yield f"{max(depths.values())} selects within each other"


def _division(tree: exp.Expression, _: str) -> Iterator[str]:
    """Snowflake raises for x / 0 and for NULL / 0."""
    for division in tree.find_all(exp.Div, exp.Mod):
        if not is_guarded(division.expression):
            yield division.sql("snowflake")[:120]


def is_guarded(divisor: exp.Expression) -> bool:
    """A divisor that is never 0: a literal, NULLIF, or what is as large as one of these."""
    value = divisor.unnest()
    if isinstance(value, exp.Cast | exp.Neg):
        return is_guarded(value.this)
    if isinstance(value, exp.Mul):
        return is_guarded(value.this) and is_guarded(value.expression)
    if isinstance(value, exp.Literal):
        return float(value.name) != 0
    return isinstance(value, exp.Nullif)


def _domain(tree: exp.Expression, _: str) -> Iterator[str]:
    """Snowflake raises for LN of 0 and for SQRT below 0."""
    safe = (exp.Nullif, exp.Greatest, exp.Abs, exp.Case, exp.If)
    for call in tree.find_all(exp.Ln, exp.Sqrt, exp.Log):
        if not (call.this.unnest().find(*safe) or isinstance(call.this.unnest(), exp.Literal)):
            yield call.sql("snowflake")[:120]


def _float_text(tree: exp.Expression, _: str) -> Iterator[str]:
    """TO_VARCHAR(85.0) is '85' where other engines write '85.0'."""
    for cast in tree.find_all(exp.Cast, exp.ToChar):
        if isinstance(cast, exp.Cast) and not cast.to.is_type(*exp.DataType.TEXT_TYPES):
            continue
        if _is_float(cast.this.unnest()):
            yield cast.sql("snowflake")[:120]


def _is_float(value: exp.Expression) -> bool:
    if isinstance(value, exp.Cast):
        return value.to.is_type("double", "float")
    if isinstance(value, exp.Column):
        return value.name.lower() in _REAL
    if isinstance(value, exp.Literal):
        return not value.is_string and "." in value.name
    return isinstance(value, exp.Round | exp.Avg | exp.Div)


def _timestamp(tree: exp.Expression, sql: str) -> Iterator[str]:
    """A view is computed in its reader's session, whose TIMESTAMP_TYPE_MAPPING may be another."""
    if isinstance(tree, exp.Create) and tree.kind == "VIEW":
        plain = _DROPPED.sub("''", sql)
        for bare in re.finditer(
            r"\bAS TIMESTAMP\b(?!_)|\b(TO_)?TIMESTAMP(_FROM_PARTS)?\(|::TIMESTAMP\b", plain
        ):
            yield plain[max(0, bare.start() - 40) : bare.end() + 10]


def _nulls(tree: exp.Expression, sql: str) -> Iterator[str]:
    """DEFAULT_NULL_ORDERING decides where NULLs are; so it is given, but for what is never NULL."""
    for end in re.finditer(r"(\S+) (ASC|DESC)\b(?! NULLS)", _DROPPED.sub("''", sql)):
        name = end[1].split(".")[-1].strip('"()').lower()
        if name not in _REQUIRED:
            yield end[0][-80:]
    for order in tree.find_all(exp.Ordered):
        is_bare = order.args.get("nulls_first") is None and isinstance(order.this, exp.Column)
        if is_bare and order.this.name.lower() not in _REQUIRED and not re.search(r"NULLS", sql):
            yield order.sql("snowflake")[:80]


def _ties(tree: exp.Expression, _: str) -> Iterator[str]:
    """Of rows with an equal order MAX_BY takes any; Snowflake another one each time."""
    for call in tree.find_all(exp.ArgMax, exp.ArgMin):
        if not {c.name.lower() for c in call.expression.find_all(exp.Column)} & TOTAL_ORDERS:
            yield call.sql("snowflake")[:120]


def _frames(tree: exp.Expression, _: str) -> Iterator[str]:
    """A frame by range takes all rows with an equal order; few of them are supported."""
    for window in tree.find_all(exp.Window):
        spec = window.args.get("spec")
        kind = spec.args.get("kind") if spec else None
        is_aggregate = isinstance(window.this.unnest(), _AGGREGATES)
        if kind == "RANGE" or (is_aggregate and window.args.get("order") and not spec):
            yield window.sql("snowflake")[-120:]


def _boolean_max(tree: exp.Expression, _: str) -> Iterator[str]:
    """MAX of a BOOLEAN is no window function there."""
    kinds = (exp.Predicate, exp.Boolean, exp.Not, exp.And, exp.Or)
    for window in tree.find_all(exp.Window):
        call = window.this
        if isinstance(call, exp.LogicalOr | exp.LogicalAnd) or (
            isinstance(call, exp.Max | exp.Min)
            and (
                isinstance(call.this.unnest(), kinds)
                or (
                    isinstance(call.this.unnest(), exp.Column | exp.Coalesce)
                    and getattr(call.this.find(exp.Column), "name", "").lower() in _BOOLEAN
                )
            )
        ):
            yield window.sql("snowflake")[:120]


def _clustering(_: exp.Expression, sql: str) -> Iterator[str]:
    """Reclustering costs credits, and helps tables of terabytes."""
    if re.search(r"\bCLUSTER BY\b", _DROPPED.sub("''", sql)):
        yield "CLUSTER BY"


def _collation(tree: exp.Expression, sql: str) -> Iterator[str]:
    """DEFAULT_DDL_COLLATION of the account is that of every text column that has none."""
    if re.match(r"CREATE (TEMPORARY )?TABLE|ALTER TABLE", sql):
        for column in tree.find_all(exp.ColumnDef):
            kind = column.args.get("kind")
            text = column.sql("snowflake")
            if kind and kind.is_type(*exp.DataType.TEXT_TYPES) and "COLLATE" not in text:
                yield column.name


RULES: dict[str, Rule] = {
    "reserved word": _reserved,
    "case of a name": _case,
    "size of a view": _view_size,
    "size of a statement": _size,
    "depth of a statement": _depth,
    "division": _division,
    "LN or SQRT": _domain,
    "float to text": _float_text,
    "bare TIMESTAMP": _timestamp,
    "place of NULLs": _nulls,
    "MAX_BY with ties": _ties,
    "frame by range": _frames,
    "MAX of a flag": _boolean_max,
    "clustering": _clustering,
    "collation": _collation,
}
