"""One customer's points: lots, pending, reserved, what is owed and what was let go. Rules 6, 8 and 9."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tests.proof.rules.goods import Part, Rules

NEVER = datetime.max.replace(tzinfo=UTC)
DAY = timedelta(days=1)
REMEMBERED = 400 * DAY
"""How long the account keeps what was written off of an end."""
GONE_UNRELEASED = 365 * DAY


class Lot(NamedTuple):
    """Points that share an end; `marked` ones have had their grace."""

    end: datetime
    marked: bool = False


@dataclass(eq=False)
class Credit:
    """Points that an order (or its referral) earned at one moment, by what they are for and where they went."""

    part: Part
    end: datetime
    recorded_at: datetime
    holds: int
    moves: int
    """How many moves of expiry the account had seen before."""
    apart: bool = False
    """Whether it is a promotion's own lot."""
    pending: "Pending | None" = None
    gone: int = 0
    """Pending points of it that were never released and are gone."""


@dataclass(eq=False)
class Pending:
    """Points that can't be spent yet. `release_at` is None until the order is released."""

    credit: Credit
    points: int
    release_at: datetime | None
    gone_at: datetime
    expiry: Rules


@dataclass
class Reservation:
    lots: dict[Lot, int]
    held_until: datetime

    @property
    def points(self) -> int:
        return sum(self.lots.values())


@dataclass
class Taken:
    """Some points that were taken of an order: of which credit, and where from.

    `where`: lot, pending, covered (by what expired unspent), owed, let_go.
    """

    credit: Credit | None
    where: str
    points: int
    lot: Lot | None = None
    pending: Pending | None = None
    spent: datetime | None = None
    """The end at which the take-back found them spent."""
    let_go_before: int = 0


@dataclass
class Returned:
    """Used points that came back: which, and where they went: debt, let_go, lot, gone."""

    used: Lot | None
    """The lot they were spent of; None where they were missing."""
    where: str
    points: int
    lot: Lot | None = None
    met: datetime | None = None
    """The end of which they undid what take-backs found spent."""


