"""Tests of `wan_perf.mist`."""
