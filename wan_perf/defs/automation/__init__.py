"""What runs automatically: schedules, sensors, conditions, run queues, retention."""
