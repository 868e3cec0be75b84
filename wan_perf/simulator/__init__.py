"""A Mist Cloud on loopback: a server with a seeded fleet, planted faults and a known truth.

Belongs here: fleet (who is there), physics (what happens at an instant), faults (what is planted),
truth (what happened), api (the JSON of Mist's endpoints), server (HTTP and the clock).
Keep out: anything of the rest of wan_perf; the system under test must not check itself.
"""

from wan_perf.simulator.application import Cloud
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.server import DEFAULT_TOKEN, serve

__all__ = ["DEFAULT_TOKEN", "Cloud", "Fleet", "serve"]
