"""The tables' declared rules and the checks across tables as Dagster's, by the same names.

Belongs here: testing each on the stored rows of a run, with counts by partition and rows.
Keep out: the rules (`schema.tables`), the checks (`wan_perf.checks`). The store step has refused
what breaks an enforced rule; its check is the second line, for rows that came in by another way.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import dagster as dg
import ibis.expr.types as ir
import pandas as pd

from wan_perf.checks import Check
from wan_perf.defs.assets.raw import naive
from wan_perf.defs.check_log import FAILED_PARTITIONS
from wan_perf.defs.resources import PolicyFile
from wan_perf.schema.declaration import Rule, Table
from wan_perf.warehouse import Pattern, Warehouse, Window, rule_queries, sql_asset

_EXAMPLES = 20


def checks_of(table: Table, partitions: dg.PartitionsDefinition | None) -> dg.AssetChecksDefinition:
    """One check a rule of the table, over the slice that the run wrote."""
    rules = (rule_queries.unique(table), *table.rules)
    specs = [
        dg.AssetCheckSpec(
            name=rule.name,
            asset=table.name,
            description=rule.meaning,
            blocking=rule.enforced,
            partitions_def=partitions,
        )
        for rule in rules
    ]

    @dg.multi_asset_check(specs=specs, name=f"{table.name}_rules")
    def rules_hold(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.AssetCheckResult]:
        window = Window(*naive(context.partition_time_window)) if partitions else None
        rows = warehouse.lazy(table, window)
        found = warehouse.query(rule_counts(table)(rows=rows)).iloc[0]
        for rule in rules:
            yield _result(warehouse, rows, table, rule, int(found[rule.name]), partitions)

    return rules_hold


def check_of(check: Check, partitions: dg.PartitionsDefinition | None) -> dg.AssetChecksDefinition:
    """Dagster's check of the check's table, over the slice that the run wrote."""
    spec = dg.AssetCheckSpec(
        name=check.name,
        asset=check.of.name,
        description=check.meaning,
        additional_deps=[table.name for table in check.beside],
        partitions_def=partitions,
    )

    @dg.multi_asset_check(specs=[spec], name=f"{check.of.name}_{check.name}")
    def checked(
        context: dg.AssetCheckExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        policy: dg.ResourceParam[PolicyFile],
    ) -> dg.AssetCheckResult:
        window = Window(*naive(context.partition_time_window)) if partitions else None
        beside = Window(window.start, window.end + check.ahead) if window else None
        tables = {table.name: warehouse.lazy(table, beside) for table in check.beside}
        tables[check.of.name] = warehouse.lazy(check.of, window)
        offending = check.offending(tables, policy.read())
        found = warehouse.query(offending.aggregate(rows=offending.count()))
        by = "hour" if "hour" in offending.columns else None
        broken = int(found.iloc[0]["rows"])
        metadata = _metadata(
            warehouse, lambda: offending.order_by(*check.order(offending)), broken, by, partitions
        )
        return dg.AssetCheckResult(
            passed=broken == 0, severity=dg.AssetCheckSeverity.WARN, metadata=metadata
        )

    return checked


@cache
def rule_counts(table: Table) -> Callable[..., Pattern]:
    """The function of a table's rows that counts those that break each of its rules."""

    def counted(rows: ir.Table) -> ir.Table:
        return rule_queries.counts(rows, table, table.rules)

    return sql_asset(counted)


def _result(
    warehouse: Warehouse,
    rows: ir.Table,
    table: Table,
    rule: Rule,
    broken: int,
    partitions: dg.PartitionsDefinition | None,
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=table.name,
        check_name=rule.name,
        passed=broken == 0,
        severity=dg.AssetCheckSeverity.ERROR if rule.enforced else dg.AssetCheckSeverity.WARN,
        metadata=_metadata(
            warehouse,
            lambda: rule_queries.offenders(rows, table, rule),
            broken,
            table.partition,
            partitions,
        ),
    )


def _metadata(
    warehouse: Warehouse,
    offenders: Callable[[], ir.Table],
    broken: int,
    partition: str | None,
    partitions: dg.PartitionsDefinition | None,
) -> dict[str, dg.MetadataValue]:
    """How many rows, how many in each partition, which partitions, and the first of the rows."""
    metadata: dict[str, dg.MetadataValue] = {"rows_broken": dg.MetadataValue.int(broken)}
    if not broken:
        return metadata
    offending = offenders()
    if partition is not None:
        by = offending.group_by(partition).aggregate(rows=offending.count())
        counts = warehouse.query(by.order_by(partition))
        metadata["rows_by_partition"] = dg.MetadataValue.md(counts.to_markdown(index=False))
        if isinstance(partitions, dg.TimeWindowPartitionsDefinition):
            keys = {_key(partitions, at) for at in counts[partition]}
            metadata[FAILED_PARTITIONS] = dg.MetadataValue.json(sorted(keys))
    examples = warehouse.query(offending.limit(_EXAMPLES))
    metadata["examples"] = dg.MetadataValue.md(examples.to_markdown(index=False))
    return metadata


def _key(partitions: dg.TimeWindowPartitionsDefinition, at: Any) -> str:
    """The partition that an instant or a day lies in."""
    return partitions.get_partition_key_for_timestamp(
        pd.Timestamp(at).tz_localize("UTC").timestamp()
    )
