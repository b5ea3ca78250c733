"""Whole numbers as few bytes."""

from collections.abc import Iterator


def varint(number: int) -> bytes:
    """`number`, which is not negative, seven bits a byte, the lowest first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def varints(packed: bytes) -> Iterator[int]:
    """The numbers that `varint` made `packed` of."""
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            yield number
            number = shift = 0


def zigzag(number: int) -> int:
    """A number that may be negative as one that is not: small ones stay small."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def signed(number: int) -> int:
    """The number that `zigzag` made `number` of."""
    return -((number + 1) >> 1) if number & 1 else number >> 1
