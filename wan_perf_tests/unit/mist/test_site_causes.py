"""Causes of low scores: rows of an answer, and odd values in it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from wan_perf.mist.client.errors import MistAnswerError
from wan_perf.mist.endpoints.instants import epoch
from wan_perf.mist.endpoints.site_causes import (
    SiteScoreHour,
    causes,
    impacted_gateways,
    impacted_interfaces,
)
from wan_perf_tests.support.mist.scripted import Answer, ScriptedCloud

Script = Callable[..., ScriptedCloud]
HOUR = timedelta(hours=1)
ELEVEN = datetime.fromisoformat("2026-03-01T11:00")
NOW = ELEVEN + HOUR
AT_11 = int(epoch(ELEVEN))
OF = SiteScoreHour(ELEVEN, "s1", "wan_link_health")
KEY = {"hour": ELEVEN, "site_id": "s1", "sle_metric": "wan_link_health"}


def samples(degraded: Any, total: Any) -> dict[str, Any]:
    return {"degraded": degraded, "total": total, "duration": degraded, "value": [0.5]}


def trend(*classifiers: Any, score: Any = None, **fields: Any) -> dict[str, Any]:
    """An answer about 11:00: two links of which one was bad for half an hour."""
    named = {
        "name": "wan-link-health",
        "interval": 3600,
        "x_label": "seconds",
        "y_label": "minutes",
    }
    whole = named | {"samples": samples([30], [120])} | (score or {})
    return {
        "start": AT_11,
        "end": AT_11 + 3600,
        "sle": whole,
        "classifiers": list(classifiers),
    } | fields


def classifier(name: Any, degraded: Any = (30,), total: Any = (120,), **fields: Any) -> dict:
    given = {"samples": samples(list(degraded), list(total))} | fields
    return {"name": name, "interval": 3600, "x_label": "seconds", "y_label": "minutes"} | given


def test_a_score_and_its_classifiers_are_rows(scripted: Script) -> None:
    cloud = scripted(Answer(trend(classifier("network-loss"), classifier("never-seen", [0]))))
    metric, found = causes(cloud.session(), OF)
    assert metric == KEY | {"degraded_minutes": 30, "total_minutes": 120}
    assert found == [
        KEY | {"classifier": "network-loss", "degraded_minutes": 30, "total_minutes": 120},
        KEY | {"classifier": "never-seen", "degraded_minutes": 0, "total_minutes": 120},
    ]
    assert cloud.requested == [
        "/api/v1/sites/s1/sle/site/s1/metric/wan-link-health/summary-trend"
        f"?start={AT_11}&end={AT_11 + 3600}"
    ]


@pytest.mark.parametrize(
    ("answer", "degraded", "total", "odd"),
    [
        pytest.param(classifier("a", [None]), None, 120, 0, id="null is unknown, not 0"),
        pytest.param(classifier("a", []), None, 120, 0, id="a list that is too short"),
        pytest.param(classifier("a", [30, 99], [120]), 30, 120, 0, id="a list that is too long"),
        pytest.param(classifier("a", samples=None), None, None, 0, id="null samples"),
        pytest.param({"name": "a"}, None, None, 0, id="only its name"),
        pytest.param(classifier("a", samples={"total": [120]}), None, 120, 0, id="a list absent"),
        pytest.param(classifier("a", ["30"]), None, 120, 1, id="text for a number"),
        pytest.param(classifier("a", [-1]), None, 120, 1, id="negative"),
        pytest.param(classifier("a", samples="none"), None, None, 1, id="text for samples"),
        pytest.param(
            classifier("a", [10, 20] * 3, [20] * 6, interval=600), 90, 120, 0, id="10 min"
        ),
        pytest.param(
            classifier("a", [10, None] * 3, [20] * 6, interval=600), None, 120, 0,
            id="10 min, some unknown",
        ),
    ],
)  # fmt: skip
def test_an_odd_value_costs_itself(
    scripted: Script, answer: Any, degraded: float | None, total: float | None, odd: int
) -> None:
    session = scripted(Answer(trend(answer, classifier("b")))).session()
    _, (row, other) = causes(session, OF)
    assert (row["degraded_minutes"], row["total_minutes"]) == (degraded, total)
    assert (other["classifier"], other["degraded_minutes"]) == ("b", 30)
    assert session.rejections.odd_count == odd


def test_a_classifier_without_a_name_is_rejected_and_reported(scripted: Script) -> None:
    session = scripted(Answer(trend(classifier(None), classifier("b")))).session()
    _, rows = causes(session, OF)
    assert [row["classifier"] for row in rows] == ["b"]
    [sentence] = session.rejections.sentences
    assert sentence.startswith("1 row of sle/summary-trend rejected, as the key cannot be read")


def test_more_odd_classifiers_than_5_percent_refuse_the_answer(scripted: Script) -> None:
    """Up to three of any number are trusted, as of every answer."""
    odd = [classifier(f"c{n}", ["30"]) for n in range(4)]
    good = [classifier(f"g{n}") for n in range(6)]
    assert len(causes(scripted(Answer(trend(*odd[:3], *good))).session(), OF)[1]) == 9
    with pytest.raises(MistAnswerError, match="has not the known shape"):
        causes(scripted(Answer(trend(*odd, *good))).session(), OF)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param(
            {"start": AT_11 + 3600, "end": AT_11 + 7200}, "other hours", id="an hour late"
        ),
        pytest.param({"start": AT_11 - 3600, "end": AT_11}, "other hours", id="an hour early"),
        pytest.param({"score": {"interval": 86_400}}, "do not divide an hour", id="days"),
        pytest.param({"sle": None}, "known shape", id="no score"),
        pytest.param({"classifiers": None}, "known shape", id="no classifiers"),
    ],
)
def test_an_answer_about_something_else_is_refused(
    scripted: Script, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(MistAnswerError, match=sentence):
        causes(scripted(Answer(trend(classifier("a"), **fields))).session(), OF)


def test_buckets_before_the_hour_are_not_the_hours(scripted: Script) -> None:
    """Mist's window may begin earlier: at 9:20, in the bucket of 9:00."""
    early = {"start": AT_11 - 6000, "score": {"samples": samples([1, 2, 30], [120] * 3)}}
    metric, (row,) = causes(
        scripted(Answer(trend(classifier("a", [5, 6, 7], [120] * 3), **early))).session(), OF
    )
    assert (metric["degraded_minutes"], row["degraded_minutes"]) == (30, 7)


