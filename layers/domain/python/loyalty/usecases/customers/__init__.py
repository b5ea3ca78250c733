"""Customers are viewed, listed, exported and erased; cards are made and change hands."""
