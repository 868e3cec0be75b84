"""The lists: tables of rows that are sorted, filtered, paged and exported.

Belongs here: which rows and columns a list has, and which it shows at first.
Keep out: filters and sorting (`grid`), HTML.
"""

from wan_perf.schema.metrics import QUALITY
from wan_perf.web.questions.alarms import NEWEST
from wan_perf.web.questions.causes import CAUSE_LISTINGS
from wan_perf.web.questions.listing import SITES, Listing, all_with_names, columns_of, with_names

_LISTINGS = (
    Listing(
        "circuits",
        "Circuits",
        "Every circuit in service as of the newest poll, with its last 24 hours and its trend.",
        "SELECT * FROM @engineering_view",
        columns_of("engineering_view"),
        (
            *("site_name", "circuit_id", "region", "provider", "role", "state", "severity"),
            *("utilization_now_pct", "utilization_p95_24h_pct", "utilization_high_hours"),
            *(m.avg for m in QUALITY),
            *("recent_flap_count", "flap_count", "availability_24h_pct", "coverage_24h_pct"),
            *("verdict", "messages"),
        ),
        ("circuit_id",),
        "-utilization_now_pct",
        "engineering_view",
    ),
    Listing(
        "alerts",
        "Alerts",
        "Open alerts: a circuit at warning or worse, or a site that is dark or unreachable.",
        with_names("active_alert"),
        all_with_names("active_alert"),
        ("severity", "site_name", "region", "circuit_id", "provider", "messages", "since"),
        ("site_id", "circuit_id"),
        "severity_place",
    ),
    Listing(
        "sites",
        "Sites",
        "Every site with a circuit in service as of the newest poll.",
        """SELECT n.*, w.availability_pct, w.site_availability_pct, w.coverage_pct, w.flap_count,
          w.utilization_p95_worst_pct, w.utilization_high_hours, w.hour, w.window_hours
        FROM (SELECT site_id, max(site_name) AS site_name, max(site_kind) AS site_kind,
            max(region) AS region, max(site_state) AS site_state, count(*) AS circuit_count,
            max(utilization_now_pct) AS utilization_worst_pct, max(failover_since)
            AS failover_since FROM @current_state GROUP BY site_id) n
          LEFT JOIN (SELECT * FROM @site_window:newest WHERE window_hours = 24
            AND hour = (SELECT max(hour) FROM @site_window:newest)) w ON n.site_id = w.site_id""",
        (
            *("site_id", "site_name", "site_kind", "region", "site_state", "circuit_count"),
            *("utilization_worst_pct", "failover_since", "availability_pct"),
            *("site_availability_pct", "coverage_pct", "flap_count", "utilization_p95_worst_pct"),
            *("utilization_high_hours", "hour", "window_hours"),
        ),
        (
            *("site_name", "region", "site_state", "circuit_count", "utilization_worst_pct"),
            *("utilization_high_hours", "site_availability_pct", "availability_pct"),
            *("flap_count", "coverage_pct", "failover_since"),
        ),
        ("site_id",),
        "site_name",
        "site_window",
    ),
    Listing(
        "offenders",
        "Top offenders",
        "The worst circuits by each figure, of the newest day, week, month and 13 months.",
        "SELECT * FROM @top_offenders",
        columns_of("top_offenders"),
        (
            *("period", "period_start", "ranked_by", "place", "value", "site_name", "circuit_id"),
            *("region", "provider", "coverage_pct", "ranking_count", "bad_day_count"),
        ),
        ("period", "ranked_by", "place", "circuit_id"),
        "period,ranked_by,place",
        "top_offenders",
    ),
    Listing(
        "chronic",
        "Chronic offenders",
        "Circuits that were bad on many of their last trading days.",
        with_names("chronic_offender"),
        all_with_names("chronic_offender"),
        (
            *("site_name", "circuit_id", "region", "provider", "bad_day_count"),
            *("comparable_day_count", "high_day_count", "flapping_day_count", "outage_day_count"),
            *("bad_since_day", "bad_last_day"),
        ),
        ("circuit_id",),
        "-bad_day_count",
        "chronic_offender",
    ),
    Listing(
        "trends",
        "Trends",
        "Whether the busy hours of a circuit grow, and when it reaches 80 % and 90 %.",
        with_names("trend"),
        all_with_names("trend"),
        (
            *("site_name", "circuit_id", "region", "provider", "verdict", "level_pct"),
            *("slope_pct_per_day", "slope_low_pct_per_day", "slope_high_pct_per_day"),
            *("days_to_80", "days_to_80_low", "days_to_80_high", "days_to_90", "day_count"),
        ),
        ("circuit_id",),
        "days_to_80",
        "trend",
    ),
    Listing(
        "backups",
        "Primary and secondary",
        "Each store's primary beside its backup, and what the backup would have left.",
        "SELECT * FROM @primary_vs_secondary",
        columns_of("primary_vs_secondary"),
        (
            *("site_name", "region", "primary_circuit_id", "primary_state"),
            *("primary_utilization_now_pct", "primary_latency_avg_ms", "secondary_circuit_id"),
            *("secondary_state", "secondary_utilization_now_pct", "secondary_latency_avg_ms"),
            *("primary_usual_p95_pct", "headroom_pct"),
        ),
        ("site_id",),
        "headroom_pct",
        "primary_vs_secondary",
    ),
    Listing(
        "failovers",
        "Failovers",
        "Failovers that reach into the range, with the quality during them and before.",
        f"""SELECT f.*, s.site_name, s.region, s.store_type FROM @failover_event f
          LEFT JOIN {SITES} s ON f.site_id = s.site_id
          WHERE (f.ended_at IS NULL OR f.ended_at > ?) AND f.started_at < ?""",
        (*columns_of("failover_event"), "site_name", "region", "store_type"),
        (
            *("site_name", "region", "started_at", "ended_at", "is_open", "failover_cause"),
            *("on_backup_minutes", "dark_minutes", "utilization_pct", "utilization_before_pct"),
            *("latency_avg_ms", "latency_before_ms", "loss_avg_pct", "loss_before_pct"),
        ),
        ("site_id", "started_at"),
        "-started_at",
        "failover_event",
        is_ranged=True,
    ),
    Listing(
        "runs",
        "Time above levels",
        "Runs of consecutive hours at or above a level that reach into the range.",
        with_names("threshold_run", " WHERE t.ended_at > ? AND t.started_at < ?"),
        all_with_names("threshold_run"),
        (
            *("site_name", "circuit_id", "region", "provider", "metric", "severity", "level"),
            *("started_at", "ended_at", "above_hours", "value_mean", "value_max", "is_open"),
        ),
        ("circuit_id", "metric", "severity", "started_at"),
        "-above_hours",
        "threshold_run",
        is_ranged=True,
    ),
    Listing(
        "hours",
        "Circuit-hours",
        "The hours of the circuits within the range, as they are stored.",
        with_names("circuit_hour", " WHERE t.hour >= ? AND t.hour < ?"),
        all_with_names("circuit_hour"),
        (
            *("hour", "site_name", "circuit_id", "status_hourly", "up_minutes"),
            *("known_down_minutes", "unknown_minutes", "utilization_pct", "utilization_severity"),
            *("rx_bytes", "tx_bytes", *(m.avg for m in QUALITY), "flap_count", "sample_count"),
            "source",
        ),
        ("hour", "circuit_id"),
        "-hour",
        "circuit_hour",
        is_ranged=True,
    ),
    Listing(
        "flaps",
        "Flaps",
        "Changes of circuits between up and down within the range.",
        with_names("flap_event", " WHERE t.turned_at >= ? AND t.turned_at < ?"),
        all_with_names("flap_event"),
        (
            *("turned_at", "site_name", "circuit_id", "region", "provider", "turned_to"),
            *("down_cause", "state_evidence"),
        ),
        ("turned_at", "circuit_id"),
        "-turned_at",
        is_ranged=True,
    ),
    Listing(
        "regions",
        "Regions by month",
        "Availability, minutes lost, load and failovers of each region's stores by month.",
        "SELECT * FROM @executive_overview",
        columns_of("executive_overview"),
        (
            *("month", "region", "is_whole_month", "site_count", "circuit_count"),
            *("availability_pct", "availability_low_pct", "availability_high_pct"),
            *("availability_change_pct", "lost_per_site_minutes", "utilization_high_hours_pct"),
            *("failover_count", "coverage_pct"),
        ),
        ("month", "region"),
        "-month",
        "executive_overview",
    ),
    Listing(
        "paths",
        "Peer paths",
        "The peer paths of the newest poll, as the gateways reported them.",
        f"""SELECT p.*, s.site_name, s.region FROM @raw_path_sample:newest p LEFT JOIN {SITES} s
          ON p.site_id = s.site_id
          WHERE p.pass_at = (SELECT max(pass_at) FROM @raw_path_sample:newest)""",
        (*columns_of("raw_path_sample"), "site_name", "region"),
        (
            *("site_name", "region", "path_name", "gateway_mac", "port_id", "peer_name"),
            *("peer_mac", "peer_port_id", "is_up", "is_active", "latency_ms", "jitter_ms"),
            *("loss_pct", "mos"),
        ),
        ("gateway_mac", "port_id", "peer_mac", "peer_port_id", "path_name"),
        "is_up",
    ),
    Listing(
        "gateways",
        "Gateways",
        "The gateways of the newest poll: connected or not, model and software version.",
        f"""SELECT g.*, s.site_name, s.region FROM @raw_gateway_status:newest g LEFT JOIN {SITES} s
          ON g.site_id = s.site_id
          WHERE g.pass_at = (SELECT max(pass_at) FROM @raw_gateway_status:newest)""",
        (*columns_of("raw_gateway_status"), "site_name", "region"),
        (
            *("site_name", "region", "gateway_name", "gateway_mac", "is_connected"),
            *("gateway_model", "software_version", "sampled_at", "uptime_seconds"),
        ),
        ("gateway_mac",),
        "is_connected",
    ),
    Listing(
        "alarms",
        "Mist alarms",
        "Mist's alarms that were open or changed in the range, as the newest request found them.",
        f"""SELECT n.*, s.site_name, s.region FROM {NEWEST} n LEFT JOIN {SITES} s
          ON n.site_id = s.site_id""",
        (*columns_of("raw_alarm"), "site_name", "region"),
        (
            *("raised_at", "alarm_severity", "alarm_type", "site_name", "region", "device_names"),
            *("is_resolved", "resolved_at", "last_seen_at", "incident_count", "is_acknowledged"),
        ),
        ("alarm_id",),
        "-raised_at",
        is_ranged=True,
    ),
    Listing(
        "scores",
        "Mist scores",
        "Mist's own scores (0 to 1) of each site and hour within the range, as received.",
        f"""SELECT r.*, s.site_name, s.region FROM @raw_site_sle r LEFT JOIN {SITES} s
          ON r.site_id = s.site_id WHERE r.hour >= ? AND r.hour < ?""",
        (*columns_of("raw_site_sle"), "site_name", "region"),
        (
            *("hour", "site_name", "region", "wan_link_health", "gateway_health"),
            *("application_health", "gateway_count", "client_count"),
        ),
        ("hour", "site_id"),
        "wan_link_health",
        is_ranged=True,
    ),
)
LISTINGS = {listing.name: listing for listing in (*_LISTINGS, *CAUSE_LISTINGS)}
