"""Lists that are answered a page at a time, as JSON or as CSV."""

from collections.abc import Callable

from loyalty.entry.contracts.fields import Answer
from loyalty.entry.http.serve import Request, Response
from loyalty.entry.texts.csv import CSV, CSV_TEXT


def answer_page[Page: Answer](
    request: Request, media_type: str, page: Page, cursor: str | None, as_csv: Callable[[Page], str]
) -> Response:
    """`page` in `media_type`: as JSON, or as CSV that `as_csv` writes. Its Link leads where `cursor` does, if it does.

    `cursor` None is the end of the list.
    """
    following = request.following(cursor) if cursor else None
    if media_type == CSV:
        return Response(as_csv(page), media_type=CSV_TEXT, following=following)
    return Response(page, following=following)