@dataclass
class Account:
    lots: Counter[Lot] = field(default_factory=Counter)
    """Also those past their end, until the purge."""
    pending: list[Pending] = field(default_factory=list)
    reserved: dict[str, Reservation] = field(default_factory=dict)
    debt: int = 0
    soft: int = 0
    """What of the debt is owed under `clamp` only because it is still reserved."""
    let_go: int = 0
    """What `clamp` let go and nothing has met."""
    let_go_total: int = 0
    """All that was ever let go: tells what was let go since a moment."""
    met_by_used: int = 0
    """What was let go and used points that came back have met."""
    written_off: Counter[datetime] = field(default_factory=Counter)
    covered: Counter[datetime] = field(default_factory=Counter)
    found_spent: Counter[datetime] = field(default_factory=Counter)
    found_met: Counter[datetime] = field(default_factory=Counter)
    moves: list[tuple[datetime, datetime]] = field(default_factory=list)
    """When adjustments moved what could be spent then, and to which end."""
    erased: bool = False
    orders_before: int = 0
    spent_before: int = 0
    first_order: str | None = None
    referral: str | None = None
    tier: str | None = None

    # --- what can be looked at, at `now`, once `pass_time` was called ---

    def available(self, now: datetime) -> int:
        return sum(points for lot, points in self.lots.items() if now < lot.end)

    def balance(self, now: datetime) -> int:
        return self.available(now) - self.debt

    @property
    def reserved_points(self) -> int:
        return sum(each.points for each in self.reserved.values())

    @property
    def pending_points(self) -> int:
        return sum(each.points for each in self.pending)

    @property
    def outstanding(self) -> int:
        return self.lots.total() + self.reserved_points + self.pending_points - self.debt

    def alive(self, now: datetime) -> list[Lot]:
        """Lots that can be spent, soonest end first; of one end those that have had their grace first."""
        return sorted((lot for lot, points in self.lots.items() if points and now < lot.end), key=soonest)

    # --- time ---

    def pass_time(self, now: datetime) -> None:
        """Folds lapses and releases that are due, each at its own instant."""
        while True:
            due: list[tuple[datetime, int, object]] = []
            due += [(r.held_until, 0, key) for key, r in self.reserved.items() if r.held_until <= now]
            due += [(p.gone_at, 1, p) for p in self.pending if p.gone_at <= now]
            due += [(p.release_at, 2, p) for p in self.pending if p.release_at and p.release_at <= now]
            if not due:
                return
            at, kind, which = min(due, key=lambda each: each[:2])
            if kind == 0:
                assert isinstance(which, str)
                self.release(self.reserved.pop(which).lots)
            elif isinstance(which, Pending):
                self.pending.remove(which)
                if kind == 1:
                    which.credit.gone += which.points
                else:
                    which.credit.end = life(which.expiry, at)
                    which.credit.pending = None
                    which.credit.moves = len(self.moves)
                    self.give(Lot(which.credit.end), which.points)

    def purge(self, now: datetime) -> int:
        """Writes off what has passed its end."""
        gone = {lot: points for lot, points in self.lots.items() if lot.end <= now and points}
        for lot, points in gone.items():
            del self.lots[lot]
            self.written_off[lot.end] += points
        return sum(gone.values())

    def end_of(self, credit: Credit) -> datetime:
        """The end of a credit's lot, also where adjustments moved it since."""
        end = credit.end
        for at, moved in self.moves[credit.moves :][-20:]:
            if at < end:
                end = moved
        return end

    def unspent(self, end: datetime) -> int:
        """What expired unspent of an end and covers no take-back yet."""
        lying = sum(points for lot, points in self.lots.items() if lot.end == end)
        return max(self.written_off[end] + lying - self.covered[end], 0)

    # --- what comes ---

    def give(self, lot: Lot, points: int) -> None:
        """Credits points; they repay what is owed first."""
        self.lots[lot] += points - self.repay(points)

    def repay(self, points: int) -> int:
        met = min(points, self.debt)
        self.debt -= met
        self.soft = max(self.soft - met, 0)
        return met

    def release(self, lots: dict[Lot, int]) -> None:
        """Reserved points go into the lots they came from; they meet what is owed first, also past their end."""
        for lot in sorted(lots, key=soonest):
            self.give(lot, lots[lot])

    def take_back_used(self, lots: list[tuple[Lot | None, int]], now: datetime, grace: int | None) -> list[Returned]:
        """Used points come back. None of a lot are points that were missing; `grace` None gives none."""
        found: list[Returned] = []
        for lot, points in sorted(lots, key=lambda each: each[0] or Lot(NEVER)):
            if lot is not None and lot.end <= now:
                undone = min(points, self.found_spent[lot.end] - self.found_met[lot.end])
                self.found_met[lot.end] += undone
                soonest_lot = next(iter(self.alive(now)), None)
                fallback = soonest_lot or Lot(end_of_day(now, grace or 0), True)
                found += self._returned(lot, undone, fallback, lot.end)
                rest = points - undone
                if lot.marked or grace is None:
                    self.lots[lot] += rest
                    found += [Returned(lot, "lot", rest, lot)] if rest else []
                else:
                    found += self._returned(lot, rest, Lot(end_of_day(now, grace), True), None)
            else:
                found += self._returned(lot, points, lot or Lot(NEVER), None)
        return found

    def _returned(self, used: Lot | None, points: int, into: Lot, met: datetime | None) -> list[Returned]:
        found = []
        repaid = self.repay(points)
        if repaid:
            found.append(Returned(used, "debt", repaid, met=met))
        meets = min(points - repaid, self.let_go)
        self.let_go -= meets
        self.met_by_used += meets
        if meets:
            found.append(Returned(used, "let_go", meets, met=met))
        rest = points - repaid - meets
        if rest:
            self.lots[into] += rest
            found.append(Returned(used, "lot", rest, into, met))
        return found

    # --- what goes ---

    def take(self, points: int, now: datetime, own: Iterable[Credit] = (), clamp: bool = False) -> list[Taken]:
        """Takes points in the order of rule 6, where no particular place of theirs is left."""
        own = list(own)
        mine = {Lot(self.end_of(credit), marked) for credit in own for marked in (False, True)}
        found: list[Taken] = []
        for entry in sorted(self.pending, key=lambda each: (each.credit not in own, each.release_at or NEVER)):
            if entry.credit in own:
                points -= self._take_pending(entry, points, found)
        for lot in [lot for lot in self.alive(now) if lot in mine]:
            points -= self._take_lot(lot, points, found)
        for entry in sorted(self.pending, key=lambda each: each.release_at or NEVER):
            points -= self._take_pending(entry, points, found)
        for lot in self.alive(now):
            points -= self._take_lot(lot, points, found)
        if points:
            found += self._short(points, clamp)
        return found

    def _take_pending(self, entry: Pending, points: int, found: list[Taken]) -> int:
        taken = min(points, entry.points)
        if taken:
            entry.points -= taken
            found.append(Taken(None, "pending", taken, pending=entry))
        return taken

    def _take_lot(self, lot: Lot, points: int, found: list[Taken]) -> int:
        taken = min(points, self.lots[lot])
        if taken:
            self.lots[lot] -= taken
            found.append(Taken(None, "lot", taken, lot))
        return taken

    def _short(self, points: int, clamp: bool) -> list[Taken]:
        """A shortfall is owed; under `clamp` only what is still reserved is, and the rest is let go."""
        before = self.let_go_total
        owed = points
        if self.erased:
            owed = 0
        elif clamp:
            owed = min(points, max(self.reserved_points - self.soft, 0))
            self.soft += owed
        self.debt += owed
        self._let_go(points - owed)
        found = [Taken(None, "owed", owed, let_go_before=before)] if owed else []
        if points > owed:
            found.append(Taken(None, "let_go", points - owed, let_go_before=before))
        return found

    def settle(self) -> int:
        """Lets go what is owed beyond what is still reserved; nothing of what is owed for good."""
        excess = max(self.soft - self.reserved_points, 0)
        self.soft -= excess
        self.debt -= excess
        self._let_go(excess)
        return excess

    def _let_go(self, points: int) -> None:
        self.let_go += points
        self.let_go_total += points

    def take_from(self, credit: Credit, points: int, own: list[Credit], now: datetime, clamp: bool) -> list[Taken]:
        """Takes back points of one credit: from where it is; what expired unspent covers; the rest was spent."""
        credit.holds -= points
        found: list[Taken] = []
        before = self.let_go_total
        if credit.pending and credit.pending.points:
            points -= self._take_pending(credit.pending, points, found)
        covered = min(points, credit.gone)
        if covered:
            credit.gone -= covered
            points -= covered
            found.append(Taken(credit, "covered", covered))
        spent: datetime | None = None
        if credit.pending is None:
            end = self.end_of(credit)
            if now < end:
                for lot in (Lot(end), Lot(end, True)):
                    points -= self._take_lot(lot, points, found)
            else:
                covered = points if end + REMEMBERED <= now else min(points, self.unspent(end))
                if covered:
                    self.covered[end] += covered
                    points -= covered
                    found.append(Taken(credit, "covered", covered, Lot(end)))
                if points:
                    self.found_spent[end] += points
                    spent = end
        for piece in self.take(points, now, own, clamp) if points else []:
            piece.spent = spent
            found.append(piece)
        for piece in found:
            piece.credit, piece.let_go_before = credit, before
        return found

    # --- what is undone ---

    def undo(self, pieces: list[Taken], now: datetime, expiry: Rules) -> None:
        """What was taken goes back to where it was taken from."""
        left: list[Taken] = []
        for piece in pieces:
            points = piece.points
            assert piece.credit
            piece.credit.holds += points
            if piece.where == "covered":
                if piece.lot:
                    self.covered[piece.lot.end] -= points
                else:
                    piece.credit.gone += points
                continue
            if piece.spent:
                nothing = min(points, self.found_met[piece.spent])
                self.found_spent[piece.spent] -= points
                self.found_met[piece.spent] -= nothing
                points -= nothing
            left.append(Taken(**{**vars(piece), "points": points}))
        first = {"owed": 0, "let_go": 1, "lot": 2, "pending": 3}
        left.sort(key=lambda piece: (first[piece.where], piece.lot or Lot(NEVER)))
        for piece in left:
            piece.points -= self.repay(piece.points)
        for piece in left:
            since = max(min(self.let_go, self.let_go_total - piece.let_go_before), 0)
            meets = min(piece.points, since)
            self.let_go -= meets
            piece.points -= meets
            if piece.where == "let_go":
                # Used points met it meanwhile: once it is undone, they did not.
                self.met_by_used -= min(piece.points, self.met_by_used)
        for piece in left:
            if piece.points:
                self._put_back(piece, now, expiry)

    def _put_back(self, piece: Taken, now: datetime, expiry: Rules) -> None:
        credit = piece.credit
        assert credit
        if piece.where == "lot":
            assert piece.lot
            self.lots[piece.lot] += piece.points
        elif piece.where == "pending" and piece.pending in self.pending:
            assert piece.pending
            piece.pending.points += piece.points
        elif piece.where == "pending":
            assert piece.pending
            self.lots[Lot(self.end_of(piece.pending.credit))] += piece.points
        elif credit.pending:
            credit.pending.points += piece.points
        else:
            end = self.end_of(credit)
            self.lots[Lot(end if now < end else life(expiry, now))] += piece.points

    def take_used_again(self, pieces: list[Returned], now: datetime) -> None:
        """Used points that came back are taken again, from where they went; what is missing is owed for good."""
        missing = 0
        for piece in pieces:
            points = piece.points
            if piece.met:
                points = min(points, self.found_met[piece.met])
                self.found_met[piece.met] -= points
            if piece.where == "debt":
                missing += points
            elif piece.where == "let_go":
                again = min(points, self.met_by_used)
                self.met_by_used -= again
                self._let_go(again)
                missing += points - again
            elif piece.lot:
                taken = min(points, self.lots[piece.lot]) if now < piece.lot.end else 0
                self.lots[piece.lot] -= taken
                points -= taken
                if piece.lot.end <= now:
                    covered = min(points, self.unspent(piece.lot.end))
                    self.covered[piece.lot.end] += covered
                    points -= covered
                missing += points
        self.owe(missing, now)

    def owe(self, points: int, now: datetime) -> int:
        """Takes what there is; what is missing is owed, under `clamp` too. Returns what was missing."""
        found = self.take(points, now) if points else []
        return sum(piece.points for piece in found if piece.where in ("owed", "let_go"))


def soonest(lot: Lot) -> tuple[datetime, bool]:
    return lot.end, not lot.marked


def end_of_day(at: datetime, days: int) -> datetime:
    """The midnight (UTC) at which the day `days` after that of `at` ends."""
    return datetime(at.year, at.month, at.day, tzinfo=UTC) + (days + 1) * DAY


def life(expiry: Rules, at: datetime) -> datetime:
    """When points that begin to live at `at` are gone."""
    if expiry["policy"] == "none":
        return NEVER
    assert expiry["policy"] == "after_days"
    return end_of_day(at, expiry["days"])