def test_impacted_gateways_are_rows_and_only_their_mac_is_needed(scripted: Script) -> None:
    whole = {
        "gateway_mac": "5c5b35000001",
        "name": "gw <1>",
        "gateway_model": "SRX320",
        "gateway_version": "23.4R2",
        "degraded": 30.5,
        "duration": 60,
        "total": 120,
    }
    rows = [whole, {"gateway_mac": "5c5b35000002", "total": "120"}, {"name": "of no MAC"}]
    session = scripted(Answer({"gateways": rows, "total_count": 5})).session()
    first, second = impacted_gateways(session, OF)
    assert first == KEY | {
        "gateway_mac": "5c5b35000001",
        "gateway_name": "gw <1>",
        "gateway_model": "SRX320",
        "degraded_minutes": 30.5,
        "impact_minutes": 60,
        "total_minutes": 120,
    }
    known = {name for name, value in second.items() if value is not None}
    assert known == {*KEY, "gateway_mac"}
    assert len(session.rejections.sentences) == 2


@pytest.mark.parametrize("device", ["switch", "gateway"])
def test_a_port_is_named_by_its_gateway_in_either_spelling(scripted: Script, device: str) -> None:
    row = {
        "interface_name": "ge-0/0/0.0",
        f"{device}_mac": "5c5b35000001",
        f"{device}_name": "gw-1",
        "degraded": 30,
        "duration": 60,
        "total": 60,
    }
    session = scripted(Answer({"interfaces": [row, {"interface_name": "ge-0/0/1"}]})).session()
    [found] = impacted_interfaces(session, OF)
    assert found == KEY | {
        "gateway_mac": "5c5b35000001",
        "gateway_name": "gw-1",
        "port_id": "ge-0/0/0",
        "degraded_minutes": 30,
        "impact_minutes": 60,
        "total_minutes": 60,
    }
    [sentence] = session.rejections.sentences
    assert "1 row of sle/impacted-interfaces rejected: they do not name their gateway" in sentence
