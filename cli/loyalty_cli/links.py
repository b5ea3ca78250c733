"""Files behind links that the ledger gives out: sent and fetched with no token, as the link is all that is needed."""

import codecs
import hashlib
import os
from collections.abc import Callable
from http import HTTPStatus
from typing import IO, Any, BinaryIO, cast
from urllib.parse import urlsplit

import urllib3

from loyalty_cli.connection import LOCAL_HOSTS, RETRIES
from loyalty_cli.failures import ExitCode, Failure, one_line

BLOCK = 128 * 1024

type Watch = Callable[[int], None]


class Watched:
    """A file while it is sent: says how far that is, and sums what was read. Sent again, it begins again."""

    def __init__(self, file: BinaryIO, watch: Watch) -> None:
        self._file = file
        self._watch = watch
        self._sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._sum.update(data)
        self._watch(self._file.tell())
        return data

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, place: int) -> int:
        self._sum = hashlib.sha256()
        return self._file.seek(place)

    @property
    def digest(self) -> str:
        return self._sum.hexdigest()


def send(method: str, url: str, file: BinaryIO, watch: Watch) -> str:
    """Sends all of `file`, and says what it held: its SHA-256. Raises Failure, urllib3's HTTPError."""
    file.seek(0)
    watched = Watched(file, watch)
    size = os.fstat(file.fileno()).st_size
    # With its length it is sent as it is: storage takes no chunks.
    headers = {"content-length": str(size)}
    with _http() as http:
        answer = http.request(method, _safe(url), body=cast(IO[Any], watched), headers=headers, redirect=False)
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise _refused("taken", answer.status, answer.data)
    return watched.digest


def fetch(url: str, write: Callable[[str], None], watch: Watch) -> None:
    """Gives the text behind a link to `write`, as it comes. Raises Failure, urllib3's HTTPError."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    with _http() as http:
        answer = http.request("GET", _safe(url), redirect=False, preload_content=False)
        try:
            if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
                raise _refused("had", answer.status, answer.read(BLOCK))
            read = 0
            for data in answer.stream(BLOCK):
                read += len(data)
                watch(read)
                write(decode(data))
            write(decode(b"", final=True))
        finally:
            answer.release_conn()


def _http() -> urllib3.PoolManager:
    return urllib3.PoolManager(
        retries=RETRIES, timeout=urllib3.Timeout(connect=5, read=120), blocksize=BLOCK, maxsize=1
    )


def _safe(url: str) -> str:
    """`url`, if what is sent there cannot be read on the way. Raises Failure."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS):
        return url
    raise Failure(f"the ledger gave a link that is not https, to {parts.hostname}", ExitCode.UNREACHABLE)


def _refused(what: str, status: int, data: bytes) -> Failure:
    said = one_line(data[:200].decode(errors="replace"))
    return Failure(f"the file was not {what}: {status} {said}", ExitCode.UNREACHABLE)
