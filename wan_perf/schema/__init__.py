"""What a table is: its columns, its key, how it is replaced, and what its rows must satisfy."""
