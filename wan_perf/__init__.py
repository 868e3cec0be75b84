"""wan_perf: how a retailer's WAN circuits perform, measured from the Juniper Mist Cloud."""

import gc

# Definitions and SQL are millions of objects that stay: to search them for garbage at Python's own
# rate takes a quarter of the start of every command and every run.
gc.set_threshold(10_000, 20, 20)
