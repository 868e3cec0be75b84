"""The assets by stage: which table is filled by which function, in which partitions."""
