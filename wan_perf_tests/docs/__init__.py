"""The reference of the documentation, generated from the code: `python -m wan_perf_tests.docs`.

Belongs here: a module for each generated page.
Keep out: tests of README and docs (`integration/docs`); prose, which is written in the pages.
"""
