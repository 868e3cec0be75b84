"""The caller, its organisation and its usage: /self, /orgs/{org_id} and /self/usage."""

from wan_perf.simulator.api import Json
from wan_perf.simulator.fleet import Fleet

ORG_NAME = "Sample Retail"


def admin(fleet: Fleet) -> Json:
    """Give the token's owner: one administrator who may read one organisation."""
    return {
        "email": "noc@example.com",
        "first_name": "Network",
        "last_name": "Operations",
        "privileges": [
            {
                "scope": "org",
                "role": "read",
                "org_id": fleet.org_id,
                "org_name": ORG_NAME,
                "name": ORG_NAME,
            }
        ],
    }


def organisation(fleet: Fleet) -> Json:
    """Give the organisation itself."""
    return {"id": fleet.org_id, "name": ORG_NAME, "alarmtemplate_id": None, "session_expiry": 1440}


def usage(requests: int, limit: int, seconds: float) -> Json:
    """Give the token's calls in the current hour; `seconds` of it have passed [s]."""
    return {"requests": requests, "request_limit": limit, "seconds": seconds}
