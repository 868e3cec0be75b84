"""One UTC hour of a circuit or site: state, traffic, quality and severities in one row."""
