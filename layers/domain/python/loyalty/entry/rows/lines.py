"""The lines of a text file in UTF-8, read with a bound: no line, however long, is held whole."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

MAX_LINE_BYTES = 64 * 1024
"""What a line may have, and a row of a CSV file too, which may span several."""

_CHUNK = 64 * 1024
_BOM = b"\xef\xbb\xbf"
_FOREIGN = (
    (b"\xff\xfe\x00\x00", "is text in UTF-32"),
    (b"\x00\x00\xfe\xff", "is text in UTF-32"),
    (b"\xff\xfe", "is text in UTF-16"),
    (b"\xfe\xff", "is text in UTF-16"),
    (b"PK\x03\x04", "is a ZIP archive or a spreadsheet's own file"),
    (b"\x1f\x8b", "is compressed"),
)


class ByteSource(Protocol):
    """A file, or the body of an object in S3."""

    def read(self, size: int, /) -> bytes:
        """At most `size` more bytes; none at the end."""
        ...


class Line(NamedTuple):
    """A line with its end, or None in its place if it is too long.

    `number` counts from 1, as an editor does; `start` is the offset of its first byte.
    """

    number: int
    start: int
    data: bytes | None


class ForeignFile(Exception):
    """A file that is no text in UTF-8; the message says what it is."""


def lines_of(source: ByteSource) -> Iterator[Line]:
    """The lines of `source`, ended by LF, CRLF or CR, without a byte order mark. Raises ForeignFile."""
    rest = b""
    while len(rest) < 4 and (chunk := source.read(_CHUNK)):
        rest += chunk
    for signature, what in _FOREIGN:
        if rest.startswith(signature):
            raise ForeignFile(what)
    if b"\x00" in rest[:4]:
        raise ForeignFile("is binary, or text in UTF-16 or UTF-32")
    start = len(_BOM) if rest.startswith(_BOM) else 0
    rest = rest[start:]
    number, dropped = 1, 0
    while chunk := source.read(_CHUNK):
        pieces = (rest + chunk).splitlines(keepends=True)
        # The LF of a last CR may be still to come.
        rest = b"" if pieces[-1].endswith(b"\n") else pieces.pop()
        for piece in pieces:
            size = dropped + len(piece)
            yield Line(number, start, piece if size <= MAX_LINE_BYTES else None)
            number, start, dropped = number + 1, start + size, 0
        if len(rest) > MAX_LINE_BYTES:
            dropped, rest = dropped + len(rest) - 1, rest[-1:]
    for piece in rest.splitlines(keepends=True):
        size = dropped + len(piece)
        yield Line(number, start, piece if size <= MAX_LINE_BYTES else None)
        number, start, dropped = number + 1, start + size, 0
