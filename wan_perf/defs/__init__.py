"""The Dagster graph and nothing else: which asset is fed by which, in which partitions.

Belongs here: everything that imports dagster.
Keep out: what a number means (`kpi`), how Mist is asked (`mist`), how rows are stored (`warehouse`).
"""
