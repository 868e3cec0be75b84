"""What the numbers mean: lazy tables in, a lazy table out, a folder a stage of the data.

Belongs here: definitions of quantities, pure functions of their arguments.
Keep out: dagster, clocks, disks, environment, engines. The same expression runs on every warehouse.
"""
