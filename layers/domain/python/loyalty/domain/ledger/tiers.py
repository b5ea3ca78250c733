"""Tiers: reached at once, counted from the next order on; left at the nightly run."""

from datetime import date, datetime, timedelta

from loyalty.domain.ledger.standing import Standing
from loyalty.domain.program.settings import Program, Tier
from loyalty.domain.values.calendar import business_day, start_of_day


def tier_of(program: Program, standing: Standing) -> Tier | None:
    """The tier that the customer is in, as far as the program still has it."""
    return next((tier for tier in program.tiers if tier.name == standing.tier), None)


def reached(program: Program, standing: Standing, day: date) -> Tier | None:
    """The highest tier whose conditions the customer meets on `day`."""
    met = [tier for tier in ladder(program) if _meets(program, tier, standing, day)]
    return met[-1] if met else None


def ladder(program: Program) -> list[Tier]:
    """The tiers, the lowest first: a tier is higher for what it gives, among equals for what it asks."""
    return sorted(program.tiers, key=lambda tier: (tier.multiplier, tier.min_orders or 0, tier.min_spend or 0))


def tier_after(program: Program, standing: Standing, day: date) -> str | None:
    """The tier's name once something was counted: a higher one at once; a lower one is for the nightly run to find."""
    now, then = reached(program, standing, day), tier_of(program, standing)
    return then.name if then and _rank(program, then) > _rank(program, now) else now.name if now else None


def review_at(program: Program, standing: Standing, now: datetime) -> datetime | None:
    """The program's midnight at which the customer may leave their tier, if nothing else happens; None is never."""
    tier = tier_of(program, standing)
    if tier is None:
        return None
    today = business_day(now, program.timezone)
    windows = {one.window_days for one in program.tiers if one.window_days}
    ends = {ordered.day + timedelta(days=window) for ordered in standing.days for window in windows}
    for day in sorted({today + timedelta(days=1), *(end for end in ends if end > today)}):
        if _rank(program, reached(program, standing, day)) < _rank(program, tier):
            return start_of_day(day, program.timezone)
    return None


def _meets(program: Program, tier: Tier, standing: Standing, day: date) -> bool:
    orders, spend = standing.orders, standing.spend
    if tier.window_days:
        orders, spend = standing.since(day - timedelta(days=tier.window_days - 1))
    least = program.in_minor_units(tier.min_spend) if tier.min_spend is not None else 0
    return orders >= (tier.min_orders or 0) and spend >= least


def _rank(program: Program, tier: Tier | None) -> int:
    return ladder(program).index(tier) + 1 if tier else 0
