"""The state of circuits as intervals, from polls, events, peer paths and telemetry gaps."""
