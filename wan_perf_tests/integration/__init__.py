"""Tests of several packages together.

Belongs here: runs of the graph, automation, commands from start to end, the documentation.
Keep out: files whose tests are all proofs (`proofs`).
"""
