"""The two lanes of the run queue: what is due now, and everything else.

Belongs here: the tags by which a run says what it is for, and in which lane it waits.
Keep out: which runs are live (`automation`), how many a lane holds (the home's dagster.yaml).
"""

STAGE = "wan_perf/stage"
LANE = "wan_perf/lane"
REQUESTED_BY = "wan_perf/asked_by"
LIVE, HISTORY = "live", "history"
PATIENCE_S = {LIVE: 100.0, HISTORY: 600.0}
"""How long a run waits for the file of the embedded warehouse, by its lane: a live run gives way to
the next one before that is due, another waits longer than a chunk of a backfill computes. [s]"""


def lane(name: str) -> dict[str, str]:
    """Tags of a run in the lane; the live one goes first in the queue."""
    return {LANE: name, **({"dagster/priority": "10"} if name == LIVE else {})}
