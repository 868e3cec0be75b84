"""The fixtures of `support.overviews.fixtures`."""

from wan_perf_tests.support.overviews.fixtures import both

__all__ = ["both"]
