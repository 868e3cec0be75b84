"""Bandwidth in plain Python: who may speak, who is heard first."""

from itertools import product

DOWNLOAD = {
    "contract_down_mbps": "contract",
    "variable_down_mbps": "site_variable",
    "tested_down_mbps": "speed_test",
    "port_speed_mbps": "port_speed",
}
UPLOAD = {
    "contract_up_mbps": "contract",
    "variable_up_mbps": "site_variable",
    "shaped_up_mbps": "shaping",
    "tested_up_mbps": "speed_test",
}
BEST_FIRST = ("contract", "site_variable", "shaping", "speed_test", "port_speed")


def reference_bandwidth(said: dict[str, float]) -> tuple:
    """Ask each source of a direction in turn."""
    down = next(((said[name], of) for name, of in DOWNLOAD.items() if name in said), None)
    up = next(((said[name], of) for name, of in UPLOAD.items() if name in said), None)
    if "contract_down_mbps" in said and up and up[1] != "contract":
        up = None
    gave = [found[1] for found in (down, up) if found]
    source = min(gave, key=BEST_FIRST.index, default=None)
    return (down and down[0], up and up[0], source)


def every_way() -> list[dict[str, float]]:
    """What each set of sources says, each figure another."""
    rates = {name: float(n) for n, name in enumerate((*DOWNLOAD, *UPLOAD), 1)}
    return [
        {name: rate for (name, rate), is_said in zip(rates.items(), flags, strict=True) if is_said}
        for flags in product((False, True), repeat=len(rates))
    ]
