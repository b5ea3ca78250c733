"""Answers as text: CSV and plain-text accounting."""
