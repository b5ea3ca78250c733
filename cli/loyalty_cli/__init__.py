"""`loyalty`: the ledger's command line for finance and operators. It knows the HTTP API, and nothing of the ledger."""
