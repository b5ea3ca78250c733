"""A program: the settings by which points are earned, spent and expire. Each change makes a version."""
