"""The books: what finance reads.

A *posting* debits one account and credits another. A *journal entry* sums the postings of a day. A *write-off* is what
the purge expired. *Breakage* is what will probably never be used. The *liability* is what the program owes.
"""
