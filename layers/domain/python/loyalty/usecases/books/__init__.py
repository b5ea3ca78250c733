"""Days are closed; journal and liability are read; accounts are verified."""
