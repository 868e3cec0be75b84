"""What an operator looks at first: the current state, rankings, trends, overviews."""
