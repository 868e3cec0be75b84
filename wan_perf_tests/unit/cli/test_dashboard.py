"""The dashboard that another command serves beside its own work."""

import urllib.request
from pathlib import Path

from wan_perf.cli.dashboard import beside
from wan_perf.settings import read_settings


def test_a_second_dashboard_is_served_on_another_port(tmp_path: Path):
    """The usual one is in use by the first, or by whoever had it before."""
    settings = read_settings(WAN_PERF_HOME=str(tmp_path))
    with beside(settings) as first, beside(settings) as second:
        assert first != second
        for address in (first, second):
            with urllib.request.urlopen(address, timeout=30) as page:  # noqa: S310 - loopback
                assert page.status == 200
