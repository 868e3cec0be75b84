"""Templates as a template generator writes them: `{{name}}` in place of names, numbers, switches.

Belongs here: a template with variables, and the values that make it what it was.
Keep out: what is configured (`configuration`).
"""

from collections.abc import Callable
from typing import Any

from wan_perf.simulator.api import Json

_Put = Callable[[str, Any], str]


def with_variables(template: Json) -> tuple[Json, dict[str, str]]:
    """Give the template with variables for its WAN ports, and their values, which are text."""
    values: dict[str, str] = {}
    names: dict[str, str] = {}
    config: Json = {}
    wan = [(ports, port) for ports, port in template["port_config"].items() if _is_wan(port)]
    for rank, (ports, port) in enumerate(wan, start=1):

        def put(name: str, value: Any, rank: int = rank) -> str:
            values[f"wan{rank}_{name}"] = (
                str(value).lower() if isinstance(value, bool) else str(value)
            )
            return f"{{{{wan{rank}_{name}}}}}"

        names[port["name"]] = f"{{{{wan{rank}_name}}}}"
        config[put("port", ports)] = _port(port, put)
    lan = {ports: port for ports, port in template["port_config"].items() if not _is_wan(port)}
    preferences = {
        name: preference
        | {"paths": [path | {"name": names[path["name"]]} for path in preference["paths"]]}
        for name, preference in template["path_preferences"].items()
    }
    changed = {"port_config": config | lan, "path_preferences": preferences}
    return template | changed, values


def _is_wan(port: Json) -> bool:
    return port["usage"] == "wan"


def _port(port: Json, put: _Put) -> Json:
    changed: Json = {"name": put("name", port["name"])}
    changed["vpn_paths"] = {
        vpn: path | {"preference": put("preference", path["preference"])}
        for vpn, path in port["vpn_paths"].items()
    }
    if "lte_backup" in port:
        changed["lte_backup"] = put("lte_backup", port["lte_backup"])
    if "traffic_shaping" in port:
        shaping = port["traffic_shaping"]
        changed["traffic_shaping"] = shaping | {
            "max_tx_kbps": put("tx_kbps", shaping["max_tx_kbps"])
        }
    return port | changed
