"""Columns of time: periods, instants, effective dates and the local calendar."""

from wan_perf.schema.columns.column import Column, count, flag, instant

TIME = (
    instant("hour", "Start of the UTC hour; the row covers [hour, hour + 1 h)."),
    Column("day", "date", "UTC day; of trading hours the trading day at the site."),
    Column("week", "date", "ISO week by its Monday, UTC; the row covers its seven days."),
    Column("month", "date", "Month by its first day, UTC; of 13 months the last of them."),
    instant("pass_at", "Instant at which the sampling pass was due."),
    instant("taken_at", "Instant of the inventory snapshot."),
    instant(
        "site_asked_at", "Snapshot for which the site's variables and speed tests were requested."
    ),
    instant("variables_requested_at", "When the variables of the site's templates were requested."),
    instant("sampled_at", "Newest instant at which the gateway reported what the row says."),
    instant("event_at", "Instant of the event, as the gateway saw it."),
    instant("started_at", "First instant of it."),
    instant("ended_at", "First instant after it."),
    instant("last_flapped_at", "Instant at which the port last changed its state."),
    instant("up_through_from", "Since when the port is known to be up without a break."),
    instant("seen_at", "Until when the port is known to be up since up_through_from."),
    instant("fetched_at", "Instant of the request for what the cloud retains."),
    instant("valid_from", "First instant at which the row holds; 1970: since before we looked."),
    instant("valid_to", "First instant at which the row no longer holds; NULL while it holds."),
    Column("utc_offset_minutes", "integer", "Local time minus UTC.", unit="min", ge=-1440),
    Column("local_day", "date", "Day at the site."),
    Column("local_hour", "integer", "Hour of the day at the site.", ge=0, le=23),
    Column("local_iso_week", "text", "ISO week at the site, such as 2026-W09."),
    Column("local_month", "text", "Month at the site, such as 2026-03."),
    Column("local_quarter", "text", "Quarter at the site, such as 2026-Q1."),
    flag("is_weekend", "Saturday or Sunday at the site."),
    flag(
        "is_trading_hour",
        "The hour begins within the trading hours of the policy, local time; NULL where the site's "
        "time zone is unknown.",
    ),
    Column(
        "trading_day",
        "date",
        "Trading day that the hour belongs to: the local date on which the store opened, also "
        "after midnight; NULL while it is closed.",
    ),
    count("trading_hour_count", "Hours that begin in the trading day; NULL while it is closed."),
    flag(
        "is_whole",
        "Every hour of the day has rows and is closed: a later hour has rows, or it rests on "
        "history or an import. False while the day is in progress.",
    ),
)
