"""The published copy: what people look at, as Parquet files in the home.

Belongs here: writing it after a run, its manifest, reading it.
Keep out: what a table means (`schema.tables`), when a run publishes (`defs`), what is shown
(`web`).

Readers never open the warehouse: DuckDB allows one read-write process or many readers, never both.
A publication writes files under new names and replaces the manifest last, so that a reader sees the
old state or the new one, never a mixture, and nobody waits for anybody.
"""
