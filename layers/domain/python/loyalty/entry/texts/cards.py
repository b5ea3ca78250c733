"""The cards of a program as CSV."""

from loyalty.entry.contracts.customers.cards import CardsAnswer
from loyalty.entry.texts.csv import csv_lines


def as_csv(page: CardsAnswer) -> str:
    """A header and a row for each card.

    A spreadsheet takes 16 digits for a quantity and keeps 15 of them, so that each number is there a second time as
    it is printed on a card: in groups, which is a text to any of them.
    """
    rows = [("number", "printed"), *((card.number, printed(card.number)) for card in page.cards)]
    return "".join(csv_lines(rows))


def printed(number: str) -> str:
    """A number in groups of four, as people read it."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
