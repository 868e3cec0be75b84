"""Which alarms are rows of an hour, what they say, and how far a request reaches back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pandas as pd
import pytest

from wan_perf.mist.client.errors import MistTransientError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints.alarms import Known, alarm_rows, alarms
from wan_perf.mist.endpoints.instants import epoch
from wan_perf.mist.endpoints.records.alarms import Alarm
from wan_perf.schema.tables import RAW_ALARM
from wan_perf.simulator import Fleet, serve
from wan_perf.simulator.api.alarms import alarms as planted_alarms
from wan_perf.simulator.api.alarms import as_known
from wan_perf.simulator.incidents import KINDS
from wan_perf_tests.support.mist.scripted import START, Answer, ScriptedCloud

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime.fromisoformat("2026-03-01T12:00:30")
SINCE = datetime.fromisoformat("2026-03-01T08:00:30")
RETENTION = 14 * DAY
AT_9 = 1772355600  # 2026-03-01 09:00:00 UTC
KNOWN = {
    "id": "a1",
    "site_id": "s1",
    "type": "gateway_down",
    "group": "infrastructure",
    "severity": "critical",
    "timestamp": AT_9,
    "last_seen": AT_9 + 60,
    "count": 3,
    "gateways": ["aa0000000001"],
    "hostnames": ["store-17"],
    "acked": False,
    "status": "open",
}


def rows(*given: dict[str, Any]) -> list[dict[str, Any]]:
    received = [msgspec.convert({**KNOWN, **alarm}, Alarm) for alarm in given]
    return alarm_rows(received, NOW, SINCE).to_dict("records")


def test_a_row_says_what_mist_reported() -> None:
    [row] = rows({})
    assert {name: value for name, value in row.items() if pd.notna(value)} == {
        "hour": datetime.fromisoformat("2026-03-01T12:00"),
        "alarm_id": "a1",
        "site_id": "s1",
        "gateway_mac": "aa0000000001",
        "device_names": "store-17",
        "alarm_type": "gateway_down",
        "alarm_group": "infrastructure",
        "alarm_severity": "critical",
        "raised_at": datetime.fromisoformat("2026-03-01T09:00"),
        "last_seen_at": datetime.fromisoformat("2026-03-01T09:01"),
        "is_resolved": False,
        "is_acknowledged": False,
        "incident_count": 3,
        "fetched_at": NOW,
    }
    assert list(row) == list(RAW_ALARM.columns)


def test_what_mist_leaves_out_is_unknown() -> None:
    bare = msgspec.convert({"id": "a1", "timestamp": AT_9, "type": "x"}, Alarm)
    [row] = alarm_rows([bare], NOW, SINCE).to_dict("records")
    known = {name for name, value in row.items() if pd.notna(value)}
    assert known == {"hour", "alarm_id", "raised_at", "alarm_type", "fetched_at"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [("open", False), ("resolved", True), ("muted", None), (None, None)],
)
def test_only_a_known_word_is_a_state(word: str | None, expected: bool | None) -> None:
    [row] = rows({"status": word})
    assert (None if pd.isna(row["is_resolved"]) else row["is_resolved"]) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("warn", "warning"), ("info", "info"), ("critical", "critical"), ("fatal", "fatal")],
)
def test_the_severity_is_mists(word: str, expected: str) -> None:
    assert [row["alarm_severity"] for row in rows({"severity": word})] == [expected]


def test_an_alarm_of_several_gateways_names_the_devices_and_no_gateway() -> None:
    [row] = rows({"gateways": ["m1", "m2"], "hostnames": ["one", "two"]})
    assert (row["gateway_mac"], row["device_names"]) == (None, "one, two")


@pytest.mark.parametrize(
    ("change", "is_row"),
    [
        pytest.param({"status": "open"}, True, id="open for long"),
        pytest.param({"status": None}, True, id="nobody says whether it is open"),
        pytest.param({}, False, id="resolved before"),
        pytest.param({"resolved_time": epoch(SINCE)}, True, id="resolved since"),
        pytest.param({"last_seen": epoch(SINCE) + 1}, True, id="repeated since"),
        pytest.param({"timestamp": epoch(SINCE)}, True, id="raised since"),
    ],
)
def test_an_alarm_is_a_row_while_it_is_open_and_when_it_changed(
    change: dict[str, Any], is_row: bool
) -> None:
    long_ago = epoch(SINCE) - 3600
    times = {"timestamp": long_ago, "last_seen": long_ago + 1, "resolved_time": long_ago + 2}
    assert len(rows({**times, "status": "resolved", **change})) == is_row


@pytest.mark.parametrize(
    ("raised_at", "last_seen_at", "is_accepted"),
    [
        pytest.param(NOW - HOUR, NOW - HOUR, True, id="within the last day"),
        pytest.param(NOW - 2 * DAY, NOW - HOUR, True, id="raised before and repeated"),
        pytest.param(NOW - 2 * DAY, NOW - 2 * DAY, False, id="of another day"),
        pytest.param(NOW + HOUR, NOW + HOUR, False, id="of the future"),
    ],
)
def test_alarms_of_other_hours_than_were_requested_are_refused(
    scripted: Callable[..., ScriptedCloud],
    raised_at: datetime,
    last_seen_at: datetime,
    is_accepted: bool,
) -> None:
    times = {"timestamp": epoch(raised_at), "last_seen": epoch(last_seen_at)}
    session = scripted(Answer({"total": 1, "results": [{**KNOWN, **times}]})).session()
    if is_accepted:
        assert len(alarms(session, NOW, Known(), RETENTION)) == 1
    else:
        with pytest.raises(MistTransientError, match="of other hours than were requested"):
            alarms(session, NOW, Known(), RETENTION)


def test_an_alarm_that_comes_twice_is_one_row() -> None:
    assert [row["incident_count"] for row in rows({"count": 1}, {"count": 2})] == [2]


@pytest.mark.parametrize(
    ("known", "start", "since"),
    [
        pytest.param(Known(), NOW - DAY, NOW - DAY, id="the first request"),
        pytest.param(
            Known(NOW - HOUR), NOW - DAY, NOW - 4 * HOUR, id="late ones of the hours before too"
        ),
        pytest.param(
            Known(NOW - 2 * DAY), NOW - 2 * DAY - 3 * HOUR, NOW - 2 * DAY - 3 * HOUR,
            id="all since the last one",
        ),
        pytest.param(
            Known(NOW - HOUR, NOW - 5 * DAY), NOW - 5 * DAY, NOW - 4 * HOUR,
            id="back to the oldest open one",
        ),
        pytest.param(
            Known(NOW - HOUR, NOW - 99 * DAY), NOW - RETENTION, NOW - 4 * HOUR,
            id="not beyond the retention",
        ),
    ],
)  # fmt: skip
def test_a_request_reaches_back_to_what_may_have_changed(
    known: Known, start: datetime, since: datetime
) -> None:
    assert known.reach(NOW, RETENTION) == (start, since)


def test_hourly_requests_of_a_fleet_find_every_alarm_and_its_end() -> None:
    """The newest row of each planted alarm is how it stands at the last request."""
    fleet = Fleet.whole(3, 8, START, START + DAY, KINDS - {"api_outage"})
    planted = {alarm["id"]: alarm for alarm in planted_alarms(fleet)}
    newest: dict[str, Any] = {}
    with serve(fleet, now=START, hourly_limit=1_000_000) as cloud:
        session = MistSession(
            host="api.mist.com", org_id=cloud.org_id, token=cloud.token, base_url=cloud.url
        )
        known = Known()
        for nth in range(25):
            now = START + nth * HOUR
            cloud.clock.advance_to(now)
            found = alarms(session, now, known, RETENTION)
            newest |= {row.alarm_id: row for row in found.itertuples()}
            is_open = ~found["is_resolved"].fillna(False).astype(bool)
            oldest = found["raised_at"][is_open].min()
            known = Known(now, None if pd.isna(oldest) else oldest)
    at = epoch(START + DAY)
    expected = {
        name: as_known(alarm, at) for name, alarm in planted.items() if alarm["timestamp"] <= at
    }
    assert newest.keys() == expected.keys()
    assert len(expected) > 5
    for name, alarm in expected.items():
        assert newest[name].is_resolved == (alarm["status"] == "resolved")
        assert epoch(newest[name].raised_at) == pytest.approx(alarm["timestamp"], abs=1e-5)
