"""How often each kind of statistics is asked for: the one table that clock and passes follow.

Belongs here: the cadence, what is due at a pass, how far a live run reaches back.
Keep out: how anything is asked (`collecting`), how long Mist keeps it.

The figures follow from what a call costs and what a missed one loses. Device statistics carry every
WAN counter and cost a call per thousand gateways; port statistics add rates and cost a call per
thousand ports, LAN ports included; paths cost one per thousand ends of a path. Events and scores
are kept by the cloud and can be had later as well.
"""

from datetime import datetime, timedelta
from typing import Literal

from wan_perf.mist.instants import EPOCH

Stream = Literal["devices", "paths", "ports", "events", "scores"]

EVERY: dict[Stream, timedelta] = {
    "devices": timedelta(minutes=5),
    "paths": timedelta(minutes=10),
    "ports": timedelta(minutes=30),
    "events": timedelta(minutes=10),
    "scores": timedelta(minutes=60),
}
PASS_EVERY = min(EVERY.values())
HEARD_LATE = timedelta(hours=3)
"""So long after its hour is over an event may still arrive, and a score still change."""
_HOUR = timedelta(hours=1)


def is_due(stream: Stream, pass_at: datetime) -> bool:
    """Whether a pass asks for this: its instant is a multiple of the stream's cadence."""
    return not (pass_at - EPOCH) % EVERY[stream]


def reach_back(pass_at: datetime) -> timedelta:
    """How far before its own hour a live run begins.

    The hour before is run again each time: its end is known only now. With the first pass of an
    hour every hour is heard again that may still change; doing so each time would cost the events
    of four hours every ten minutes.
    """
    return _HOUR + HEARD_LATE if is_due("scores", pass_at) else _HOUR
