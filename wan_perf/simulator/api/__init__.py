"""The JSON of the Mist endpoints, as functions of the fleet and the instant.

Belongs here: Mist's field names and shapes, one module for each group of endpoints.
Keep out: HTTP, paging, the clock.
"""

from typing import Any

Json = dict[str, Any]
"""One JSON object."""
BYTES_A_PACKET = 800
"""Every packet is taken to be so long, where packets are counted. [bytes]"""
