"""Words that stored text can be, where more than one column or module has them.

Keep out: words of a single column (`schema.columns`).
"""

STATUSES = ("Up", "Down", "Unknown")

SEVERITIES = ("warning", "high", "critical")
"""Rising; a fact below all of them is `normal`."""

SEVERITY_WORDS = ("normal", *SEVERITIES)

EVIDENCE = ("observed", "settled", "history")
"""What a known state can rest on, the strongest first."""

ACTIVE = ("active", "inferred")
"""A circuit that carries its site's traffic: polled so, or inferred from its primary's outage."""

STORE, HUB = SITE_KINDS = ("store", "hub")
"""Hubs have circuits as stores have; rankings, regions and failovers leave them out."""

SLE_METRICS = ("wan_link_health", "gateway_health", "application_health")
"""Mist's scores of a site, by the names of their columns."""

DEGRADED_BELOW = 0.9
"""A site with a score under it is degraded: its causes are requested, and pages count it."""

SCOPES = ("default", "region", "store_type", "site", "circuit")
"""From the widest to the narrowest; the narrowest that speaks wins."""
