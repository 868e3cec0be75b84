"""Names of ports: written alike in Mist's answers, in contracts and in files of hours.

Keep out: which interfaces are ports of their own (`mist.endpoints.interfaces`).
"""


def base_port(port: str) -> str:
    """The port without its unit."""
    return port.partition(".")[0]


def without_unit_0(port: str) -> str:
    """The port without its unit if that is 0, the default."""
    return port.removesuffix(".0")
