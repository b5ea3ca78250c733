"""Customers: their cards, the list of their balances, their erasure."""
