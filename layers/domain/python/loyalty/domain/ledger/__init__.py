"""The ledger: movements, and what they add up to.

A *movement* is an immutable record of points of one account. A *lot* is a number of points with one end. An *account*
is the sum of a customer's movements: lots, debt, totals. The *cause* of a movement is what it is keyed by: an order, an
idempotency key, an expiry, a card. A *history* is all movements of one cause, numbered from 1. A *kind* says what a
movement does to the account and to the books, an *event* says what happened, and *facts* are what the event records
besides the points.
"""
