"""The documentation: its reference is generated from the code, the rest is checked against it.

Belongs here: the generator (`python -m wan_perf_tests.docs`) and the tests of README and docs.
Keep out: prose, which is written in the pages themselves.
"""
