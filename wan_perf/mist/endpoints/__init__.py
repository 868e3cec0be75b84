"""What the endpoints return: records, field names, and the parser of each family."""
