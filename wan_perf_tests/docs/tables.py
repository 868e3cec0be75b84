"""The reference of tables and columns, from their declarations."""

from wan_perf.schema.columns import COLUMNS, Column
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import old_names
from wan_perf.warehouse.old_names import OldNames
from wan_perf_tests.docs.markdown import code, codes, page, table

GROUPS = {
    "raw": "Raw: as received",
    "dimensions": "Dimensions",
    "facts": "Facts",
    "events": "Events",
    "rollups": "Rollups",
    "reports": "Reports",
    "overviews": "Views for BI tools",
}


def tables_page() -> str:
    """Every table and view: what a row is, its key, how it is replaced, its columns."""
    about = (
        "Timestamps are naive UTC; an hour is named by its start; unknown is NULL. What a column "
        "means is the same in every table: see [columns](columns.md)."
    )
    assert {t.group for t in TABLES.values()} == set(GROUPS)
    return page("Tables", about, *(_group(group, title) for group, title in GROUPS.items()))


def columns_page() -> str:
    """Every column once, in the order of their names."""
    about = (
        "Names are `<quantity>_<statistic>_<unit>`; the statistic is dropped where there is only "
        "one. [Tables](tables.md) has which table has which columns."
    )
    rows = [
        (code(c.name), c.type.replace("_", " "), c.unit, _meaning(c))
        for c in sorted(COLUMNS.values(), key=lambda column: column.name)
    ]
    return page("Columns", about, table(("column", "type", "unit", "meaning"), rows))


def _meaning(column: Column) -> str:
    values = f" One of {codes(column.one_of)}." if column.one_of else ""
    return f"{column.meaning.rstrip('.')}.{values}".replace("<", "&lt;")


def _group(group: str, title: str) -> str:
    found = [_section(t) for t in TABLES.values() if t.group == group]
    return "\n\n".join((f"## {title}", *found))


def _section(declared: Table) -> str:
    days = declared.retention_days
    facts = [
        f"- Key: {codes(declared.key)}",
        f"- {_replaced(declared)}",
        *([f"- Retention: {days} days, unless the policy states another"] if days else []),
        f"- Columns: {codes(declared.columns)}",
        *(f"- {_changes(view)}" for view in old_names.declared() if view.shown is declared),
    ]
    return f"### {declared.name}\n\n{declared.grain}\n\n" + "\n".join(facts)


def _changes(view: OldNames) -> str:
    return f"For queries with old names, the view {code(view.name)}: {view.grain}"


def _replaced(declared: Table) -> str:
    if isinstance(declared, View):
        return f"View of {codes(declared.sources)}: computed for each reader"
    if declared.snapshot:
        return f"Replaced poll by poll, by `{declared.snapshot}`"
    if declared.by_key:
        return "Replaced row by row, by its key"
    if declared.partition:
        return f"Replaced by partitions of `{declared.partition}`"
    return "Replaced as a whole"
