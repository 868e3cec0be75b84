"""Policy files: levels, overrides, dates, and what is refused with which sentence."""

from datetime import datetime, time
from pathlib import Path

import pytest

from wan_perf.errors import UsageError
from wan_perf.policy.thresholds import Policy, read_policy

WEST = """
[[override]]
metric = "utilization_pct"
region = "West"
warning = 75
high = 85
critical = 95
from = 2026-03-01
"""


def policy(tmp_path: Path, text: str) -> Policy:
    file = tmp_path / "policy.toml"
    file.write_text(text, encoding="utf-8")
    return read_policy(file)


def levels(rows: list[dict], **wanted: object) -> list[tuple]:
    return [
        (row["severity"], row["level"], row["valid_from"].year, row["valid_to"])
        for row in rows
        if all(row[name] == value for name, value in wanted.items())
    ]


def test_without_a_file_the_levels_are_70_80_90():
    found = levels(read_policy(None).rows(), metric="utilization_pct")
    assert found == [
        ("warning", 70, 1970, None), ("high", 80, 1970, None), ("critical", 90, 1970, None)
    ]  # fmt: skip


def test_defaults_of_loss_jitter_and_latency():
    rows = read_policy(None).rows()
    assert [row["level"] for row in rows if row["metric"] == "loss_pct"] == [0.1, 0.5, 1]
    assert [row["level"] for row in rows if row["metric"] == "jitter_ms"] == [10, 30, 50]
    assert [row["level"] for row in rows if row["metric"] == "latency_ms"] == [50, 100, 150]


def test_an_override_stands_beside_the_default(tmp_path):
    rows = policy(tmp_path, WEST).rows()
    assert levels(rows, scope="region", scope_name="West", severity="high") == [
        ("high", 85, 2026, None)
    ]
    assert levels(rows, scope="default", metric="utilization_pct", severity="high") == [
        ("high", 80, 1970, None)
    ]


def test_a_later_override_of_one_scope_ends_the_earlier(tmp_path):
    later = WEST.replace("75", "76").replace("2026-03-01", "2026-06-01")
    found = levels(policy(tmp_path, WEST + later).rows(), scope="region", severity="warning")
    assert found == [
        ("warning", 75, 2026, datetime(2026, 6, 1)),
        ("warning", 76, 2026, None),
    ]


def test_an_override_of_nobody_changes_the_default_from_its_date(tmp_path):
    everywhere = WEST.replace('region = "West"\n', "")
    found = levels(
        policy(tmp_path, everywhere).rows(),
        scope="default", metric="utilization_pct", severity="critical",
    )  # fmt: skip
    assert found == [("critical", 90, 1970, datetime(2026, 3, 1)), ("critical", 95, 2026, None)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "[thresholds.utilisation_pct]\nwarning = 1\nhigh = 2\ncritical = 3",
            "thresholds.utilisation_pct: unknown key",
            id="unknown metric",
        ),
        pytest.param(
            "[thresholds.utilization_pct]\nwarning = 70\nhigh = 80\ncritical = 90\nfatal = 99",
            "thresholds.utilization_pct.fatal: unknown key",
            id="unknown severity",
        ),
        pytest.param(
            "[thresholds.utilization_pct]\nhigh = 60",
            "thresholds.utilization_pct.warning: this key is missing; "
            "needed are warning, high, critical",
            id="one level of three",
        ),
        pytest.param(
            '[[trading_hours]]\nregion = "East"',
            "trading_hours.0.region: unknown key; there are opens, closes, since",
            id="trading hours of a region",
        ),
        pytest.param(
            "[thresholds.utilization_pct]\nwarning = 80\nhigh = 80\ncritical = 90",
            "levels must rise, warning 80 < high 80 < critical 90 does not",
            id="levels that do not rise",
        ),
        pytest.param(
            WEST.replace("75", "99"), "levels must rise", id="an override that does not rise"
        ),
        pytest.param(
            WEST.replace("utilization_pct", "speed"),
            "metric speed is unknown",
            id="override of no metric",
        ),
        pytest.param(
            WEST + 'store_type = "Express"',
            "one of region, store_type, site, circuit at a time",
            id="two scopes at once",
        ),
        pytest.param(
            WEST.replace("region", "county"), "override.0.county: unknown key", id="unknown scope"
        ),
        pytest.param("[thresholds", "is not TOML", id="no TOML"),
        pytest.param(
            WEST.replace("75", "true"), "true is not a level", id="a level that is a flag"
        ),
        pytest.param(
            WEST.replace("95", "inf"), "inf is not a level", id="a level that nothing reaches"
        ),
        pytest.param(
            WEST.replace("warning = 75\nhigh = 85\ncritical = 95\n", ""),
            "no level; give one or more of",
            id="an override without a level",
        ),
        pytest.param(WEST.replace("West", " "), "region is empty", id="an empty scope"),
        pytest.param(
            WEST.replace('region = "West"\n', "").replace("from = 2026-03-01\n", ""),
            "names neither region, store_type, site, circuit nor from",
            id="neither scope nor date",
        ),
        pytest.param(
            WEST + WEST,
            "two overrides of utilization_pct for region West from 2026-03-01 00:00 UTC",
            id="twice the same scope and date",
        ),
        pytest.param(
            WEST
            + WEST.replace("West", " WEST ").replace("2026-03-01", "2026-03-01T01:00:00+01:00"),
            "two overrides of utilization_pct for region",
            id="the same in other letters and zone",
        ),
        pytest.param(
            WEST.replace("warning = 75\nhigh = 85\ncritical = 95\n", "high = 92\n"),
            "warning 70 < high 92 < critical 90 does not, for utilization_pct for region",
            id="a level that does not rise with the default",
        ),
        pytest.param(
            WEST.replace("2026-03-01", "20260301"),
            "override.0.from: 20260301 is not an instant",
            id="a date without its dashes",
        ),
        pytest.param(
            WEST.replace("2026-03-01", "07:32:00"),
            "override.0.from: 07:32:00 is not an instant",
            id="a time where a date is due",
        ),
        pytest.param(
            "[trading_hours]\nopens = 25",
            "trading_hours.0.opens: 25 is not a time of day",
            id="hour 25",
        ),
        pytest.param(
            "[trading_hours]\nopens = 8.3", "8.3 is not a time of day", id="a fraction of an hour"
        ),
        pytest.param(
            '[trading_hours]\nopens = "08:00Z"',
            "08:00Z is not a time of day",
            id="a time with a zone",
        ),
        pytest.param(
            "[trading_hours]\nopens = 2026-03-01T08:00:00Z",
            "is not a time of day",
            id="an instant where a time is due",
        ),
        pytest.param(
            "[trading_hours]\nopens = 08:00:00\ncloses = 08:20:00",
            "are less than an hour apart",
            id="a store that trades for minutes",
        ),
        pytest.param(
            "[[trading_hours]]\nopens = 8\n[[trading_hours]]\nopens = 9",
            "trading_hours: two entries without from",
            id="trading hours twice",
        ),
        pytest.param(
            "[trading_hours]\nfrom = 2026-03-01T00:00:00Z",
            "hold from a local trading day",
            id="trading hours from an instant",
        ),
        pytest.param(
            "[chronic]\nbad_days = 21",
            "bad_days 21 is more than of_days 20",
            id="more bad days than days",
        ),
        pytest.param("top_places = 0", "top_places", id="no places"),
        pytest.param(
            '[thresholds.loss_pct]\nwarning = "low"\nhigh = 2\ncritical = 3',
            "thresholds.loss_pct.warning",
            id="a level that is no number",
        ),
    ],
)
def test_a_file_that_cannot_hold_is_refused_by_one_sentence(tmp_path, text, message):
    with pytest.raises(UsageError) as caught:
        policy(tmp_path, text)
    sentence = str(caught.value)
    assert message in sentence
    assert str(tmp_path / "policy.toml") in sentence
    assert "\n" not in sentence.strip() or "TOML" in message


