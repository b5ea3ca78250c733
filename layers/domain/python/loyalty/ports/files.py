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
    """Where files of jobs are: inputs, checked rows, reports and results. Files are deleted after some days."""

    def size(self, name: str) -> int | None:
        """How many bytes a file has; None when there is none of this name."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A file, to be read once from its start."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write a file. A file of this name is replaced."""
        ...

    def join(self, names: Sequence[str], to: str) -> None:
        """Write the contents of `names`, in their order, into the file `to`."""
        ...

    def upload(self, name: str) -> Link:
        """A link to which its holder may PUT the file."""
        ...

    def download(self, name: str) -> Link:
        """A link from which its holder may GET the file."""
        ...
