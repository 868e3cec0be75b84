"""Calendar periods of circuits, sites and regions, and trading days: sums, ratios, percentiles."""
