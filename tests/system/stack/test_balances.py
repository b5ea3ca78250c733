"""Outstanding balances of a deployed stack: page by page through the gateway, as JSON and as CSV."""

import csv
import io
from urllib.parse import urljoin

import urllib3

from tests.system.stack.api import Api, Shop

PATH = "customers"
IDS = ("ann", "ben / cid", "=1+1", "ø?", "%41")


def test_pages_of_the_list(shop: Shop) -> None:
    for number, customer_id in enumerate(IDS):
        assert shop.complete(f"#{number}", "20.00", customer_id).status == 201
    assert shop.complete("#guest", "20.00", "ann", guest=True).status == 201
    found = []
    query = {"limit": "2"}
    while True:
        page = shop.call("admin", "GET", PATH, query=query).body
        found += [(one["guest"], one["customer_id"], one["balance"]) for one in page["customers"]]
        if page["cursor"] is None:
            break
        query["cursor"] = page["cursor"]
    assert found == [(True, "ann", 20), *((False, customer_id, 20) for customer_id in sorted(IDS))]
    answer = shop.call("finance", "GET", PATH, query={"limit": "2", "sort": "balance", "cursor": query["cursor"]})
    assert (answer.status, answer.code) == (422, "invalid_cursor")


def test_csv_goes_on_at_its_link(shop: Shop, api: Api) -> None:
    for number, customer_id in enumerate(IDS):
        assert shop.complete(f"#{number}", "20.00", customer_id).status == 201
    headers = {"authorization": f"Bearer {api.token('finance')}", "accept": "text/csv"}
    url = f"{api.stack.api_url}/v1/programs/{shop.program_id}/{PATH}?limit=2&min_balance=20"
    rows: list[dict[str, str]] = []
    while True:
        answer = urllib3.request("GET", url, headers=headers, retries=False)
        assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/csv")
        rows += csv.DictReader(io.StringIO(answer.data.decode(), newline=""))
        if "link" not in answer.headers:
            break
        url = urljoin(url, answer.headers["link"].removeprefix("<").partition(">")[0])
    assert [row["customer_id"] for row in rows] == ["%41", "'=1+1", "ann", "ben / cid", "ø?"]
    assert {row["balance"] for row in rows} == {"20"}
