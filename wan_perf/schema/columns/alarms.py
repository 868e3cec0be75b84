"""Columns of alarms: what each is about, how it stands, and when it changed."""

from wan_perf.schema.columns.column import count, flag, instant, text

ALARM = (
    text("alarm_id", "Alarm as Mist identifies it."),
    text("alarm_type", "What the alarm is about, as Mist names it."),
    text("alarm_group", "Group of the alarm, as Mist names it."),
    text("alarm_severity", "How bad it is, as Mist says: critical, warning or info."),
    text("device_names", "Names of the devices that the alarm is about, with commas between."),
    instant("raised_at", "When the alarm was raised."),
    instant("last_seen_at", "When what the alarm is about happened last."),
    instant("resolved_at", "When the alarm was resolved; NULL: not known to be."),
    flag("is_resolved", "Mist says that it is resolved; NULL: Mist says neither that nor open."),
    flag("is_acknowledged", "A person has acknowledged it in Mist."),
    count("incident_count", "How often it happened while the alarm stands."),
)
