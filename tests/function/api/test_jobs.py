"""Jobs through the functions: uploaded or in the request, worked on from the queue, undone."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import boto3
import pytest

from loyalty.usecases.jobs import start as jobs_usecase
from tests.function.api.cases import bad_job, job
from tests.function.api.cloud import NOW, Cloud, as_json
from tests.function.api.refusing import refused

JOBS, JOB, UNDO = "POST p/jobs", "GET p/jobs/{job_id}", "POST p/jobs/{job_id}/undo"
ACCOUNT = "GET p/customers/{customer_id}"


def work(shop: Cloud) -> None:
    """Hands all that is in the queue of jobs to the worker."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        assert shop.deliver("job_worker", *(message["Body"] for message in found)) == []
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def start(shop: Cloud, body: dict[str, Any], key: str = "key") -> str:
    answer = shop.call(JOBS, "shop", body=body, idempotency_key=key)
    assert (answer.status, answer.body["status"]) == (202, "queued")
    work(shop)
    return str(answer.body["job_id"])


def kept(name: str) -> bytes:
    body: bytes = boto3.client("s3").get_object(Bucket="jobs", Key=name)["Body"].read()
    return body


def balance(shop: Cloud, customer_id: str) -> int:
    return int(shop.call(ACCOUNT, "shop", customer_id).body["balance"])


def test_a_job_is_carried_out_reported_and_undone(shop: Cloud) -> None:
    rows = [{"customer_id": f"c{n}", "points": n, "reason": "ported"} for n in range(1, 6)]
    job_id = start(shop, job(rows=rows))
    done = shop.call(JOB, "shop", job_id).body
    assert (done["status"], done["total"], done["processed"], done["failed"], done["points"]) == (
        "completed",
        5,
        5,
        0,
        15,
    )
    assert balance(shop, "c5") == 5
    files = shop.call("GET p/jobs/{job_id}/files", "shop", job_id).body
    assert [name for name, link in files.items() if link] == ["results"]
    results = csv.DictReader(io.StringIO(kept(f"shop/jobs/{job_id}/results.csv").decode(), newline=""))
    assert [row["balance"] for row in results] == ["1", "2", "3", "4", "5"]
    assert shop.call(UNDO, "shop", job_id).status == 202
    work(shop)
    undone = shop.call(JOB, "shop", job_id).body
    assert (undone["status"], undone["undone"], undone["points_undone"], undone["short"]) == ("undone", 5, -15, 0)
    assert balance(shop, "c5") == 0


def test_a_file_is_uploaded_and_its_bad_rows_reported(shop: Cloud) -> None:
    upload = shop.call("POST p/uploads", "shop", body={}).body
    text = "\ufeffcustomer_id;points;reason\r\nc1;5;gift\r\nc2;1.000;gift\r\n=c3;5;gift;more\r\n"
    boto3.client("s3").put_object(Bucket="jobs", Key=f"shop/uploads/{upload['upload_id']}", Body=text.encode())
    job_id = start(shop, job(rows=None, upload_id=upload["upload_id"], format="csv"))
    failed = shop.call(JOB, "shop", job_id).body
    assert (failed["status"], failed["total"], failed["failed"]) == ("failed", 3, 2)
    assert [(fault["row"], fault["column"], fault["code"]) for fault in failed["errors"]] == [
        (2, "points", "malformed_number"),
        (3, "", "ragged_row"),
    ]
    assert kept(f"shop/jobs/{job_id}/report.csv").decode().count("\r\n") == 3
    assert balance(shop, "c1") == 0


def test_the_same_request_is_answered_with_the_same_job(shop: Cloud) -> None:
    first, again = (shop.call(JOBS, "shop", body=job(), idempotency_key="key") for _ in range(2))
    assert (again.body["job_id"], again.headers["idempotent-replayed"]) == (first.body["job_id"], "true")
    assert [one["job_id"] for one in shop.call("GET p/jobs", "shop").body["jobs"]] == [first.body["job_id"]]


def test_a_repeat_is_answered_alike_when_an_expiry_in_it_is_past_by_then(shop: Cloud) -> None:
    rows = [{"customer_id": "ann", "points": 5, "reason": "x", "expires_at": (NOW + timedelta(minutes=1)).isoformat()}]
    first = shop.call(JOBS, "shop", body=job(rows=rows), idempotency_key="key")
    shop.now = NOW + timedelta(hours=1)
    again = shop.call(JOBS, "shop", body=job(rows=rows), idempotency_key="key")
    assert (again.status, again.body) == (first.status, first.body)
    refused(shop, bad_job("", "/rows/0/expires_at", "expires_in_the_past", job(rows=rows)))


def test_an_upload_over_the_limit_is_refused(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_usecase, "MAX_FILE_BYTES", 3)
    boto3.client("s3").put_object(Bucket="jobs", Key="shop/uploads/u", Body=b"four")
    body = job(rows=None, upload_id="u", format="csv")
    refused(shop, bad_job("", "/upload_id", "upload_too_large", body))


def test_past_actions_are_rewarded_by_one_run_and_undone_once_it_is_over(shop: Cloud) -> None:
    order = {
        "action": "order",
        "order_id": "#past",
        "customer_id": "c1",
        "currency": "EUR",
        "completed_at": "2020-01-31T12:00:00Z",
        "total": "20.00",
        "items": [{"sku": "A", "quantity": 1, "amount": "20.00"}],
    }
    body = job(kind="reward_past_actions", rows=[order])
    job_id = start(shop, body)
    again = shop.call(JOBS, "shop", body=body, idempotency_key="another")
    assert (again.status, again.body["code"], again.body["job_id"]) == (409, "past_actions_rewarded", job_id)
    assert balance(shop, "c1") == 20
    late = shop.call("POST p/orders/{order_id}/completed", "shop", "#past", body=order_body(order))
    assert (late.status, late.body["points_earned"], late.body["reason"]) == (200, 20, "past_action")
    assert balance(shop, "c1") == 20
    [line] = shop.call("GET p/customers/{customer_id}/movements", "shop", "c1").body["movements"]
    assert (line["type"], line["occurred_at"]) == ("PAST_ACTION", "2020-01-31T12:00:00Z")


def order_body(row: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in row.items() if name not in ("action", "order_id")}


def test_a_dry_run_has_nothing_to_undo(shop: Cloud) -> None:
    job_id = start(shop, job(dry_run=True))
    answer = shop.call(UNDO, "shop", job_id)
    assert (answer.status, answer.body["code"], answer.body["job_status"]) == (409, "job_not_undoable", "completed")


def test_a_worker_that_fails_gives_its_task_back(shop: Cloud) -> None:
    assert shop.deliver("job_worker", "x", as_json({"program_id": "shop"}), json.dumps([])) == ["m0", "m1", "m2"]
