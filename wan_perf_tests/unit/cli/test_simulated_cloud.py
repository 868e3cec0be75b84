"""A cloud in a process of its own: the same answers, and it ends with whoever started it."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta

import pytest
import requests

from wan_perf.cli.simulated_cloud import Served, served_apart
from wan_perf.mist.collect.clock import SimulatorClock
from wan_perf.simulator import Fleet, serve

START = datetime.fromisoformat("2026-03-08")
FLEET = Fleet.seeded(seed=11, sites=2, start=START, end=START + timedelta(days=2), faults=False)
ENDS_WITHIN_S = 20
CALLER = """
import time
from datetime import datetime, timedelta
from urllib.request import urlopen
from wan_perf.cli.simulated_cloud import served_apart
from wan_perf.simulator import Fleet
start = datetime.fromisoformat("2026-03-08")
if __name__ == "__main__":
    fleet = Fleet.seeded(seed=11, sites=1, start=start, end=start + timedelta(days=1))
    with served_apart(fleet, start) as cloud:
        try:
            print(cloud.url, flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            time.sleep(1)  # a cloud that is interrupted too is gone by then
            with urlopen(cloud.url + "/simulator/clock", timeout=10) as answer:
                print(answer.status, flush=True)
            time.sleep(60)
"""


def sites(cloud: Served) -> list[object]:
    answer = requests.get(
        f"{cloud.url}/api/v1/orgs/{cloud.org_id}/sites",
        headers={"Authorization": f"Token {cloud.token}"},
        timeout=10,
    )
    found: list[object] = answer.json()
    return found


def is_served(url: str) -> bool:
    try:
        return requests.get(f"{url}/simulator/clock", timeout=10).ok
    except requests.ConnectionError:
        return False


def ends(url: str) -> bool:
    """Whether the cloud is gone in time."""
    deadline = time.monotonic() + ENDS_WITHIN_S
    while is_served(url) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not is_served(url)


def test_it_answers_as_one_in_this_process_and_ends_with_the_context():
    with served_apart(FLEET, START) as apart, serve(FLEET, now=START) as here:
        assert len(sites(apart)) == 2
        assert sites(apart) == sites(Served(here.url, here.token, here.org_id))
        clock = SimulatorClock(apart.url)
        assert clock.now() == START
        clock.wait(90)
        assert clock.now() == START + timedelta(seconds=90)
    assert not is_served(apart.url)


@pytest.mark.skipif(sys.platform == "win32", reason="the signals of a POSIX shell")
def test_ctrl_c_ends_the_caller_first_and_a_killed_caller_leaves_no_cloud(tmp_path):
    file = tmp_path / "caller.py"
    file.write_text(CALLER, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(file)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # What a shell runs in its background ignores it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as caller:
        assert caller.stdout is not None
        url = caller.stdout.readline().strip()
        os.killpg(caller.pid, signal.SIGINT)  # as a terminal does, to all of its processes
        assert caller.stdout.readline() == "200\n"
        caller.kill()
        caller.stdout.close()
    assert ends(url)
