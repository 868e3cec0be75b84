"""Attacks on an installation: what is lost, what is invented, and how commands end."""
