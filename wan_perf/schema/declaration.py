"""What a table's declaration says, and the rules that follow from its columns.

Belongs here: the form of a declaration: schema, generated rules, dictionary line.
Keep out: which tables there are (`tables`), what a column means (`columns`).

The store step refuses what breaks an enforced rule; Dagster reports the same rules by name.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from importlib import import_module
from operator import and_

import ibis.expr.types as ir

from wan_perf.schema.columns import COLUMNS, Column

IBIS_TYPES = {
    "text": "string",
    "integer": "int64",
    "large_integer": "decimal(38, 0)",
    "real": "float64",
    "boolean": "boolean",
    "instant": "timestamp(6)",
    "date": "date",
}

_PLURALS = {"min": "minutes", "%": "percentages"}


@dataclass(frozen=True)
class Rule:
    """A predicate that holds for every row; a row for which it is NULL satisfies it.

    `enforced` rules stop the store step before anything is replaced; the others warn a person.
    """

    name: str
    meaning: str
    holds: Callable[[ir.Table], ir.BooleanValue]
    enforced: bool = True


@dataclass(frozen=True)
class Table:
    """A table's declaration; schema, data definition, checks and dictionary are read from it.

    `partition` is the column that Dagster's time partitions cut. A table with a `snapshot` column
    is replaced pass by pass (by that column's values) instead of by partition. One that is replaced
    `by_key` keeps every row but those whose key is stored. A table with none of them is replaced
    whole. `minutes` is the length of its period: nothing in minutes exceeds it. Raw
    tables store values as reported, so these have no bounds. In a table that `sums_circuits`
    bytes are large integers: 2,200 circuits of 1 Gbit/s carry more in 13 months than 64 bits hold.
    The published copy has the rows of the newest `published_days` days; None: all; 0: none. Rows
    older than `retention_days` are removed, unless the policy states another age; None: never.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    group: str
    partition: str | None = None
    snapshot: str | None = None
    by_key: bool = False
    minutes: int | None = None
    sums_circuits: bool = False
    retention_days: int | None = None
    nullable_key: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    own_rules: tuple[Rule, ...] = ()
    published_days: int | None = None

    @cached_property
    def fields(self) -> tuple[Column, ...]:
        """The declared columns, in order."""
        declared = (COLUMNS[name] for name in self.columns)
        return tuple(
            replace(column, type="large_integer")
            if self.sums_circuits and column.unit == "B"
            else column
            for column in declared
        )

    @cached_property
    def schema(self) -> dict[str, str]:
        """Column name to Ibis type."""
        return {column.name: IBIS_TYPES[column.type] for column in self.fields}

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """All row rules: presence, words and bounds from the columns, then the table's own."""
        bounded = () if self.group == "raw" else self.fields
        present = [c for c in self.key if c not in self.nullable_key]
        return (
            _required_rule(tuple(dict.fromkeys((*present, *self.required)))),
            *_words(tuple(c for c in self.fields if c.one_of)),
            *_not_negative(tuple(c for c in bounded if c.ge == 0 and self._most(c) is None)),
            *_within({c: most for c in bounded if (most := self._most(c)) is not None}),
            *self.own_rules,
        )

    def _most(self, column: Column) -> float | None:
        in_period = column.unit == "min" and column.ge == 0
        return self.minutes if in_period and self.minutes is not None else column.le

    def to_line(self) -> str:
        """One line of the data dictionary, beginning with the table's name."""
        columns = "; ".join(
            f"{c.name} ({c.type}{f', {c.unit}' if c.unit else ''}): {c.meaning.rstrip('.')}"
            for c in self.fields
        )
        return f"{self.name}: {self.grain} Key: {', '.join(self.key)}. Columns: {columns}"


@dataclass(frozen=True)
class View(Table):
    """A declared view: rows that the warehouse computes for each reader; nothing is stored.

    `computed_by` names the function that makes the rows from the tables named in `sources`, in that
    order, as `module:function`: declarations know where the business logic is, and import none of
    it. The view is made together with the first of its sources.
    """

    sources: tuple[str, ...] = ()
    computed_by: str = field(kw_only=True)

    @cached_property
    def expression(self) -> Callable[..., ir.Table]:
        """The function that `computed_by` names."""
        module, _, function = self.computed_by.partition(":")
        named: Callable[..., ir.Table] = getattr(import_module(module), function)
        return named


def _required_rule(names: tuple[str, ...]) -> Rule:
    return Rule(
        "required_values_are_present",
        f"Never NULL: {', '.join(names)}.",
        lambda t: reduce(and_, (t[name].notnull() for name in names)),
    )


def _words(columns: tuple[Column, ...]) -> tuple[Rule, ...]:
    if not columns:
        return ()
    known = "; ".join(f"{column.name} is one of {', '.join(column.one_of)}" for column in columns)
    rule = Rule(
        "words_are_known",
        f"{known}.",
        lambda t: reduce(and_, (t[c.name].isin(c.one_of).fill_null(True) for c in columns)),
    )
    return (rule,)


def _not_negative(columns: tuple[Column, ...]) -> tuple[Rule, ...]:
    if not columns:
        return ()
    names = tuple(column.name for column in columns)
    rule = Rule(
        "amounts_are_not_negative",
        f"At least 0: {', '.join(names)}.",
        lambda t: reduce(and_, ((t[name] >= 0).fill_null(True) for name in names)),
    )
    return (rule,)


def _within(columns: Mapping[Column, float]) -> Iterator[Rule]:
    """A rule for each range: of minutes and percentages one for all columns with the same range.

    Each rule is a check, and two entries of every run in Dagster's log: fewer say as much.
    """
    ranges: dict[tuple[str, float, float], list[Column]] = {}
    for column, most in columns.items():
        least = column.ge if column.ge is not None else -most
        of = _PLURALS.get(column.unit, column.name)
        ranges.setdefault((of, least, most), []).append(column)
    for (of, least, most), alike in ranges.items():
        verb = "are" if of in _PLURALS.values() else "is"
        names = tuple(column.name for column in alike)
        unit = f" {alike[0].unit}" if alike[0].unit else ""
        yield Rule(
            f"{of}_{verb}_{least:g}_to_{most:g}".replace("-", "minus_"),
            f"{least:g} to {most:g}{unit}: {', '.join(names)}.",
            _between(names, least, most),
        )


def _between(
    names: tuple[str, ...], least: float, most: float
) -> Callable[[ir.Table], ir.BooleanValue]:
    return lambda t: reduce(and_, (t[n].between(least, most).fill_null(True) for n in names))
