"""What began and ended: flaps, failovers, runs above a level; pieces of one UTC day and wholes."""
