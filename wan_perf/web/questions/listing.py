"""What a list is, and rows of a table with the names of its circuits and sites.

Belongs here: the kind of the lists, names as of now beside ids.
Keep out: which lists there are (`listings`).
"""

from dataclasses import dataclass

from wan_perf.schema.tables import TABLES


@dataclass(frozen=True)
class Listing:
    """A list. `sql` has two parameters, start and end, where it `is_ranged`.

    `key` makes the order of equal rows certain; `why` is the table that explains its figures.
    """

    name: str
    title: str
    about: str
    sql: str
    columns: tuple[str, ...]
    shown: tuple[str, ...]
    key: tuple[str, ...]
    sort: str
    why: str | None = None
    is_ranged: bool = False


_NAMES = """(SELECT d.circuit_id, d.wan_name, d.provider, d.medium, d.role, s.site_name, s.region
  FROM @dim_circuit d LEFT JOIN @dim_site s ON d.site_id = s.site_id AND s.valid_to IS NULL
  WHERE d.valid_to IS NULL)"""
_NAMED = ("site_name", "region", "wan_name", "provider", "medium", "role")
SITES = "(SELECT site_id, site_name, region, store_type FROM @dim_site WHERE valid_to IS NULL)"


def columns_of(table: str) -> tuple[str, ...]:
    """Columns of a declared table."""
    return TABLES[table].columns


def with_names(table: str, where: str = "") -> str:
    """Rows of a table that knows only ids of circuits, with their names as of now."""
    new = ", ".join(f"c.{name}" for name in _NAMED if name not in columns_of(table))
    joined = f"@{table} t LEFT JOIN {_NAMES} c ON t.circuit_id = c.circuit_id"
    return f"SELECT t.*, {new} FROM {joined}{where}"


def all_with_names(table: str) -> tuple[str, ...]:
    """Columns of `with_names`."""
    return (*columns_of(table), *(name for name in _NAMED if name not in columns_of(table)))
