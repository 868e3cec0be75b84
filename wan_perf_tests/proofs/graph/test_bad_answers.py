"""What a run of the graph stores of bad answers to inventory, polls, events and scores.

One answer of each kind of outcome for each endpoint: what becomes of every bad answer, and in which
words, is shown without runs by `unit/mist/test_bad_answers.py`.
"""

from collections.abc import Iterator

import pandas as pd
import pytest

from wan_perf.mist.client.errors import MistTransientError
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    RAW_GATEWAY_EVENT,
    RAW_INVENTORY,
    RAW_PORT_SAMPLE,
    TABLES,
)
from wan_perf.simulator.misbehaviour import ANOTHER_ORG, WAYS
from wan_perf_tests.support.graph.ailing import NOW, Ward, admitted, check_words
from wan_perf_tests.support.graph.cells import (
    ALARMS,
    ENDPOINTS_OF,
    EVENTS,
    GATEWAYS,
    LASTING,
    OF_PASS,
    OF_SITES,
    PATHS,
    PORTS,
    SETTING,
    SITES,
    TABLES_OF_PASS,
    TESTS,
    Outcome,
    of_each_kind,
    outcomes,
    tables_of,
)
from wan_perf_tests.support.graph.staged import HOUR

pytestmark = pytest.mark.proof

ASSETS = ("raw_inventory", "raw_port_sample", "raw_gateway_event", "raw_site_sle", "raw_alarm")
CELLS = [
    pytest.param(asset, path, how, times, outcome, id=f"{asset}-{path[7:]}-{how}-{times}")
    for asset in ASSETS
    for path, how, times, outcome in of_each_kind(asset)
]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with admitted(tmp_path_factory.mktemp("ward")) as ward:
        yield ward


