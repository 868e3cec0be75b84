"""A full cycle as a process: its output, its samples, and the dashboard's links over its home."""

from collections import deque
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from wan_perf.published.reader import open_published
from wan_perf.web import build_app
from wan_perf.web.questions.listings import LISTINGS
from wan_perf_tests.support.shell import SECRET, Ended, Shell, containing_the_secret
from wan_perf_tests.support.web.reading import read


class Cycle(NamedTuple):
    """How a full cycle ended, and the samples before and after it."""

    ended: Ended
    before: int
    after: int


@pytest.fixture(scope="module")
def cycle(shell: Shell) -> Cycle:
    """A full cycle of the pass that is due, as a process; after it there are days and months."""
    before = shell.counts()["raw_port_sample"]
    ended = shell.process("full-cycle")
    return Cycle(ended, before, shell.counts()["raw_port_sample"])


@pytest.mark.proof
def test_a_process_answers_as_the_entry_point_does(shell: Shell, cycle: Cycle):
    assert (
        shell.process("--help").stdout.splitlines()[1:]
        == shell.run("--help").stdout.splitlines()[1:]
    )
    assert (cycle.ended.returncode, cycle.ended.stderr) == (0, ""), cycle.ended.stdout
    assert "1 pass in" in cycle.ended.stdout


@pytest.mark.proof
def test_without_a_range_the_one_pass_that_is_due_is_taken_once(shell: Shell, cycle: Cycle):
    assert cycle.before <= cycle.after
    again = shell.run("collect")
    assert again.returncode == 0, again.stderr
    assert "1 pass in" in again.stdout
    assert shell.counts()["raw_port_sample"] == cycle.after


@pytest.mark.proof
def test_a_full_cycle_prints_the_answers(shell: Shell, cycle: Cycle):
    ranked = shell.run("top", "flap_count", "--period", "month")
    assert (ranked.returncode, "month of" in ranked.stdout) == (0, True), ranked.stderr
    assert ", as of 20" in ranked.stdout
    assert ", as of 20" in cycle.ended.stdout
    for question in (
        *("1. Which", "4. How long", "congested", "flap", "available", "above a threshold"),
        *("lasted longest", "chronically", "circuit-days", "circuit-weeks", "circuit-months"),
    ):
        assert question in cycle.ended.stdout


def kinds_of(address: str) -> set[str]:
    """Its page, which list or table that shows, and each of its parameters."""
    parts = urlsplit(address)
    page, *named = parts.path.strip("/").split("/")
    if "hour" in named:
        page = "hour"
    shown = named[:1] if page in ("grid", "why") else []
    return {"/".join((page, *shown)), *(f"{page}?{name}" for name in parse_qs(parts.query))}


@pytest.mark.proof
@pytest.mark.usefixtures("cycle")
def test_every_link_of_the_dashboard_leads_to_a_page(shell: Shell):
    """Over what commands computed and published, from the first page on.

    Of the thousands of addresses those that show a page, a list or a parameter for the first time.
    """
    dashboard = build_app(lambda: open_published(shell.home / "published"))
    client = TestClient(dashboard, base_url="http://localhost")
    first = ["/", "/overview", "/sle", "/regions", "/grid/hours"]
    seen, waiting, read_of = set(first), deque(first), set[str]()
    while waiting:
        address = waiting.popleft()
        kinds = kinds_of(address)
        if kinds <= read_of:
            continue
        read_of |= kinds
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.text[-600:])
        if "html" not in answer.headers["content-type"]:
            continue
        for link in read(answer.text).all("a"):
            target = link.attributes.get("href", "")
            if target.startswith("/") and target not in seen:
                seen.add(target)
                waiting.append(target)
    pages = {"", "site", "circuit", "hour", "region", "overview", "overview.pdf", "regions", "sle"}
    lists = {f"grid/{name}{ending}" for name in LISTINGS for ending in ("", ".csv", ".xlsx")}
    assert read_of >= pages | lists | {"why/circuit_hour", "why/circuit_day", "grid?sort"}


@pytest.mark.proof
def test_no_secret_is_in_the_output_or_a_file_of_a_full_cycle(shell: Shell, cycle: Cycle):
    assert SECRET not in cycle.ended.stdout + cycle.ended.stderr
    assert containing_the_secret(shell.home) == []
