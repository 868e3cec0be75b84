"""Rows of a stage against the declared rules of their table, before anything is replaced.

Belongs here: which rules a store step enforces, their counts, what becomes of broken ones.
Keep out: how a rule is counted (`rule_queries`), the order of the statements (`store`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import ibis.expr.types as ir

from wan_perf.schema.declaration import Rule, Table
from wan_perf.warehouse import patterns, rule_queries
from wan_perf.warehouse.engine import Engine, Session
from wan_perf.warehouse.patterns import Pattern
from wan_perf.warehouse.window import AnyWindow, Window, within

_STAGE = "stage_that_is_looked_at"


@dataclass(frozen=True)
class Stored:
    """What a store step did: rows written and, of a snapshot table, the passes replaced.

    `coverage_pct` is the share of the rows' minutes whose state is known, where there are such.
    """

    rows: int
    passes: int | None = None
    coverage_pct: float | None = None


def checked(
    engine: Engine, session: Session, table: Table, stage: str, window: Window | None
) -> Stored:
    """What the stage holds, where it satisfies the rules of the table.

    Raises:
        RefusedRowsError: rows of the stage break a rule; the sentence has an example.
    """

    def sql(expression: ir.Table | Pattern) -> str:
        # Upper case where the engine's identifiers are.
        text = engine.sql(expression).replace(_STAGE, stage)
        return text.replace(_STAGE.upper(), stage.upper())

    counts = counts_of_stage(engine, table, window)
    [answer] = session.run(sql(counts))
    found: dict[str, Any] = dict(zip(counts.schema(engine.dialect), answer, strict=True))
    broken = [
        r for r in (rule_queries.unique(table), *enforced_rules(table, window)) if found[r.name]
    ]
    if broken:
        staged = engine.unbound(table, _STAGE)
        example = session.frame(sql(rule_queries.offenders(staged, table, broken[0]).limit(1)))
        raise rule_queries.RefusedRowsError(rule_queries.sentence(table, broken, found, example))
    if table.snapshot is None:
        return Stored(int(found[rule_queries.ROWS]), coverage_pct=rule_queries.coverage_pct(found))
    staged = engine.unbound(table, _STAGE)
    passes = staged.aggregate(passes=staged[table.snapshot].nunique())
    return Stored(int(found[rule_queries.ROWS]), int(session.run(sql(passes))[0][0]))


def counts_of_stage(engine: Engine, table: Table, window: Window | None) -> Pattern:
    """How many rows of a stage break each rule; compiled once, under one name for every stage."""
    rows = engine.unbound(table, _STAGE).op()
    shape = patterns.Shape(_rule_counts(table, window is not None), (("rows", rows),))
    return Pattern(shape, patterns.ends(table, window))


def enforced_rules(table: Table, window: Window | AnyWindow | None) -> list[Rule]:
    """The rules that what is stored has to keep, and that it lies within the window."""
    rules = [rule for rule in table.rules if rule.enforced]
    if window is None:
        return rules
    inside = Rule(
        "rows_are_within_the_window",
        f"{table.partition} lies in {window}.",
        lambda rows: within(rows, table, window),
    )
    return [*rules, inside]


@cache
def _rule_counts(table: Table, is_cut: bool) -> Callable[[ir.Table], ir.Table]:
    def counted(rows: ir.Table) -> ir.Table:
        window = AnyWindow() if is_cut else None
        return rule_queries.counts(rows, table, enforced_rules(table, window))

    return counted
