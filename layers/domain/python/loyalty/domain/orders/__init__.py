"""Orders: what they earn, use, give back and lose.

A *completion* earns, a *redemption* uses points, a *refund* and a *cancellation* reverse what was earned and restore
what was used, a *referral* pays whoever referred the customer, a *quote* foretells all this and writes nothing.
"""
