"""Two designs that a team would write otherwise, small but whole: each does what the measured mix asks of it.

Both record each movement, with the two indexes that a statement and a journal need, and keep points by expiry. Neither
checks its input, counts tiers, seals or replays anything.
"""
