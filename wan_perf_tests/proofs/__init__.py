"""Files of proofs alone: random examples against plain Python, both engines, daemons, browsers.

Belongs here: what only `pytest -m proof` runs in full; attacks (`breaking`), planted `faults`.
Keep out: a proof beside faster tests of the same thing, which stays in their file.
"""
