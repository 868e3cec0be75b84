"""What is requested when: due polls, past hours, and what of a failing cloud is retried."""
