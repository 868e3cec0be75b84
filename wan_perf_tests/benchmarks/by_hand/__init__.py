"""What a user would write instead: DuckDB's SQL, polars and pandas by hand, beside wan_perf.

The hand-written versions are vectorized, read only the columns that they need, and are what an
engineer has after an afternoon. They leave out, and wan_perf computes:

- Hours: contracts and member ports that change (each version of a dimension counts as in force),
  circuits of several ports, rates that differ by direction, counter sources (one is assumed),
  outliers and boots (a counter that went back is a reset, its new value the difference),
  differences that no line could carry, a port that is down while a difference crosses the edge of
  the hour, stale samples and repeated instants, `last_flapped`, evidence windows (an event counts
  for the 20 minutes that a sample counts, not for 24 hours), telemetry gaps, failures of the
  provider and of peer paths, disabled ports, standby, use, flaps, loss, jitter, latency, history,
  imports, levels of regions and store types, and rows of circuits that sent nothing.
- Windows and days: levels that change or differ by region, 95th percentiles of windows, percentiles
  and maxima of samples, failovers, bounds of availability, rates that differ by direction, days
  that are not over, and sums that are the same in any order of the rows.

None of them checks, stores or replaces anything. A plain scan of the input of hours includes the
peer paths, which only wan_perf reads.
"""
