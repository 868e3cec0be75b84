"""How other programs read the copy: tables.sql and README, written with each manifest.

Belongs here: both texts.
Keep out: the SQL of a table (`relations`).
"""

from pathlib import Path

from wan_perf.published.manifest import FORMAT, MANIFEST, Manifest, replace_file
from wan_perf.published.relations import PUBLISHED, statements
from wan_perf.published.running import RUNNING

SQL = "tables.sql"
README = "README"


def write_texts(folder: Path, manifest: Manifest) -> None:
    """Replace both texts; the state that they describe is about to be the present one."""
    head = f"-- wan_perf, published {manifest.published_at:%Y-%m-%d %H:%M:%S} UTC; for DuckDB 2.\n"
    views = ";\n".join(statements(folder, manifest))
    replace_file(folder / SQL, f"{head}{views};\n")
    if not (folder / README).exists() or (folder / README).read_text(encoding="utf-8") != _TEXT:
        replace_file(folder / README, _TEXT)


def _retention_lines() -> str:
    limited = [table for table in PUBLISHED.values() if table.published_days is not None]
    return "\n".join(f"  {table.name}: the newest {table.published_days} days" for table in limited)


_TEXT = f"""\
The published copy of wan_perf's warehouse
==========================================

Parquet files for dashboards, BI tools and notebooks. Reading them delays no run, and no run delays
a reader. wan_perf replaces the copy after each run; never write into this folder.

  {MANIFEST}   the present state (format {FORMAT}): which files each table consists of
  {SQL}      the same as CREATE VIEW statements of DuckDB, with the declared views
  {RUNNING}/        a file for each run that is going on
  <table>/        Parquet files (zstd), by hour, day or month; a file is never modified

One state is consistent. Read {MANIFEST} or {SQL} again to see the next one. A file that left the
manifest is removed 15 minutes later; do not read <table>/*.parquet, which mixes states.
Instants are UTC. What each column means: wan-perf dictionary. Not all days of every table are here:

{_retention_lines()}

DuckDB, on the command line (tables and views by their names):

  duckdb -init {SQL}
  SELECT site_name, circuit_id, severity, messages FROM active_alert;

Python with pandas:

  import duckdb, pathlib
  copy = duckdb.connect()
  copy.execute(pathlib.Path("{SQL}").read_text(encoding="utf-8"))
  days = copy.execute("SELECT * FROM circuit_day WHERE day >= DATE '2026-03-01'").df()

Python with wan_perf installed:

  from wan_perf.published.reader import open_published  # values as ? and a list of parameters
  open_published(pathlib.Path("published")).query("SELECT * FROM current_state LIMIT 5")

Grafana and BI tools (Power BI, Tableau, Superset): connect through their DuckDB driver to an
in-memory database and give the content of {SQL} as the statements to run at the start of a session,
with a session no longer than the time between two refreshes. Without a DuckDB driver, load the
Parquet files that {MANIFEST} names, without the days that an entry lists as superseded (another
file has them), or have wan-perf export write a table on a schedule.
"""  # noqa: S608 - no query
