"""How often each stream is polled: the one table that clock and polls follow.

Belongs here: the cadence, what is due at a poll, how far a live run reaches back.
Keep out: how anything is requested (`polls`), Mist's retention.

The figures follow from the cost of a call and the loss by a missed one. Device statistics have
every WAN counter and cost a call per thousand gateways; port statistics add rates and cost a call
per thousand ports, LAN ports included; paths cost one per thousand ends of a path. Mist stores
events and scores, so they can be requested later as well.
"""

from datetime import datetime, timedelta
from typing import Literal

from wan_perf.mist.endpoints.instants import EPOCH

Stream = Literal["devices", "paths", "ports", "events", "scores", "alarms"]

EVERY: dict[Stream, timedelta] = {
    "devices": timedelta(minutes=5),
    "paths": timedelta(minutes=10),
    "ports": timedelta(minutes=30),
    "events": timedelta(minutes=10),
    "scores": timedelta(minutes=60),
    "alarms": timedelta(minutes=60),
}
PASS_EVERY = min(EVERY.values())
ALLOWED_LATENESS = timedelta(hours=3)
"""After the end of its hour: until then an event may still arrive and a score still change."""
_HOUR = timedelta(hours=1)


def is_due(stream: Stream, pass_at: datetime) -> bool:
    """Whether a poll requests this: its instant is a multiple of the stream's cadence."""
    return not (pass_at - EPOCH) % EVERY[stream]


def reach_back(pass_at: datetime) -> timedelta:
    """How far before its own hour a live run begins.

    The hour before is recomputed each time: its end is known only now. The first poll of an hour
    requests every hour that may still change; doing so at each poll would cost the events of four
    hours every ten minutes.
    """
    return _HOUR + ALLOWED_LATENESS if is_due("scores", pass_at) else _HOUR
