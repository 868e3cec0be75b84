"""What tests and benchmarks import: references, rows, simulated estates, stand-ins, processes.

Belongs here: modules without tests, by stage.
Keep out: fixtures that only one folder uses (its `conftest.py`).
"""
