"""Trailing windows of 3, 12 and 24 hours."""
