"""The two lanes of the run queue: what is due now, and everything else.

Belongs here: the tags by which a run says what it is for, and in which lane it waits.
Keep out: which runs are live (`automation`), how many a lane holds (the home's dagster.yaml).
"""

STAGE = "wan_perf/stage"
LANE = "wan_perf/lane"
ASKED_BY = "wan_perf/asked_by"
LIVE, HISTORY = "live", "history"


def lane(name: str) -> dict[str, str]:
    """Tags of a run in the lane; the live one goes first in the queue."""
    return {LANE: name, **({"dagster/priority": "10"} if name == LIVE else {})}
