"""What was planted in a simulated fleet, and what of it the platform finds; see `__main__`."""
