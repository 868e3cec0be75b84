"""What a run of the graph stores of bad answers to the history of past hours.

One answer of each kind of outcome for each endpoint: what becomes of every bad answer, and in which
words, is shown without runs by `unit/mist/test_bad_answers.py`.
"""

from collections.abc import Iterator

import pandas as pd
import pytest

from wan_perf.schema.tables import RAW_PORT_HISTORY
from wan_perf_tests.support.graph.ailing import HOURS, Ward, admitted, check_words
from wan_perf_tests.support.graph.cells import (
    BUCKETS,
    ENDPOINTS_OF,
    LASTING,
    QUALITY,
    Outcome,
    of_each_kind,
)

pytestmark = pytest.mark.proof

ASSET = "raw_port_history"
CELLS = [
    pytest.param(path, how, times, outcome, id=f"{path[7:]}-{how}-{times}")
    for path, how, times, outcome in of_each_kind(ASSET)
]
STOPS_ALL = {BUCKETS: ("400", "401", "403"), QUALITY: ("401", "403")}
"""Refusals of the token, or of what is requested for each: another port would fare no better."""
OF_QUALITY = ["latency_ms_mean", "jitter_ms_mean", "loss_pct_mean", "quality_minutes"]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with admitted(tmp_path_factory.mktemp("history")) as ward:
        yield ward


@pytest.mark.parametrize(("path", "how", "times", "outcome"), CELLS)
def test_what_becomes_of_a_bad_answer(
    ward: Ward, path: str, how: str, times: int, outcome: Outcome
):
    undisturbed = ward.undisturbed(ASSET)
    ward.reset()
    is_refused = outcome.what == "refused"
    leaves_ports = is_refused and path in STOPS_ALL and how not in STOPS_ALL[path]
    ports = ward.rows(RAW_PORT_HISTORY)[["gateway_mac", "port_id"]].drop_duplicates()
    each = leaves_ports and times == LASTING
    # A port without probes has no buckets that could be of another hour.
    each |= (path, how) == (QUALITY, "clock an hour ahead")
    ward.strike(path, how, times * len(ports) if each else times)
    ran = ward.run(ASSET)
    check_words(ran, outcome, ward.cloud.token)
    after = ward.state()
    if leaves_ports and (times < LASTING or how == "429"):
        assert ran.metadata["ports_left"] >= 1
    elif outcome.what == "refused":
        assert (ran.failed is not None, after) == (True, ward.first)
    elif outcome.what in ("without evidence", "without quality"):
        assert {name for name in after if after[name] != undisturbed[name]} == {ASSET}
    else:
        assert after == undisturbed


@pytest.mark.parametrize(("path", "how"), [(BUCKETS, "404"), (QUALITY, "clock a day behind")])
def test_a_port_that_was_left_is_requested_by_the_next_run(ward: Ward, path: str, how: str):
    undisturbed = ward.undisturbed(ASSET)
    ward.reset()
    ward.strike(path, how, 1)
    ran = ward.run(ASSET)
    assert (ran.metadata["ports_left"], ran.failed) == (1, None)
    stored = ward.state()[ASSET][0]
    assert stored < undisturbed[ASSET][0]
    assert ward.run(ASSET).metadata["ports_left"] == 0
    assert ward.state() == undisturbed


def test_the_next_run_repairs_whatever_was_refused_before(ward: Ward):
    undisturbed = ward.undisturbed(ASSET)
    ward.reset()
    for nth, path in enumerate(ENDPOINTS_OF[ASSET]):
        ward.strike(path, ("401", "403")[nth % 2], 1)
        assert ward.run(ASSET).failed is not None
    assert ward.run(ASSET).failed is None
    assert ward.state() == undisturbed


@pytest.fixture(scope="module")
def whole(ward: Ward) -> pd.DataFrame:
    """The stored history after a run to which everything was answered well."""
    ward.reset()
    assert ward.run(ASSET).failed is None
    return ward.rows(RAW_PORT_HISTORY)


@pytest.mark.parametrize("how", ["clock an hour ahead", "clock a day behind"])
def test_without_evidence_of_a_state_the_rates_stand(ward: Ward, whole: pd.DataFrame, how: str):
    """Statistics of gateway ports carry no instant: that of their gateways is theirs."""
    evidence = ["up_through_from", "seen_at"]
    ward.reset()
    ward.strike("/api/v1/orgs/{org_id}/stats/devices", how, 1)
    ward.run(ASSET)
    found = ward.rows(RAW_PORT_HISTORY)
    pd.testing.assert_frame_equal(found.drop(columns=evidence), whole.drop(columns=evidence))
    requested = whole["hour"] == HOURS[ASSET][0]
    assert whole[requested]["seen_at"].notna().any()
    assert not found[requested]["seen_at"].notna().any()


@pytest.mark.parametrize("how", ["400", "404"])
def test_a_port_without_quality_keeps_its_rates_and_is_not_requested_again(
    ward: Ward, whole: pd.DataFrame, how: str
):
    assert (whole["quality_minutes"] > 0).any()
    ward.reset()
    ward.strike(QUALITY, how, 1)
    ran = ward.run(ASSET)
    assert (ran.metadata["ports_left"], ran.metadata["ports_without_quality"]) == (0, 1)
    found = ward.rows(RAW_PORT_HISTORY)
    pd.testing.assert_frame_equal(found.drop(columns=OF_QUALITY), whole.drop(columns=OF_QUALITY))
    without = found[found["quality_minutes"].isna()]
    assert len(without[["gateway_mac", "port_id"]].drop_duplicates()) == 1
    assert without[OF_QUALITY].isna().all(axis=None)
    calls_before = ward.cloud.calls()[QUALITY]
    ward.run(ASSET)
    assert ward.cloud.calls()[QUALITY] == calls_before
