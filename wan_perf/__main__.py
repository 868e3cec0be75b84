"""python -m wan_perf: the command line."""

from wan_perf.cli import main

main()
