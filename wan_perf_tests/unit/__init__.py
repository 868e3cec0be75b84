"""Tests of one package each, without a run of the graph; the folders are those of wan_perf.

Belongs here: both tiers of a file, unless all of its tests are proofs.
Keep out: several packages together (`integration`), what tests import (`support`).
"""
