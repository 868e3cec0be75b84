"""Odd arguments and settings: one sentence, and not one row is touched.

Belongs here: command lines and settings that nobody means.
Keep out: what is wrong with a home or an answer.
"""

from functools import partial

from wan_perf_tests.proofs.breaking.lab import STEPS, Lab
from wan_perf_tests.proofs.breaking.outcome import Case, Outcome, outcome

STAGE = "days"
REFUSED = (1, 2)
ESCAPE = "\x1b[2J\x07[/red]\u202e"
_INSTANTS = (
    *("", "yesterday", "2026-13-01", "2026-02-30", "2026-03-07T25:00", "1e309", "-1h-", "NaN"),
    *(
        "0000-00-00",
        "9999-12-31T23:59",
        "2026-03-07T00:00+99:00",
        "\u0662\u0660\u0662\u0666-03-07",
        ESCAPE,
        "1970-01-01",
    ),
)
_FIGURES = ("", "nonsense", "*", "1; DROP TABLE circuit_hour", "'", ESCAPE, "hour", "circuit_id")
_REPORTS = (
    "",
    "nonsense",
    "../../etc/passwd",
    "removed_rows",
    "*",
    "a" * 5000,
    ESCAPE,
    "dim_site;",
)
ARGUMENTS = [
    *(("collect", "--start", text) for text in _INSTANTS),
    *(("collect", "--start", "2026-03-07T00:00", "--end", text) for text in _INSTANTS if text),
    ("collect", "--end", "2026-03-07T01:00"),
    ("collect", "--start", "2026-03-07T02:00", "--end", "2026-03-07T01:00"),
    *(("aggregate", "daily", "--start", text) for text in _INSTANTS),
    *(("aggregate", period) for period in ("hourly", "", ESCAPE)),
    *(("top", text) for text in _FIGURES),
    *(("top", "flap_count", "--n", text) for text in ("0", "-1", "many", "1e3", "")),
    *(("top", "flap_count", "--period", text) for text in ("century", "", ESCAPE)),
    *(("export", text) for text in _REPORTS),
    *(("export", "circuit_hour", "--format", text) for text in ("xml", "", ESCAPE)),
    ("export", "circuit_hour", "--format", "parquet", "--out", "x.csv"),
    *(("import", text) for text in ("none.csv", ".", "/dev/null", "wan_perf.duckdb", ESCAPE)),
    *(("restore", text) for text in ("none.duckdb", ".", "/dev/null", "contracts.csv", ESCAPE)),
    ("backup", "--out", "wan_perf.duckdb"),
    ("backup", "--out", "contracts.csv"),
    ("backup", "--out", "contracts.csv/in/a/file"),
    ("nonsense",),
    ("collect", "--nonsense"),
    ("dev", "--port", "0"),
    ("dev", "--sites", "0"),
    ("simulate", "--replay", "none.csv"),
    ("simulate", "--port", "99999"),
]
SETTINGS = [
    ("WAN_PERF_CLOCK", "moon"),
    ("MIST_BASE_URL", "ftp://127.0.0.1"),
    ("MIST_BASE_URL", "127.0.0.1"),
    ("MIST_BASE_URL", "http://127.0.0.1:1"),
    ("MIST_API_TOKEN", ""),
    ("MIST_API_TOKEN", "with\nline"),
    ("MIST_API_TOKEN", "wrong"),
    ("MIST_ORG_ID", ""),
    ("MIST_ORG_ID", "../../self"),
    ("MIST_ORG_ID", "00000000-0000-0000-0000-000000000000"),
    ("MIST_VERIFY", "perhaps"),
    ("MIST_READ_TIMEOUT", "0"),
    ("MIST_READ_TIMEOUT", "nan"),
    ("MIST_PAGE_ROWS", "1"),
    ("WAN_PERF_WAREHOUSE", "oracle"),
    ("WAN_PERF_START", "soon"),
    ("WAN_PERF_START", "9999-12-31"),
    ("WAN_PERF_POLICY", "none.toml"),
    ("WAN_PERF_POLICY", "."),
    ("WAN_PERF_POLICY", "wan_perf.duckdb"),
    ("WAN_PERF_CIRCUITS", "none.csv"),
    ("WAN_PERF_CIRCUITS", "."),
    ("WAN_PERF_CIRCUITS", "wan_perf.duckdb"),
    ("WAN_PERF_CALL_RESERVE", "-1"),
    ("WAN_PERF_SCORE_HOURS", "1e9"),
    ("WAN_PERF_SLE_SITES", "-1"),
    ("WAN_PERF_OWNER", ESCAPE),
    ("WAN_PERF_AUTOMATION", "maybe"),
]
NO_LOOPBACK = {"MIST_BASE_URL": "https://api.mist.invalid", "WAN_PERF_CLOCK": "real"}
"""Neither a proxy nor a bundle of certificates is used on the way to a simulated cloud."""
ON_THE_WAY = [("MIST_CA_BUNDLE", "none.pem"), ("MIST_PROXY", "nonsense")]


def arguments(_: Lab, seed: int, most: int) -> list[Case]:
    """A case for each odd command line."""
    cases = [Case(" ".join(line)[:80], partial(_refused, line)) for line in ARGUMENTS]
    return cases[:most]


def settings(_: Lab, seed: int, most: int) -> list[Case]:
    """A case for each odd setting, with the command that reads all of them."""
    cases = [
        Case(f"{name}={value}", partial(_with_setting, {name: value})) for name, value in SETTINGS
    ]
    for name, value in ON_THE_WAY:
        given = NO_LOOPBACK | {name: value}
        cases.append(Case(f"{name}={value}", partial(_refused, ("doctor",), **given)))
    return cases[:most]


def _refused(line: tuple[str, ...], lab: Lab, **given: str) -> Outcome:
    home = lab.copy(STAGE)
    ended = lab.run(home, *line, **given)
    rows = lab.compare(home, STAGE)
    lab.discard(home)
    return outcome(ended, rows=rows, codes=REFUSED)


def _with_setting(given: dict[str, str], lab: Lab) -> Outcome:
    """Where a part was collected, the same command with right settings must complete it."""
    step, home = STEPS["inventory"], lab.copy(STAGE)
    ended = lab.run(home, *step.arguments, now=step.now, **given)
    rows = lab.compare(home, STAGE)
    if not rows:
        lab.discard(home)
        return outcome(ended, codes=REFUSED)
    again = lab.run(home, *step.arguments, now=step.now)
    rows = lab.compare(home, "inventory")
    lab.discard(home)
    fault = "" if again.code == 0 else f"the repeated command ended with {again.code}"
    return outcome(ended, again, rows=rows, codes=REFUSED, fault=fault)
