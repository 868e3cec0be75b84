"""Each quantity against a slow reference, written from its definition."""
