"""The Dagster graph and nothing else: which asset is fed by which, in which partitions.

Belongs here: everything that imports dagster.
Keep out: what a number means (`kpi`), requests to Mist (`mist`), how rows are stored (`warehouse`).
"""

import warnings

import dagster as dg

# Backfill policies, mappings over missing partitions and partitioned checks are marked beta or
# preview in dagster 1.13; the pin on its minor version is what guards against their changing.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
