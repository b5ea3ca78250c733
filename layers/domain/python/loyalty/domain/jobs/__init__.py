"""Jobs: many rows carried out as one request, which can be undone together."""
