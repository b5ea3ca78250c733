"""Outstanding balances of a program: all its customers, a page at a time.

Sorted by customer, the list may be of any length: the order never changes, so a page reads the next accounts, a bounded
number of them. Sorted by what changes (a balance, the next expiry), each page reads all accounts, so their number is
bounded.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched, chain
from typing import Protocol

from loyalty.domain.customers.balances import Balance, Place, Sort, Wanted, as_listed
from loyalty.domain.ledger.movement import AccountId
from loyalty.domain.program.settings import Program
from loyalty.domain.values.refusal import Refused
from loyalty.ports.world import HasClock, HasLedger, HasPrograms
from loyalty.usecases.commands.time_limit import NEVER_OUT_OF_TIME, TimeLimit

MAX_PAGE = 500
"""Customers. A page is far under the most that a function may answer."""
MOST_LOOKED_AT = 2_000
"""Accounts that a page by customer reads. Where few of them are wanted the page is short, or empty, but not slow."""
LEAST_LOOKED_AT = 50
"""The fewest accounts that are read at once while a page is not full."""
MOST_SORTED = 10_000
"""Accounts that are read for a page in an order that changes."""
BATCH = 100
"""Accounts in one request to the store."""
SPARE_KEYS = 16
"""Keys of a shard beyond its share of a page: shards are not equally full."""
PAGE_OF_KEYS = 1_000


class BalancesPorts(HasLedger, HasPrograms, HasClock, Protocol):
    """What the list of balances is read from."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list, and the place `after` which the next page starts; None at the end.

    A page may be short, or empty, although more follow. In a list by customer, an account that exists all the while is
    in exactly one page, whatever moves meanwhile. In another order that holds if the account's place does not change.
    """

    program: Program
    customers: Sequence[Balance]
    after: Place | None


class _TooMany(Exception):
    """There are more accounts than can be sorted, or than there is time for."""


def list_balances(
    ports: BalancesPorts,
    program_id: str,
    wanted: Wanted,
    sort: Sort,
    limit: int,
    after: Place | None = None,
    out_of_time: TimeLimit = NEVER_OUT_OF_TIME,
) -> Page:
    """Up to `limit` customers behind `after`.

    Raises UnknownProgram, and Refused for a tier that the program does not have, or where more accounts are to be
    sorted than can be.
    """
    program = ports.programs.get(program_id)
    if wanted.tier is not None and wanted.tier not in {tier.name for tier in program.tiers}:
        raise Refused("unknown_tier", "The program has no tier of this name.", pointer="/tier")
    with ThreadPoolExecutor(ports.ledger.shards) as beside:
        listing = _Listing(ports, program, wanted, beside)
        if sort is Sort.CUSTOMER:
            return listing.page_by_customer(limit, after)
        try:
            return listing.page_by_rank(sort, limit, after, out_of_time)
        except _TooMany:
            detail = (
                f"Only {MOST_SORTED:,} accounts can be sorted by {sort.lstrip('-')}, and as many as there is time for;"
                " take the list by customer_id, as CSV, and sort that."
            )
            raise Refused("too_many_to_sort", detail, pointer="/sort") from None


class _Listing:
    """How one page is read. All shards, and all batches of accounts, are read side by side."""

    def __init__(self, ports: BalancesPorts, program: Program, wanted: Wanted, beside: ThreadPoolExecutor) -> None:
        self._ledger = ports.ledger
        self._program = program
        self._wanted = wanted
        self._at = ports.clock()
        self._gone_by = wanted.gone_by(program)
        self._beside = beside

    def page_by_customer(self, limit: int, after: Place | None) -> Page:
        found: list[Balance] = []
        looked, last = 0, after.account_id if after else None
        while True:
            known, end = self._behind(last, size=-(-limit // self._ledger.shards) + SPARE_KEYS)
            while known:
                some = known[: min(max(limit - len(found), LEAST_LOOKED_AT), MOST_LOOKED_AT - looked)]
                known = known[len(some) :]
                looked += len(some)
                found += self._read(some)
                last = some[-1]
                if len(found) > limit:
                    return self._page(found[:limit], Place(found[limit - 1].account_id))
                if (len(found) == limit or looked == MOST_LOOKED_AT) and (known or end):
                    return self._page(found, Place(last))
            if end is None:
                return self._page(found, None)

    def page_by_rank(self, sort: Sort, limit: int, after: Place | None, out_of_time: TimeLimit) -> Page:
        def read(some: Sequence[AccountId]) -> list[Balance]:
            if out_of_time():
                raise _TooMany
            return self._read_batch(some)

        batches = list(batched(self._all(), BATCH, strict=False))
        ranked = ((sort.key(sort.place(one)), one) for one in chain.from_iterable(self._beside.map(read, batches)))
        behind = (pair for pair in ranked if after is None or pair[0] > sort.key(after))
        found = [one for _, one in heapq.nsmallest(limit + 1, behind, key=lambda pair: pair[0])]
        return self._page(found[:limit], sort.place(found[limit - 1]) if len(found) > limit else None)

    def _page(self, customers: Sequence[Balance], after: Place | None) -> Page:
        return Page(self._program, customers, after)

    def _behind(self, last: AccountId | None, size: int) -> tuple[list[AccountId], AccountId | None]:
        """The next accounts as listed, at least one unless there is none: (accounts, the last one or None at the end).

        Each shard gives its next `size`. Where a shard has more, nothing after the last of these can be placed yet.
        """

        def keys_of(shard: int) -> list[AccountId]:
            return next(self._ledger.accounts_of(self._program.program_id, shard, size, last), [])

        pages = list(self._beside.map(keys_of, range(self._ledger.shards)))
        end = min((page[-1] for page in pages if len(page) == size), key=as_listed, default=None)
        found = sorted(chain.from_iterable(pages), key=as_listed)
        if end is not None:
            found = [one for one in found if as_listed(one) <= as_listed(end)]
        return found, end

    def _all(self) -> Iterable[AccountId]:
        """Every account that can be wanted, once, in any order. Raises _TooMany."""
        counted = [0] * self._ledger.shards

        def keys_of(shard: int) -> list[AccountId]:
            found: list[AccountId] = []
            for page in self._candidates(shard):
                found += page
                counted[shard] = len(found)
                if sum(counted) > MOST_SORTED:
                    raise _TooMany
            return found

        # What moves while a shard is read may be met twice in an index by time.
        return dict.fromkeys(chain.from_iterable(self._beside.map(keys_of, range(self._ledger.shards))))

    def _candidates(self, shard: int) -> Iterator[list[AccountId]]:
        """Pages of the accounts of a shard, without those in which nothing can expire in time."""
        program_id = self._program.program_id
        if self._gone_by is None:
            return self._ledger.accounts_of(program_id, shard, PAGE_OF_KEYS)
        # That index may name an account too early, and never too late.
        due = self._ledger.due(program_id, shard, self._gone_by, PAGE_OF_KEYS)
        return ([one.account_id for one in page] for page in due)

    def _read(self, account_ids: Sequence[AccountId]) -> list[Balance]:
        """Those of the accounts that are wanted, in this order."""
        parts = self._beside.map(self._read_batch, batched(account_ids, BATCH, strict=False))
        return sorted(chain.from_iterable(parts), key=lambda one: as_listed(one.account_id))

    def _read_batch(self, account_ids: Sequence[AccountId]) -> list[Balance]:
        """Those of a few accounts that are wanted. Their lots are not kept: many accounts may have many."""
        read = (Balance.of(self._program, one, self._at) for one in self._ledger.accounts(account_ids))
        return [one for one in read if self._wanted.names(one, self._gone_by)]
