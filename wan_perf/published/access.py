"""How other programs read the copy: tables.sql and README, written with each manifest."""

from pathlib import Path

from wan_perf.published.manifest import Manifest, replace_file
from wan_perf.published.relations import statements

SQL = "tables.sql"
README = "README"


def write_texts(folder: Path, manifest: Manifest) -> None:
    """Replace both texts; the state that they describe is about to be the present one."""
    views = ";\n".join(statements(folder, manifest))
    head = f"-- The published copy as of {manifest.published_at} UTC, for DuckDB.\n"
    replace_file(folder / SQL, f"{head}{views};\n")
