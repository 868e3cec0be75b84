"""Declared rules as queries: how many rows break them, and which.

Belongs here: turning a table's rules into expressions, and their answer into a sentence. The store
step asks them of a stage, the Dagster checks of what is stored.
Keep out: the rules themselves (`declaration`, `tables`).
"""

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from wan_perf.declaration import Rule, Table


def unique(table: Table) -> Rule:
    """The rule of the key, by name; its predicate needs the whole slice, see `offenders`."""
    key = ", ".join(table.key)
    return Rule("key_is_unique", f"No two rows share {key}.", lambda _: ibis.literal(True))


def counts(rows: ir.Table, table: Table, rules: Sequence[Rule]) -> ir.Table:
    """One row a rule, plus the key's and the count of all rows: (rule, broken)."""
    totals = rows.aggregate(
        rows=rows.count(),
        **{rule.name: rule.holds(rows).fill_null(True).ifelse(0, 1).sum() for rule in rules},
    )
    repeated = _repeated(rows, table).aggregate(
        rule=ibis.literal("key_is_unique"), broken=ibis._.surplus.sum().fill_null(0)
    )
    named = [
        totals.select(rule=ibis.literal(name), broken=totals[name].fill_null(0).cast("int64"))
        for name in totals.columns
    ]
    return ibis.union(repeated.cast({"broken": "int64"}), *named)


def broken(answer: list[tuple[Any, ...]]) -> tuple[int, dict[str, int]]:
    """Rows in all, and the count of each rule that some row breaks."""
    found = {str(rule): int(count) for rule, count in answer}
    rows = found.pop("rows")
    return rows, {rule: count for rule, count in found.items() if count}


def offenders(rows: ir.Table, table: Table, rule: Rule) -> ir.Table:
    """The rows that break the rule; of a repeated key, the key and how many rows share it."""
    if rule.name == "key_is_unique":
        return _repeated(rows, table)
    return rows.filter(~rule.holds(rows).fill_null(True))


def sentence(table: Table, rule: Rule, found: dict[str, int], example: pd.DataFrame) -> str:
    """What was refused, why, and one row of it."""
    row = example.iloc[0].dropna().to_dict() if len(example) else {}
    shown = ", ".join(f"{name}={value}" for name, value in row.items())
    others = [name for name in found if name != rule.name]
    also = f" (also broken: {', '.join(others)})" if others else ""
    return (
        f"{table.name}: {found[rule.name]} rows break {rule.name} ({rule.meaning}){also}; nothing "
        f"was replaced. The first: {shown}."
    )


def _repeated(rows: ir.Table, table: Table) -> ir.Table:
    keys = rows.group_by(*table.key).aggregate(surplus=rows.count() - 1)
    return keys.filter(keys.surplus > 0)
