"""The `Files` port on S3."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from loyalty.ports.faults import Unavailable
from loyalty.ports.files import Link

LINK_SECONDS = 900
"""How long a link is good for."""
BUFFER_BYTES = 1024 * 1024
CONFIG = Config(signature_version="s3v4", s3={"addressing_style": "virtual"}, retries={"mode": "standard"})
"""Virtual addressing, so that links lead to the bucket's own region: a client that is redirected loses its body."""
NOT_THERE = frozenset({"404", "NoSuchKey", "NotFound"})


def connect() -> Any:
    """A low-level client for the region and credentials that the function runs with."""
    return get_session().create_client("s3", config=CONFIG)


class S3Files:
    """Files in `bucket`; `client` makes a client when it is needed."""

    def __init__(
        self,
        client: Callable[[], Any],
        bucket: str | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._clock = clock

    def size(self, name: str) -> int | None:
        try:
            with _answering():
                found = self._client().head_object(Bucket=self._bucket, Key=name)
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_THERE:
                return None
            raise
        return int(found["ContentLength"])

    def open(self, name: str) -> BinaryIO:
        with _answering():
            found = self._client().get_object(Bucket=self._bucket, Key=name)
        return cast(BinaryIO, io.BufferedReader(found["Body"], BUFFER_BYTES))

    def write(self, name: str, data: bytes) -> None:
        with _answering():
            self._client().put_object(Bucket=self._bucket, Key=name, Body=data)

    def join(self, names: Sequence[str], to: str) -> None:
        with TemporaryFile() as joined:
            for name in names:
                with self.open(name) as file:
                    joined.write(file.read())
            joined.seek(0)
            with _answering():
                self._client().put_object(Bucket=self._bucket, Key=to, Body=joined)

    def upload(self, name: str) -> Link:
        return self._link("put_object", name)

    def download(self, name: str) -> Link:
        return self._link("get_object", name)

    def _link(self, operation: str, name: str) -> Link:
        url: str = self._client().generate_presigned_url(
            operation, Params={"Bucket": self._bucket, "Key": name}, ExpiresIn=LINK_SECONDS
        )
        return Link(url, self._clock() + timedelta(seconds=LINK_SECONDS))


@contextmanager
def _answering() -> Iterator[None]:
    """Turns an answer that did not come, or that says "later", into Unavailable."""
    try:
        yield
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise Unavailable(error.response["Error"]["Code"]) from error
        raise
    except BotoCoreError as error:
        raise Unavailable(type(error).__name__) from error
