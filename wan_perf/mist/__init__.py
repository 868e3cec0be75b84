"""The source: the Mist Cloud's HTTP API turned into frames of the declared raw tables.

Belongs here: everything that knows a Mist name, address, status code or page.
Keep out: what a number means (`kpi`), where it is stored (`warehouse`), when it is asked (`defs`).
"""
