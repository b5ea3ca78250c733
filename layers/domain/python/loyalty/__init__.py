"""A loyalty-points ledger: exact, serverless, double-entry."""
