"""Files of rows in: CSV and JSON lines, read without trust."""
