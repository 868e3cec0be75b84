"""Policy files: levels, overrides, dates, and what is refused with which sentence."""

from datetime import datetime
from pathlib import Path

import pytest

from wan_perf.errors import UsageError
from wan_perf.thresholds import Policy, read_policy

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
    ("text", "said"),
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
            WEST + 'store_type = "Express"', "one of region, store_type, site, circuit at a time",
            id="two scopes at once",
        ),
        pytest.param(
            WEST.replace("region", "county"), "override.0.county: unknown key", id="unknown scope"
        ),
        pytest.param("[thresholds", "is not TOML", id="no TOML"),
        pytest.param(
            "[chronic]\nbad_days = 21", "bad_days 21 is more than of_days 20",
            id="more bad days than days",
        ),
        pytest.param("top_places = 0", "top_places", id="no places"),
        pytest.param(
            '[thresholds.loss_pct]\nwarning = "low"\nhigh = 2\ncritical = 3',
            "thresholds.loss_pct.warning",
            id="a level that is no number",
        ),
    ],
)  # fmt: skip
def test_a_file_that_cannot_hold_is_refused_by_one_sentence(tmp_path, text, said):
    with pytest.raises(UsageError) as caught:
        policy(tmp_path, text)
    sentence = str(caught.value)
    assert said in sentence
    assert str(tmp_path / "policy.toml") in sentence
    assert "\n" not in sentence.strip() or "TOML" in said


def test_a_missing_file_names_the_setting(tmp_path):
    with pytest.raises(UsageError, match="WAN_PERF_POLICY"):
        read_policy(tmp_path / "nowhere.toml")
