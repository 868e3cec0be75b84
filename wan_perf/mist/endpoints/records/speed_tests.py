"""Speed tests over a port."""

from msgspec import Struct

from wan_perf.mist.endpoints.records.values import Epoch, Number, renamed

SPEED_TEST = "speedtest"

SPEED_TEST_NAMES = {
    "mac": "gateway_mac",
    "port_id": "port_id",
    "timestamp": "tested_at",
    "failed": "is_failed",
    "rx_mbps": "down_mbps",
    "tx_mbps": "up_mbps",
}


class SpeedTest(Struct, rename=renamed(SPEED_TEST_NAMES)):
    """One speed test over a port; rates in Mbit/s as the gateway received and sent them."""

    gateway_mac: str | None = None
    port_id: str | None = None
    tested_at: Epoch | None = None
    is_failed: bool | None = None
    down_mbps: Number | None = None
    up_mbps: Number | None = None
