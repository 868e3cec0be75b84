"""The two lanes of the run queue: what is due now, and everything else.

Belongs here: the tags by which a run says what it is for, and in which lane it waits.
Keep out: how many runs a lane holds (the home's dagster.yaml).
"""

LANE_TAG = "wan_perf/lane"
LIVE = "live"
"""Runs that take what is due now, which nobody can take later."""
HISTORY = "history"
"""All the rest: it can wait, and it can be long."""
STAGE_TAG = "wan_perf/stage"
