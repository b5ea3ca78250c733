"""Jobs are started, worked on and undone."""
