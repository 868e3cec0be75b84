"""Alarms as they stand."""

from msgspec import Struct

from wan_perf.mist.endpoints.records.values import Counter, Epoch, Moment, Name, renamed

ALARM_SEVERITIES = {"warn": "warning"}
"""Words for which we have another one."""

ALARM_NAMES = {
    "id": "alarm_id",
    "timestamp": "raised_at",
    "type": "alarm_type",
    "group": "alarm_group",
    "severity": "alarm_severity",
    "status": "status",
    "last_seen": "last_seen_at",
    "resolved_time": "resolved_at",
    "count": "incident_count",
    "acked": "is_acknowledged",
    "site_id": "site_id",
    "gateways": "gateway_macs",
    "hostnames": "device_names",
}


class Alarm(Struct, rename=renamed(ALARM_NAMES)):
    """One alarm as it stands; `gateway_macs` and `device_names` are of what it is about."""

    alarm_id: Name
    raised_at: Moment
    alarm_type: Name
    alarm_group: str | None = None
    alarm_severity: str | None = None
    status: str | None = None
    last_seen_at: Epoch | None = None
    resolved_at: Epoch | None = None
    incident_count: Counter | None = None
    is_acknowledged: bool | None = None
    site_id: str | None = None
    gateway_macs: list[str] | None = None
    device_names: list[str] | None = None
