"""Bandwidth in plain Python: which source may give it, which is preferred."""

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


def reference_bandwidth(rates: dict[str, float]) -> tuple:
    """Try each source of a direction in turn."""
    down = next(((rates[name], of) for name, of in DOWNLOAD.items() if name in rates), None)
    up = next(((rates[name], of) for name, of in UPLOAD.items() if name in rates), None)
    if "contract_down_mbps" in rates and up and up[1] != "contract":
        up = None
    gave = [found[1] for found in (down, up) if found]
    source = min(gave, key=BEST_FIRST.index, default=None)
    return (down and down[0], up and up[0], source)


def every_way() -> list[dict[str, float]]:
    """What each set of sources gives, each figure another."""
    rates = {name: float(n) for n, name in enumerate((*DOWNLOAD, *UPLOAD), 1)}
    return [
        {
            name: rate
            for (name, rate), is_given in zip(rates.items(), flags, strict=True)
            if is_given
        }
        for flags in product((False, True), repeat=len(rates))
    ]
