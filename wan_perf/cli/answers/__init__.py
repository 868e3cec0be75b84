"""Answers read from the warehouse: the rows of each, their order, and the columns to show."""
