"""The ledger: movements, and what they add up to.

A *movement* is an immutable record of points of one account. A *lot* is a number of points with one end. An *account*
is the sum of a customer's movements: lots, debt, totals. The *cause* of a movement is what it is keyed by: an order, an
idempotency key, an expiry, a card. A *history* is all movements of one cause, numbered from 1.
"""
