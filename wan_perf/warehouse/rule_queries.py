"""Declared rules as queries: how many rows break them, and which.

Belongs here: turning a table's rules into expressions, and their answer into a sentence. The store
step asks them of a stage, the Dagster checks of what is stored.
Keep out: the rules themselves (`schema.declaration`, `schema.tables`).
"""

from collections.abc import Iterable, Mapping, Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd

from wan_perf.errors import WanPerfError
from wan_perf.schema.declaration import Rule, Table
from wan_perf.wording import counted

KEY = "key_is_unique"
ROWS = "rows_in_all"
MINUTES = "minutes_in_all"
UNKNOWN = "minutes_unknown"
_SUMS = (MINUTES, UNKNOWN)


class RefusedRowsError(WanPerfError):
    """Rows break their table's declared rules; nothing was replaced."""


def refuse_other_columns(table: Table, columns: Iterable[str]) -> None:
    """Refuse rows with other columns than the declared ones.

    Raises:
        RefusedRowsError: the sentence names the columns.
    """
    differing = set(columns) ^ set(table.columns)
    if differing:
        raise RefusedRowsError(
            f"{table.name}: the rows and the declaration differ in {', '.join(sorted(differing))}; "
            "nothing was replaced."
        )


def unique(table: Table) -> Rule:
    """The rule of the key, by name; its predicate needs the whole slice, see `offenders`."""
    key = ", ".join(table.key)
    return Rule(KEY, f"No two rows share {key}.", lambda _: ibis.literal(True))


def counts(rows: ir.Table, table: Table, rules: Sequence[Rule]) -> ir.Table:
    """One row: rows in all (`ROWS`), rows too many for the key, rows that break each rule.

    Of a table with minutes whose state is known or not their sums too (`MINUTES`, `UNKNOWN`).
    """
    # Marked first and summed then: a rule may look at a row's neighbours.
    marks = {rule.name: _broken(rows, rule).ifelse(1, 0) for rule in rules} | _minutes(rows, table)
    marked = rows.select(**marks)
    totals = marked.aggregate(
        marked.count().name(ROWS), **{name: marked[name].sum() for name in marks}
    )
    surplus = _repeated_keys(rows, table).surplus.sum().name(KEY).as_table()
    together = totals.cross_join(surplus)
    # A sum over no rows is NULL.
    return together.select(
        **{
            name: together[name].fill_null(0).cast("float64" if name in _SUMS else "int64")
            for name in together.columns
        }
    )


def coverage_pct(found: Mapping[str, float]) -> float | None:
    """Share of the minutes whose state is known; None where there are none. [%]

    `found` are the counts of rows, by name.
    """
    # An engine may sum whole minutes as decimals.
    minutes = float(found.get(MINUTES, 0))
    return 100 * (1 - float(found[UNKNOWN]) / minutes) if minutes else None


def offenders(rows: ir.Table, table: Table, rule: Rule) -> ir.Table:
    """The rows that break the rule; of a repeated key, the key and how many rows are too many."""
    return _repeated_keys(rows, table) if rule.name == KEY else rows.filter(_broken(rows, rule))


def sentence(
    table: Table, broken: Sequence[Rule], found: Mapping[str, int], example: pd.DataFrame
) -> str:
    """What was refused, why, and one row of it, which breaks the first of the broken rules."""
    first, *others = broken
    row = example.iloc[0].dropna().to_dict()
    shown = ", ".join(f"{name}={value}" for name, value in row.items())
    also = f" (also broken: {', '.join(rule.name for rule in others)})" if others else ""
    rows = counted(found[first.name], "row breaks", "rows break")
    return (
        f"{table.name}: {rows} {first.name} ({first.meaning}){also}; "
        f"nothing was replaced. One of them: {shown}."
    )


def _minutes(rows: ir.Table, table: Table) -> dict[str, ir.NumericValue]:
    if "unknown_minutes" not in table.columns:
        return {}
    both = {"up_minutes", "down_minutes"} <= set(table.columns)
    whole = rows.up_minutes + rows.down_minutes if both else ibis.literal(float(table.minutes or 0))
    return {MINUTES: whole, UNKNOWN: rows.unknown_minutes}


def _broken(rows: ir.Table, rule: Rule) -> ir.BooleanValue:
    return ~rule.holds(rows).fill_null(True)


def _repeated_keys(rows: ir.Table, table: Table) -> ir.Table:
    keys = rows.group_by(*table.key).aggregate(surplus=rows.count() - 1)
    return keys.filter(keys.surplus > 0)
