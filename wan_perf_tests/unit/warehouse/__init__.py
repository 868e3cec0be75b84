"""The warehouse: both engines, the same cases."""