def rates(ward: Ward) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What sites say of their bandwidth in the snapshot before the newest, and in that one."""
    rows = ward.rows(RAW_INVENTORY)
    names = ["variable_down_mbps", "variable_up_mbps", "tested_down_mbps", "tested_up_mbps"]
    assert rows[names].notna().any().all()
    before, newest = sorted(rows["taken_at"].unique())[-2:]
    of_each = [rows[rows["taken_at"] == at] for at in (before, newest)]
    first, second = (of[["port_id", *names]].reset_index(drop=True) for of in of_each)
    return first, second


@pytest.mark.parametrize(("asset", "path", "how", "times", "outcome"), CELLS)
def test_what_becomes_of_a_bad_answer(
    ward: Ward, asset: str, path: str, how: str, times: int, outcome: Outcome
):
    undisturbed = ward.undisturbed(asset)
    ward.reset()
    ward.strike(path, how, times)
    ran = ward.run(asset)
    check_words(ran, outcome, ward.cloud.token)
    assert (ran.failed is not None) == (outcome.what == "refused")
    after = ward.state()
    changed = {name for name in after if after[name] != undisturbed[name]}
    if outcome.what in ("refused", "left"):
        assert after == ward.first
    elif outcome.what == "bandwidth stays":
        assert ran.metadata["sites_left"] == 1
        assert changed <= {asset}
        pd.testing.assert_frame_equal(*rates(ward))
    elif path in (SETTING, TESTS):
        assert changed <= (set() if outcome.what == "absorbed" else {asset})
    elif outcome.what == "missed":
        assert tables_of(asset, path) <= changed
        assert changed <= {table.name for table in TABLES_OF_PASS}
    elif outcome.what == "absorbed" or path not in (*OF_PASS, EVENTS, ALARMS):
        assert changed == set()
    else:
        assert changed <= tables_of(asset, path)


@pytest.mark.parametrize("asset", ASSETS)
def test_the_next_run_repairs_whatever_was_refused_before(ward: Ward, asset: str):
    undisturbed = ward.undisturbed(asset)
    ward.reset()
    # What sites did not report is requested again a day later: see the tests of site requests.
    needed = [p for p in ENDPOINTS_OF[asset] if asset != "raw_inventory" or p not in OF_SITES]
    ways = ("403", "half JSON", "nulls", "empty page")
    for nth in range(max(len(needed), len(ways))):  # each endpoint, and each way
        path, how = needed[nth % len(needed)], ways[nth % len(ways)]
        ward.strike(path, how, 1)
        ran = ward.run(asset)
        assert outcomes(asset, path)[how, 1].what == "absorbed" or ran.failed or ran.warnings
    assert ward.run(asset).failed is None
    assert ward.state() == undisturbed


def without_stream(whole: pd.DataFrame, path: str) -> pd.DataFrame:
    """What is left of a table of the poll where one stream of it was missing."""
    lost = whole["pass_at"] == NOW
    if path == PORTS:  # without those of devices nobody says when those of ports are of
        lost &= whole["counter_source"] == "port"
    assert lost.any()
    return whole[~lost].reset_index(drop=True)


def rows_of_pass(ward: Ward) -> dict[str, pd.DataFrame]:
    """The stored rows of each table that a poll fills."""
    return {table.name: ward.rows(table) for table in TABLES_OF_PASS}


@pytest.fixture(scope="module")
def whole(ward: Ward) -> dict[str, pd.DataFrame]:
    """The stored rows after a poll to which everything was answered well."""
    ward.reset()
    assert ward.run("raw_port_sample").failed is None
    return rows_of_pass(ward)


@pytest.mark.parametrize("path", OF_PASS)
def test_a_stream_that_was_missed_is_all_that_is_missing(
    ward: Ward, whole: dict[str, pd.DataFrame], path: str
):
    ward.reset()
    ward.strike(path, "503", LASTING)
    ran = ward.run("raw_port_sample")
    assert len(ran.warnings) == (2 if path == GATEWAYS else 1)
    for name, rows in rows_of_pass(ward).items():
        is_filled = name in tables_of("raw_port_sample", path)
        expected = without_stream(whole[name], path) if is_filled else whole[name]
        of_gateways = [c for c in ("uptime_seconds",) if path == GATEWAYS and c in expected]
        pd.testing.assert_frame_equal(
            rows.drop(columns=of_gateways), expected.drop(columns=of_gateways)
        )


@pytest.mark.parametrize(
    ("path", "how"),
    [
        *((path, how) for path in OF_PASS for how in ("null row", "row of another org")),
        *((path, "clock an hour ahead") for path in (GATEWAYS, PATHS)),
    ],
)
def test_rejected_rows_are_all_that_is_missing(
    ward: Ward, whole: dict[str, pd.DataFrame], path: str, how: str
):
    ward.reset()
    before = rows_of_pass(ward)
    ward.strike(path, how, 1)
    assert ward.run("raw_port_sample").warnings
    found = rows_of_pass(ward)
    for name in tables_of("raw_port_sample", path):
        expected = without_stream(whole[name], path) if "clock" in how else whole[name]
        of_rejected = ["uptime_seconds"] if path == GATEWAYS and "clock" in how else []
        pd.testing.assert_frame_equal(
            found[name].drop(columns=of_rejected), expected.drop(columns=of_rejected)
        )
        assert len(found[name]) > len(before[name]) or "clock" in how
        assert ANOTHER_ORG not in found[name].to_csv()


def hour_before(ward: Ward) -> pd.DataFrame:
    rows = ward.rows(CIRCUIT_HOUR)
    return rows[rows["hour"] == NOW - HOUR].reset_index(drop=True)


@pytest.mark.parametrize("how", ["clock an hour ahead", "clock a day behind"])
def test_a_poll_with_a_wrong_clock_harms_no_figure(ward: Ward, how: str):
    """The hour before knows as much as if the poll had been missed, and nothing else."""
    ward.reset()
    without = hour_before(ward)
    ward.strike(GATEWAYS, how, 1)
    ward.strike(PORTS, how, 1)
    ward.strike(PATHS, how, 1)
    assert ward.run("raw_port_sample").failed is None
    assert ward.run("circuit_hour", hours=(NOW - HOUR, NOW - HOUR)).failed is None
    pd.testing.assert_frame_equal(hour_before(ward), without)


def test_the_same_poll_with_the_right_clock_covers_the_rest_of_the_hour(ward: Ward):
    """So the test before this one can fail."""
    ward.reset()
    without = hour_before(ward)
    assert ward.run("raw_port_sample").failed is None
    assert ward.run("circuit_hour", hours=(NOW - HOUR, NOW - HOUR)).failed is None
    assert hour_before(ward)["observed_minutes"].sum() > without["observed_minutes"].sum()


def test_events_that_are_stored_outlive_an_answer_with_a_wrong_clock(ward: Ward):
    ward.reset()
    stored = ward.rows(RAW_GATEWAY_EVENT)
    assert len(stored) > 0
    ward.strike(EVENTS, "clock a day behind", 1)
    ward.run("raw_gateway_event")
    pd.testing.assert_frame_equal(ward.rows(RAW_GATEWAY_EVENT), stored)


def test_a_failed_run_writes_its_sentence_and_neither_token_nor_address_of_it(ward: Ward):
    ward.reset()
    ward.strike(SITES, "401", 1)
    ran = ward.run("raw_inventory")
    assert "Mist refused the token" in ran.written
    assert ward.cloud.token not in ran.written
    assert "Authorization" not in ran.written


def test_a_run_that_nobody_waits_for_is_tried_again_when_the_cloud_says(ward: Ward):
    """The cloud requests a wait of 2 s, and the run waits; the calls before it were no use."""
    undisturbed = ward.undisturbed("raw_inventory")
    ward.reset()
    ward.strike(SITES, "429", LASTING)
    assert ward.run("raw_inventory", is_awaited=False).failed is None
    assert ward.state() == undisturbed


def test_a_person_at_a_terminal_has_the_sentence_at_once(ward: Ward):
    ward.reset()
    ward.strike(SITES, "503", LASTING)
    calls_before = ward.cloud.calls()[SITES]
    with pytest.raises(MistTransientError, match="Mist failed"):
        ward.stage.runs.collect(None, None, inventory=True)
    assert ward.cloud.calls()[SITES] - calls_before == LASTING
    # The inventory stays as it was, and the poll is taken all the same.
    assert ward.state()["raw_inventory"] == ward.first["raw_inventory"]
    assert (ward.rows(RAW_PORT_SAMPLE)["pass_at"] == NOW).any()


def test_the_command_line_reports_what_was_rejected(ward: Ward):
    ward.reset()
    ward.strike(SITES, "null row", 1)
    ward.strike(GATEWAYS, "unknown field", 1)
    ward.cloud.misbehave(GATEWAYS, "row of another org")
    ward.stage.runs.collect(None, None, inventory=True)
    printed = ward.stage.printed.getvalue()
    assert "1 row of sites rejected: every value in them is null." in printed
    assert "1 row of stats/devices rejected: they belong to another organization." in printed
    assert ward.cloud.token not in printed


def test_the_command_line_reports_whose_bandwidth_stays(ward: Ward):
    ward.reset()
    ward.strike(TESTS, "503", LASTING)
    ward.stage.runs.collect(None, None, inventory=True)
    printed = ward.stage.printed.getvalue()
    assert "Bandwidth of 1 site stays as it was: Mist failed (synthetic_test/" in printed


def test_every_way_is_in_the_table():
    assert {
        how for asset in ASSETS for p in ENDPOINTS_OF[asset] for how, _ in outcomes(asset, p)
    } == set(WAYS)
    assert set(ENDPOINTS_OF) <= set(TABLES)
