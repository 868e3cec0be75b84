"""The dashboard: pages made on the server from the published tables; SVG charts, no library.

Belongs here: which rows a page shows (`questions`), how they are drawn (`charts`, `templates`), and
who may see them (`app`).
Keep out: computing figures: they are read from the tables as they are; Dagster, Mist.
"""

from wan_perf.web.app import build_app
from wan_perf.web.data import Published

__all__ = ["Published", "build_app"]
