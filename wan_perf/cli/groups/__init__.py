"""The commands, a module a group; importing this package declares all of them.

Belongs here: which modules there are.
Keep out: what a command does (the modules of `wan_perf.cli`).
"""

from wan_perf.cli.groups import answers, collection, operations, reference, trial
from wan_perf.cli.groups.root import commands

__all__ = ["answers", "collection", "commands", "operations", "reference", "trial"]
