"""Messages, schedules and calls by hand in."""
