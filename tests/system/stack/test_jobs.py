"""Jobs through the deployed stack: the link, the queue and the worker are there, and the roles let them."""

import csv
import io

import urllib3

from loyalty_cli.client import Json
from tests.system.stack.api import Shop, eventually

ROWS = 1_200
"""Two parts, worked on side by side."""


def settled(shop: Shop, job_id: str) -> Json:
    """The job, once it is over."""

    def look() -> Json | None:
        job = shop.call("admin", "GET", "jobs", job_id).body
        return job if job["status"] in ("completed", "failed", "undone") else None

    return eventually(look, 120)


def upload(shop: Shop, text: str) -> str:
    """The id of a file that was PUT where the API says, with no token."""
    told = shop.call("admin", "POST", "uploads", body={}).body
    answer = urllib3.request(told["method"], told["url"], body=text.encode())
    assert answer.status == 200, answer.data
    return str(told["upload_id"])


def test_a_file_is_imported_while_the_shop_trades_and_undone(shop: Shop) -> None:
    lines = [f"customer-{n % 1_000};{n % 7 + 1};row {n}" for n in range(ROWS)]
    upload_id = upload(shop, "\n".join(["customer_id;points;reason", *lines]))
    body = {"kind": "adjustments", "upload_id": upload_id, "format": "csv"}
    started = shop.call("admin", "POST", "jobs", body=body, key="import")
    assert started.status == 202
    assert shop.complete("#1", customer_id="customer-0").status == 201
    job = settled(shop, started.body["job_id"])
    expected = sum(n % 7 + 1 for n in range(ROWS))
    assert (job["status"], job["processed"], job["failed"], job["points"]) == ("completed", ROWS, 0, expected)
    files = shop.call("admin", "GET", "jobs", job["job_id"], "files").body
    text = urllib3.request("GET", files["results"]["url"]).data.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [int(row["row"]) for row in rows] == list(range(1, ROWS + 1))

    shop.redeem("#2", 3, customer_id="customer-5")
    assert shop.call("admin", "POST", "jobs", job["job_id"], "undo").status == 202
    undone = settled(shop, job["job_id"])
    assert (undone["status"], undone["short"]) == ("undone", 3)
    assert undone["points_undone"] == 3 - expected
    assert shop.account("customer-0")["balance"] == 100
    assert shop.account("customer-5")["balance"] == 0


def test_a_bad_file_is_reported_and_changes_nothing(shop: Shop) -> None:
    upload_id = upload(shop, "customer_id,points,reason\nann,5,gift\nann,1e3,gift\n")
    body = {"kind": "adjustments", "upload_id": upload_id, "format": "csv"}
    job = settled(shop, shop.call("admin", "POST", "jobs", body=body, key="bad").body["job_id"])
    assert (job["status"], job["failed"]) == ("failed", 1)
    files = shop.call("admin", "GET", "jobs", job["job_id"], "files").body
    report = urllib3.request("GET", files["report"]["url"]).data.decode()
    assert "malformed_number" in report
    assert shop.account()["balance"] == 0
