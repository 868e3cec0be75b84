"""What the system costs, measured: `python -m wan_perf_tests.benchmarks --help`."""
