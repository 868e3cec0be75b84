"""The tables' declared rules as Dagster checks: the same predicates, by the same names.

Belongs here: asking the stored rows of a run about every rule, with counts by partition.
Keep out: the rules (`tables`). The store step has refused what breaks an enforced rule; these
checks are the second line, for rows that came into a table by another way.
"""

from collections.abc import Iterator

import dagster as dg
import ibis.expr.types as ir

from wan_perf.declaration import Rule, Table
from wan_perf.defs.raw import naive
from wan_perf.warehouse import Warehouse, Window, checking

_EXAMPLES = 20


def checks_of(table: Table, partitions: dg.PartitionsDefinition | None) -> dg.AssetChecksDefinition:
    """One check a rule of the table, over the slice that the run wrote."""
    rules = (checking.unique(table), *table.rules)
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
        found = warehouse.query(checking.counts(rows, table, table.rules)).iloc[0]
        for rule in rules:
            yield _result(warehouse, rows, table, rule, int(found[rule.name]))

    return rules_hold


def _result(
    warehouse: Warehouse, rows: ir.Table, table: Table, rule: Rule, broken: int
) -> dg.AssetCheckResult:
    metadata: dict[str, dg.MetadataValue] = {"rows_broken": dg.MetadataValue.int(broken)}
    if broken:
        offending = checking.offenders(rows, table, rule)
        if table.partition is not None:
            by = offending.group_by(table.partition).aggregate(rows=offending.count())
            metadata["rows_by_partition"] = dg.MetadataValue.md(
                warehouse.query(by.order_by(table.partition)).to_markdown(index=False)
            )
        examples = warehouse.query(offending.limit(_EXAMPLES))
        metadata["examples"] = dg.MetadataValue.md(examples.to_markdown(index=False))
    return dg.AssetCheckResult(
        asset_key=table.name,
        check_name=rule.name,
        passed=broken == 0,
        severity=dg.AssetCheckSeverity.ERROR if rule.enforced else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )
