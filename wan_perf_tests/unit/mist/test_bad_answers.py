"""Everything that Mist can answer wrongly to each call of each raw table, without a run.

That a run stores nothing of it and repairs it next time: `proofs/graph/test_bad_answers.py`.
"""

import re
from collections.abc import Iterator

import pandas as pd
import pytest

from wan_perf_tests.support.graph.cells import (
    ALARMS,
    BUCKETS,
    ENDPOINTS_OF,
    EVENTS,
    LASTING,
    OF_PASS,
    QUALITY,
    SETTING,
    STREAMS,
    TESTS,
    TREND,
    USAGE,
    Outcome,
    outcomes,
    tables_of,
)
from wan_perf_tests.support.mist.requesting import (
    Answered,
    Requester,
    changed,
    requests_to_two_stores,
)

OF_PORTS = {BUCKETS: ("400", "401", "403"), QUALITY: ("401", "403")}
"""Calls of each port; the refusals of them by which another port would fare no better."""
RATES = ["variable_down_mbps", "variable_up_mbps", "tested_down_mbps", "tested_up_mbps"]


def cells(*assets: str) -> list[object]:
    """The cases of some assets: by default those of one endpoint of each.

    Refusals and broken answers are met below the endpoints, in one place for all of them.
    """
    return [
        pytest.param(
            asset, path, how, times, outcome,
            id=f"{asset}-{path[7:]}-{how}-{times}",
            marks=[] if path == ENDPOINTS_OF[asset][-1] else [pytest.mark.proof],
        )
        for asset in assets
        for path in ENDPOINTS_OF[asset]
        for (how, times), outcome in outcomes(asset, path).items()
    ]  # fmt: skip


@pytest.fixture(scope="module")
def requester(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Requester]:
    with requests_to_two_stores(tmp_path_factory.mktemp("bad")) as requester:
        yield requester


def check_words(found: Answered, outcome: Outcome, token: str) -> None:
    """A sentence where one is due, none else, and never the token."""
    says = [pattern for pattern in (outcome.says, outcome.also) if pattern]
    assert len(found.sentences) == len(says), found.sentences
    assert all(any(re.search(s, x) for x in found.sentences) for s in says), found.sentences
    for sentence in found.sentences:
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert token not in sentence


@pytest.mark.parametrize(
    ("asset", "path", "how", "times", "outcome"),
    cells("raw_inventory", "raw_port_sample", "raw_gateway_event", "raw_site_sle", "raw_alarm"),
)
def test_what_becomes_of_a_bad_answer(
    requester: Requester, asset: str, path: str, how: str, times: int, outcome: Outcome
):
    undisturbed = requester.undisturbed(asset)
    requester.answer_badly(path, how, times)
    found = requester.call(asset)
    check_words(found, outcome, requester.cloud.token)
    assert (found.failed is not None) == (outcome.what == "refused")
    differing = changed(found, undisturbed)
    if outcome.what == "refused":
        assert found.rows == {}
    elif outcome.what == "left":
        assert (found.left, len(found.rows[asset])) == (1, 0)
    elif outcome.what == "bandwidth stays":
        assert found.left == 1
        pd.testing.assert_frame_equal(found.rows[asset][RATES], requester.before[RATES])
    elif path in (SETTING, TESTS):
        assert differing <= (set() if outcome.what == "absorbed" else {asset})
    elif outcome.what == "missed":
        # Nothing more is requested in an hour whose calls are used up.
        missed = STREAMS[STREAMS.index(path) :] if how.startswith("429") else (path,)
        assert differing == {name for one in missed for name in tables_of(asset, one)}
    elif outcome.what == "absorbed" or path not in (*OF_PASS, EVENTS, ALARMS):
        assert differing == set()
    else:
        assert differing <= tables_of(asset, path)


TABLES_OF_CAUSES = dict(
    zip(ENDPOINTS_OF["raw_sle_metric"][2:], ("raw_sle_gateway", "raw_sle_interface"), strict=True)
)


@pytest.mark.parametrize(("asset", "path", "how", "times", "outcome"), cells("raw_sle_metric"))
def test_what_becomes_of_a_bad_answer_about_causes(
    requester: Requester, asset: str, path: str, how: str, times: int, outcome: Outcome
):
    """What was received before is stored; the score is marked, so that it is requested again."""
    undisturbed = requester.undisturbed(asset)
    assert all(len(rows) for rows in undisturbed.rows.values())
    requester.answer_badly(path, how, times)
    found = requester.call(asset)
    check_words(found, outcome, requester.cloud.token)
    assert found.failed is None
    differing = changed(found, undisturbed)
    answered = found.rows[asset]["is_answered"].tolist()
    if path == USAGE:
        assert answered == ([] if outcome.what == "left" else [True])
    elif outcome.what == "left":
        assert (found.left, answered) == (1, [False])
        assert ("raw_sle_classifier" in differing) == (path == TREND)
    elif outcome.what == "absorbed":
        assert (found.left, differing) == (0, set())
    else:
        assert (found.left, answered, differing) == (0, [True], {TABLES_OF_CAUSES[path]})


@pytest.mark.parametrize(("asset", "path", "how", "times", "outcome"), cells("raw_port_history"))
def test_what_becomes_of_a_bad_answer_to_history(
    requester: Requester, asset: str, path: str, how: str, times: int, outcome: Outcome
):
    undisturbed = requester.undisturbed(asset)
    is_refused = outcome.what == "refused"
    leaves_ports = is_refused and path in OF_PORTS and how not in OF_PORTS[path]
    each = leaves_ports and times == LASTING
    # A port without probes has no buckets that could be of another hour.
    each |= (path, how) == (QUALITY, "clock an hour ahead")
    requester.answer_badly(path, how, times * len(requester.ports) if each else times)
    found = requester.call(asset)
    check_words(found, outcome, requester.cloud.token)
    if leaves_ports and (times < LASTING or how == "429"):
        assert found.left >= 1
        assert len(found.rows[asset]) == 2 * (len(requester.ports) - found.left)
    elif is_refused:
        assert (found.failed is not None, found.rows) == (True, {})
    elif outcome.what in ("without evidence", "without quality"):
        assert changed(found, undisturbed) == {asset}
    else:
        assert changed(found, undisturbed) == set()
