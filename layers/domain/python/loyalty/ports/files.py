"""Where files of jobs are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Link:
    """An address at which a file can be fetched or put without a token, until `expires_at`."""

    url: str
    expires_at: datetime


class Files(Protocol):
    """Where files of jobs are: what comes in, the rows that were checked, reports and results. They do not stay."""

    def size(self, name: str) -> int | None:
        """How many bytes a file has; None when there is none of this name."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A file, to be read once from its start."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write a file, over one of this name."""
        ...

    def join(self, names: Sequence[str], to: str) -> None:
        """Write all of `names`, one behind the other, into one file."""
        ...

    def upload(self, name: str) -> Link:
        """Where whoever has the link may PUT the file."""
        ...

    def download(self, name: str) -> Link:
        """Where whoever has the link may GET the file."""
        ...
