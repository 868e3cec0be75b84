"""Sites, circuits and providers whose name or id has a text in it."""

from wan_perf.web.data import Data, Row


def sites_named(data: Data, text: str, most: int) -> list[Row]:
    """Sites by name or id; those that begin with the text first."""
    return data.rows(
        """
        SELECT s.site_id, s.site_name, s.region, s.store_type, n.site_state
        FROM @dim_site s LEFT JOIN (SELECT site_id, max(site_state) AS site_state
          FROM @current_state GROUP BY site_id) n ON s.site_id = n.site_id
        WHERE s.valid_to IS NULL
          AND (contains(lower(s.site_name), ?) OR contains(lower(s.site_id), ?))
        ORDER BY starts_with(lower(s.site_name), ?) DESC, s.site_name, s.site_id LIMIT ?""",
        [text, text, text, most],
    )


def circuits_named(data: Data, text: str, most: int) -> list[Row]:
    """Circuits by id, name of the WAN, gateway or provider."""
    return data.rows(
        """
        SELECT d.circuit_id, d.site_id, d.wan_name, d.provider, d.medium, d.role, s.site_name,
          s.region, n.state, n.severity, n.utilization_now_pct
        FROM @dim_circuit d LEFT JOIN @dim_site s ON d.site_id = s.site_id AND s.valid_to IS NULL
          LEFT JOIN @current_state n ON d.circuit_id = n.circuit_id
        WHERE d.valid_to IS NULL AND (contains(lower(d.circuit_id), ?)
          OR contains(lower(d.wan_name), ?) OR contains(lower(d.provider), ?)
          OR d.circuit_id IN (SELECT circuit_id FROM @circuit_port
            WHERE valid_to IS NULL AND contains(gateway_mac, ?)))
        ORDER BY starts_with(lower(d.circuit_id), ?) DESC, d.circuit_id LIMIT ?""",
        [text, text, text, text, text, most],
    )


def providers_named(data: Data, text: str) -> list[Row]:
    """Providers, with how many circuits each has."""
    return data.rows(
        "SELECT provider, count(*) AS circuit_count FROM @dim_circuit WHERE valid_to IS NULL "
        "AND contains(lower(provider), ?) GROUP BY provider ORDER BY provider",
        [text],
    )
