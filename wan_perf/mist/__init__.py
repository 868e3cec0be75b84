"""The source: the Mist Cloud's HTTP API turned into frames of the declared raw tables.

Belongs here: everything that knows a Mist name, address, status code or page.
Keep out: meaning of numbers (`kpi`), storage (`warehouse`), when requests are made (`defs`).
"""