def test_a_missing_file_names_the_setting(tmp_path):
    with pytest.raises(UsageError, match="WAN_PERF_POLICY"):
        read_policy(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param("opens = 8\ncloses = 21", (time(8), time(21)), id="hours as numbers"),
        pytest.param("opens = 8.0\ncloses = 24", (time(8), time(0)), id="24 is midnight"),
        pytest.param('opens = "8:30"\ncloses = "24:00"', (time(8, 30), time(0)), id="as text"),
        pytest.param("opens = 22:00:00\ncloses = 02:00:00", (time(22), time(2)), id="as TOML"),
        pytest.param("", (time(8), time(21)), id="left out"),
    ],
)
def test_times_of_day_are_taken_as_they_are_meant(tmp_path, hours, expected):
    [trading] = policy(tmp_path, f"[trading_hours]\n{hours}").trading_hours
    assert (trading.opens, trading.closes) == expected


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        pytest.param("2026-03-01", datetime(2026, 3, 1), id="a date"),
        pytest.param("2026-03-01T00:00:00Z", datetime(2026, 3, 1), id="UTC"),
        pytest.param("2026-03-01T00:00:00-05:00", datetime(2026, 3, 1, 5), id="another zone"),
        pytest.param("2026-03-01 06:00:00", datetime(2026, 3, 1, 6), id="no zone is UTC"),
        pytest.param('"2026-03-01T01:00+01:00"', datetime(2026, 3, 1), id="text"),
    ],
)
def test_an_override_holds_from_its_instant_in_utc(tmp_path, since, expected):
    rows = policy(tmp_path, WEST.replace("2026-03-01", since)).rows()
    assert {row["valid_from"] for row in rows if row["scope"] == "region"} == {expected}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path, encoding):
    (tmp_path / "policy.toml").write_text(WEST.replace("West", "Süd"), encoding=encoding)
    assert read_policy(tmp_path / "policy.toml").override[0].region == "Süd"


def test_an_override_may_restate_one_level(tmp_path):
    """The others are not its own: those of the next wider scope hold."""
    only_high = WEST.replace("warning = 75\nhigh = 85\ncritical = 95\n", "high = 85\n")
    rows = policy(tmp_path, only_high).rows()
    assert levels(rows, scope="region") == [("high", 85, 2026, None)]


def test_a_later_override_leaves_the_levels_that_it_does_not_state(tmp_path):
    later = WEST.replace("warning = 75\nhigh = 85\n", "").replace("2026-03-01", "2026-06-01")
    found = levels(policy(tmp_path, WEST + later.replace("95", "97")).rows(), scope="region")
    assert found == [
        ("warning", 75, 2026, None),
        ("high", 85, 2026, None),
        ("critical", 95, 2026, datetime(2026, 6, 1)),
        ("critical", 97, 2026, None),
    ]


def test_trading_hours_are_in_the_order_of_their_dates(tmp_path):
    """Before the first date the default hours hold."""
    text = "[[trading_hours]]\nfrom = 2026-06-01\nopens = 9\n"
    text += "[[trading_hours]]\nfrom = 2026-03-01\nopens = 7\n"
    found = policy(tmp_path, text).trading_hours
    assert [(one.since.year, one.opens.hour) for one in found] == [(1970, 8), (2026, 7), (2026, 9)]
