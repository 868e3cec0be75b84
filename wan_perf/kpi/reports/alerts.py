"""Severity of a circuit's current state: what is wrong, how bad it is, and the alerts.

Belongs here: findings with their severity and message, one row per alert.
Keep out: the current state itself (`current_state`).

What is unknown has no severity. Standby and disabled are expected states and give no alert.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from wan_perf.schema.metrics import JUDGED, QUALITY
from wan_perf.schema.tables import ACTIVE_ALERT
from wan_perf.schema.values import SEVERITIES, SEVERITY_WORDS

FLAPS = {"warning": 4, "high": 10}
"""Transitions within an hour."""
_WARNING, _HIGH, _CRITICAL = SEVERITIES
DARK, UNREACHABLE, ON_BACKUP = "site dark", "site unreachable", "on backup"


def active_alerts(current_state: ir.Table) -> ir.Table:
    """One row per circuit at warning or worse; a dark or unreachable site has a single row."""
    bad = current_state.filter(current_state.severity.isin(SEVERITIES))
    names = ("as_of_at", "site_id", "site_name", "site_kind", "region", "severity", "messages")
    whole = bad.site_state.isin((DARK, UNREACHABLE)).fill_null(False)
    # Of a level, or of many flaps, it is not known since when: the state itself is older.
    since = ibis.cases(
        (bad.state == "down", bad.state_since),
        ((bad.site_state == ON_BACKUP) & (bad.role_rank == 1), bad.failover_since),
    )
    own = bad.mutate(since=since).filter(~whole).select(*names, "circuit_id", "since")
    gone = bad.filter(whole)
    sites = gone.group_by(*(n for n in names if n != "messages"), "site_state").aggregate(
        circuit_count=gone.count(),
        since=gone.state_since.max(),
    )
    message = sites.site_state + ": " + sites.circuit_count.cast("string") + " circuits"
    whole_sites = sites.mutate(messages=message, circuit_id=ibis.null("string"))
    return ibis.union(own, whole_sites.select(*own.columns)).select(*ACTIVE_ALERT.columns)


@dataclass(frozen=True)
class _Finding:
    """A problem: its condition, severity and message."""

    holds: ir.BooleanValue
    severity: str
    words: ir.StringValue


def with_severity(rows: ir.Table) -> ir.Table:
    """The rows with the worst severity of their findings, and the messages of all of them."""
    expected = rows.state.isin(("standby", "disabled")).fill_null(False)
    findings = [
        _Finding(f.holds.fill_null(False) & ~expected, f.severity, f.words) for f in _findings(rows)
    ]
    none = ibis.literal(0, "int64")
    worst = ibis.greatest(
        *(ibis.ifelse(f.holds, SEVERITY_WORDS.index(f.severity), none) for f in findings)
    )
    messages = ibis.literal("")
    for finding in findings:
        messages = messages + ibis.ifelse(finding.holds, finding.words + "; ", "")
    known = rows.state.isin(("up", "down")).fill_null(False) | expected
    words = [(worst == n, word) for n, word in enumerate(SEVERITY_WORDS) if n]
    return rows.mutate(
        severity=ibis.cases(*words, (known, SEVERITY_WORDS[0])),
        messages=messages.re_replace("; $", "").nullif(""),
    )


def _findings(rows: ir.Table) -> list[_Finding]:
    first, lower = rows.role_rank == 1, rows.role_rank > 1
    down = rows.state == "down"
    cause = " (" + rows.down_cause.fill_null("unknown cause") + ")"
    flaps = rows.recent_flap_count
    many = flaps.cast("string") + " transitions in an hour"
    found = [
        _Finding(rows.site_state == DARK, _CRITICAL, ibis.literal(DARK)),
        _Finding(rows.site_state == UNREACHABLE, _CRITICAL, ibis.literal(UNREACHABLE)),
        _Finding(down & first, _HIGH, "primary down" + cause),
        _Finding((rows.site_state == ON_BACKUP) & first, _HIGH, ibis.literal("site on backup")),
        _Finding(down & lower, _WARNING, "secondary down" + cause),
        _Finding(down & rows.role_rank.isnull(), _WARNING, "circuit down" + cause),
        _Finding(flaps >= FLAPS[_HIGH], _HIGH, many),
        _Finding((flaps >= FLAPS[_WARNING]) & (flaps < FLAPS[_HIGH]), _WARNING, many),
    ]
    for metric in JUDGED:
        is_load = metric not in QUALITY
        value = rows.utilization_now_pct.fill_null(rows.utilization_hour_pct) if is_load else None
        value = rows[metric.avg] if value is None else value
        above = [(value >= rows[metric.level(s)]) & ~rows.is_stale for s in SEVERITIES]
        for severity, here, worse in zip(SEVERITIES, above, [*above[1:], None], strict=True):
            only = here if worse is None else here & ~worse.fill_null(False)
            # A decimal, since Snowflake writes the float 85.0 as 85.
            figure = value.round(1).cast("decimal(18, 1)").cast("string")
            words = f"{metric.quantity} {severity} (" + figure + ")"
            found.append(_Finding(only, severity, words))
    return found
