"""How many days of the largest tables the published copy has."""

SAMPLES_DAYS = 3
"""Days of samples in the published copy: 2.9 million rows a day of 10,000 circuits."""

HISTORY_DAYS = 31

WINDOWS_DAYS = 2
"""Days of trailing windows in it: those of every hour take three times what the hours take."""
