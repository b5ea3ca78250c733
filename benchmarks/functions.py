"""The functions in this process, over the emulator's DynamoDB, as Lambda would call them."""

import io
import json
import logging
import os
import time
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from benchmarks import ROOT
from loyalty.domain.program.settings import Program
from loyalty.entry import wiring
from loyalty.entry.observing import logger, metrics
from tests.function.api.cloud import Context, http_event, load, route_of
from tests.support.table import create_table, dynamodb_client
from tests.support.worlds import save
from tools import emulator
from tools.deployment import read_template

type Event = dict[str, Any]

function = cache(load)
"""The module of a function as it is in a warm environment: kept from event to event."""


@dataclass
class Functions:
    """Functions that share a table. What they write to their logs is counted, in bytes."""

    table: str
    client: Any
    """The one that the functions themselves use."""
    logged: int = 0
    cpu: float = 0.0
    """Seconds that this process worked in handlers."""
    _log: io.StringIO = field(default_factory=io.StringIO)

    def call(self, key: str, *ids: str, body: Mapping[str, Any] | None = None) -> Any:
        """Calls the route `key`; the answer's body. Raises RuntimeError unless it went well."""
        route = route_of(key)
        event = http_event(route, ids, {}, None)
        if body is not None:
            event["body"] = json.dumps(body)
        module = function(route.function)
        with redirect_stdout(self._log):
            began = time.process_time()
            answer = module.handler(event, Context())
            self.cpu += time.process_time() - began
        self.logged += self._log.tell()
        self._log.seek(0)
        self._log.truncate()
        if answer["statusCode"] >= 300:
            raise RuntimeError(f"{key}: {answer['body']}")
        return json.loads(answer["body"])


def environment(url: str, table: str) -> dict[str, str]:
    """What a function is told, by the template and by Lambda, where everything is at `url`."""
    variables = read_template(ROOT / "template.yaml")["Globals"]["Function"]["Environment"]["Variables"]
    told = {name: value for name, value in variables.items() if isinstance(value, str)}
    return {
        **told,
        "TABLE_NAME": table,
        "AWS_LAMBDA_FUNCTION_NAME": "measured",
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": emulator.REGION,
        "AWS_ACCESS_KEY_ID": emulator.ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
    }


def deployed(url: str, program: Program) -> Functions:
    """Functions over a new table that holds `program`. One at a time: they are told by this process's environment."""
    client = dynamodb_client(url)
    table = create_table(client)
    client.close()
    told = environment(url, table)
    os.environ.update(told, NO_PROXY="127.0.0.1")
    # What they made of what they were told before.
    wiring.world.cache_clear()
    metrics.provider.namespace = told["POWERTOOLS_METRICS_NAMESPACE"]
    save(wiring.world().programs, program)
    ledger: Any = wiring.world().ledger
    functions = Functions(table, ledger._client)
    for handler in logger.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(functions._log)
    return functions
