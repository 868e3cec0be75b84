"""Tests of `wan_perf`; the folders mirror the package."""
